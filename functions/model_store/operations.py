"""What operators do to a release: pure functions from one release to the next.

publish    V serves; who served becomes `previous`; a split and a shadow continue
promote    the same with a version that is in the store already: the challenger, unless another is named
split      a challenger serves a share of the keys; share 0 ends it
shadow     a version scores next to the champion, and serves no key; None ends it
attributions  which predictions are explained; None ends it
rollback   champion and `previous` change places, so that a second rollback returns

An operation that changes nothing gives the release back as it is. What is not possible raises ChangeRefused.
"""

from __future__ import annotations

from copy import replace

from model_store.errors import ChangeRefused, DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.attribution_setting import AttributionSetting
    from model_store.release import Pointer, Release


def publish(release: Release, pointer: Pointer) -> Release:
    """Make a version the champion."""
    if pointer == release.champion:
        return release
    again = pointer.version == release.champion.version  # the same version, signed again
    previous = release.previous if again else release.champion
    return _without_duplicates(replace(release, champion=pointer, previous=previous))


def promote(release: Release, pointer: Pointer | None = None) -> Release:
    """Make the challenger the champion, which ends the split; or the version that is named."""
    pointer = pointer or release.challenger
    if pointer is None:
        raise ChangeRefused(
            "expected a challenger to promote, the release has none: name a version, "
            "or begin with `millrace model split --challenger V --share S`"
        )
    return publish(release, pointer)


def split(release: Release, challenger: Pointer | None, share: float) -> Release:
    """Give a challenger (None: the one there is) its share of the keys, 0 to 1. A share of 0 ends the split."""
    if not 0 <= share <= 1:
        raise ChangeRefused(f"expected a share from 0 to 1, got {share}")
    if share == 0:
        return replace(release, challenger=None, share=0.0)
    challenger = challenger or release.challenger
    if challenger is None:
        raise ChangeRefused("expected a challenger, the release has none: name one with --challenger")
    _expect_other_than_champion(release, challenger, "challenger")
    return replace(release, challenger=challenger, share=float(share))


def shadow(release: Release, pointer: Pointer | None) -> Release:
    """Let a version score next to the champion; None ends it."""
    if pointer is not None:
        _expect_other_than_champion(release, pointer, "shadow")
    return replace(release, shadow=pointer)


def attributions(release: Release, setting: AttributionSetting | None) -> Release:
    """Explain the predictions that a setting selects; None ends it. Raises ChangeRefused for one out of its bounds."""
    if setting is not None:
        try:
            setting.check("attributions")
        except DocumentInvalid as error:
            raise ChangeRefused(str(error)) from None
    return replace(release, attributions=setting)


def rollback(release: Release) -> Release:
    """Go back to the champion before."""
    if release.previous is None:
        raise ChangeRefused(f"expected a champion before {release.champion.version}, there was none: nothing to go to")
    return publish(release, release.previous)


def _without_duplicates(release: Release) -> Release:
    """A version that became champion has no other role to play."""
    version = release.champion.version
    if release.challenger is not None and release.challenger.version == version:
        release = replace(release, challenger=None, share=0.0)
    if release.shadow is not None and release.shadow.version == version:
        release = replace(release, shadow=None)
    return release


def _expect_other_than_champion(release: Release, pointer: Pointer, role: str) -> None:
    if pointer.version == release.champion.version:
        raise ChangeRefused(f"expected another {role} than the champion, got {pointer.version} for both")
