"""Which models may have scored an event: the releases of a run, and their split, worked out apart from the scorer."""

import hashlib
from collections.abc import Iterable, Iterator
from copy import replace
from dataclasses import dataclass

from tests.simulation import models


@dataclass(frozen=True, slots=True)
class Released:
    """One release of a run. `corrupt` (0 to 3) is how its champion is broken, None where it is sound.

    `previous`: the champion that it names as the one before, which is sound. `shadow`: the version that only scores,
    which may be models.CORRUPT.
    """

    after_seconds: float
    champion: str
    challenger: str | None = None
    share: float = 0.0
    corrupt: int | None = None
    previous: str | None = None
    shadow: str | None = None

    def serves(self, key: str) -> tuple[str, str]:
        """Version and variant for a partition key, as docs/contracts.md words it."""
        fraction = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
        if self.challenger is not None and fraction < self.share:
            return self.challenger, "challenger"
        return self.champion, "champion"

    def renderings(self) -> set[bytes]:
        """The `model` members that it can give, cut to MODEL_BYTES."""
        serving = [(self.champion, "champion")] + ([(self.challenger, "challenger")] if self.challenger else [])
        return {models.rendered(*pair).encode()[:MODEL_BYTES] for pair in serving}


# Enough of the `model` member to tell version, digest and variant ("cham", "chal").
MODEL_BYTES = len(models.rendered("v1", "champion").encode()) - len('pion"}')


def sound(releases: Iterable[Released]) -> list[Released]:
    return [release for release in releases if release.corrupt is None]


def servings(releases: Iterable[Released]) -> list[Released]:
    """What may serve, in order: of a corrupt release its previous champion alone, all keys, in new containers."""
    found = []
    for release in releases:
        if release.corrupt is None:
            found.append(release)
        elif release.previous is not None:
            found.append(Released(release.after_seconds, release.previous))
    return found


def may_serve(releases: Iterable[Released], *, damaged: bool) -> list[Released]:
    """What may score an event. `damaged`: answers of the model store may be, and a sound version seem corrupt.

    A new container then serves one version alone, for all keys: the champion if the challenger was refused, else the
    champion before.
    """
    found = servings(releases)
    if damaged:
        for release in releases:
            alone = (release.champion if release.corrupt is None else None, release.previous)
            found += [Released(release.after_seconds, version) for version in alone if version is not None]
    return found


def linked(releases: Iterable[Released], *, named: Iterable[bool]) -> Iterator[Released]:
    """The releases, of which each names the champion before it where `named` says so and there is one."""
    before = None
    for release, names in zip(releases, named, strict=False):
        yield replace(release, previous=before if names else None)
        before = before if release.corrupt is not None else release.champion
