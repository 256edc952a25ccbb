"""Changing a model's release, and reading what became of it.

Every change is one conditional write, which holds who made it and why: the S3 versions of the release are its history
(ADR 17). A version is verified, in full, before it gets a role.
"""

import math
import time
from array import array
from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, cast

from millrace.errors import UserError
from model_store import operations
from model_store.artifact import Artifact
from model_store.attribution_setting import AttributionSetting
from model_store.errors import ReleaseMissing
from model_store.release import CHALLENGER, CHAMPION, Change, Pointer, Release
from model_store.store import ModelStore
from model_store.stored_release import FormerRelease, StoredRelease
from model_store.verify import SignatureCheck, verify
from predictors.errors import NoAttributions
from records.timestamps import timestamp
from records.values import as_dict
from training import baseline

MAX_WHY = 1_000  # characters; a release is read at each poll of each container


@dataclass(frozen=True, slots=True)
class Operator:
    """Who changes releases, and what signatures they are checked with (None: signing is off)."""

    by: str
    signature: SignatureCheck | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made, or that was none: then `after` is `before`. `before` is None for the first release."""

    before: Release | None
    after: Release


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as the history has it. Roles are versions by role, with the share; None where not known."""

    at: str
    by: str
    action: str
    why: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Releases:
    """The operations on one model's release.

    Each raises ReleaseMissing, ChangeRefused, VersionMissing, ArtifactRefused, and ReleaseConflict where another
    operator was faster.
    """

    def __init__(self, store: ModelStore, operator: Operator, clock: Callable[[], float] = time.time) -> None:
        self._store, self._operator, self._clock = store, operator, clock

    def store(self, artifact: Artifact) -> Pointer:
        """Verify and store an artifact that no release names yet. Raises ArtifactRefused and ArtifactExists."""
        baseline.check(artifact.manifest)
        return self._store.publish(artifact)

    def publish(self, artifact: Artifact, why: str = "") -> Changed:
        """Store an artifact and make it the champion. Raises ArtifactExists too."""
        pointer = self.store(artifact)
        before = self._stored()
        if before is None:
            return self._write("publish", None, Release(pointer, ""), why)
        return self._write("publish", before, operations.publish(before.release, pointer), why)

    def promote(self, version: str | None = None, why: str = "") -> Changed:
        """Make the challenger the champion, or the version that is named."""

        def operation(release: Release) -> Release:
            if version is None and release.challenger is not None:
                return operations.promote(release, self._verified(release.challenger))
            return operations.promote(release, self._named(version))

        return self._change("promote", operation, why)

    def split(self, challenger: str | None, share: float, why: str = "") -> Changed:
        """Give a challenger its share of the keys; share 0 ends it."""

        def operation(release: Release) -> Release:
            return operations.split(release, self._named(challenger if share > 0 else None), share)

        return self._change("split", operation, why)

    def shadow(self, version: str | None, why: str = "") -> Changed:
        """Have a version score next to the champion; None ends it."""

        def operation(release: Release) -> Release:
            return operations.shadow(release, self._named(version))

        return self._change("shadow", operation, why)

    def attributions(self, setting: AttributionSetting | None, why: str = "") -> Changed:
        """Explain the predictions that the setting selects; None ends it. Raises UserError where a model cannot."""

        def operation(release: Release) -> Release:
            if setting is not None:
                for role in (CHAMPION, CHALLENGER):
                    if pointer := release.roles().get(role):
                        _expect_attributions(self._store.artifact(pointer))
            return operations.attributions(release, setting)

        return self._change("attributions", operation, why)

    def rollback(self, why: str = "") -> Changed:
        """Go back to the champion before; a second time returns."""

        def operation(release: Release) -> Release:
            if release.previous is not None:
                self._verified(release.previous)
            return operations.rollback(release)

        return self._change("rollback", operation, why)

    def _named(self, version: str | None) -> Pointer | None:
        """A version that the operator named: verified, and signed where artifacts are signed."""
        if version is None:
            return None
        pointer = self._store.pointer(version)
        verify(self._store.artifact(pointer))
        return self._verified(self._store.sign(pointer))

    def _verified(self, pointer: Pointer) -> Pointer:
        """A pointer as it is, verified with its signature.

        What comes out of the release was signed when it went in. To sign it here would be to sign for whoever may
        write to the store and not sign.
        """
        verify(self._store.artifact(pointer), signature=self._operator.signature)
        return pointer

    def _change(self, action: str, operation: Callable[[Release], Release], why: str) -> Changed:
        before = cast(StoredRelease, self._store.release())  # only a conditional read gives None
        return self._write(action, before, operation(before.release), why)

    def _write(self, action: str, before: StoredRelease | None, after: Release, why: str) -> Changed:
        if before is not None and after == before.release:
            return Changed(before.release, before.release)
        if len(why) > MAX_WHY:
            raise UserError(f"expected at most {MAX_WHY} characters that say why, got {len(why)}")
        change = Change(action, self._operator.by, why)
        after = replace(after, updated_at=timestamp(self._clock()), change=change)
        self._store.put_release(after, replacing=before)
        return Changed(None if before is None else before.release, after)

    def _stored(self) -> StoredRelease | None:
        try:
            return self._store.release()
        except ReleaseMissing:
            return None


def _expect_attributions(artifact: Artifact) -> None:
    """Refuse a model that scores but explains nothing."""
    manifest = artifact.manifest
    row = array("f", [math.nan] * len(manifest.features))
    try:
        verify(artifact).attribute(row.tobytes(), 1)
    except NoAttributions as error:
        raise UserError(f"expected a model with feature attributions, got {manifest.version}: {error}") from None


def roles(release: Release) -> dict[str, Any]:
    """Version by role, and the challenger's share: what a release says, without what pins it."""
    named = {role: pointer.version for role, pointer in release.roles().items()}
    explained = None if release.attributions is None else as_dict(release.attributions)
    return {
        **dict.fromkeys(("champion", "challenger", "shadow", "previous")),
        **named,
        "share": release.share,
        "attributions": explained,
    }


def history(store: ModelStore, last: int | None = None) -> Iterator[Entry]:
    """The changes of a model's release, the newest first; at most `last` of them."""
    former = list(islice(store.former_releases(), None if last is None else last + 1))
    if last is None or len(former) <= last:
        former.append(FormerRelease("", 0.0, None))
    for release, before in pairwise(former):
        yield _entry(release, before.release)


def _entry(former: FormerRelease, before: Release | None) -> Entry:
    """A release that Millrace did not write has no change in it; S3 knows when it was written."""
    release, written_at = former.release, timestamp(former.written_at)
    known = None if before is None else roles(before)
    if release is None:
        return Entry(written_at, "", "damaged or deleted", "", known, None)
    change = release.change or Change("", "", "")
    return Entry(release.updated_at or written_at, change.by, change.action, change.why, known, roles(release))
