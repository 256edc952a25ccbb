"""Which models may have scored an event: the releases of a run, and their split, worked out apart from the scorer."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from tests.simulation import models


@dataclass(frozen=True, slots=True)
class Released:
    """One release of a run. `corrupt` (0 to 3) is how its champion is broken, None where it is sound."""

    after_seconds: float
    champion: str
    challenger: str | None = None
    share: float = 0.0
    corrupt: int | None = None

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
