"""The release before and after a step, and back: pure functions.

A release is recognized by its digest. What the workflow is about to write is recorded first, so that it knows its own
release also where the answer to the write was lost.
"""

from __future__ import annotations

import hashlib
from copy import replace

from model_store import operations
from model_store.release import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from model_store.release import Pointer, Release


def digest(release: Release) -> str:
    return hashlib.sha256(release.to_bytes()).hexdigest()


def serves(release: Release, candidate: Pointer, share: float) -> bool:
    """Whether the candidate has its share of the keys already."""
    return release.challenger == candidate and release.share == share


def serving(release: Release, candidate: Pointer, share: float, at: str, by: str, why: str) -> Release:
    """The candidate as the challenger. Raises ChangeRefused."""
    return replace(operations.split(release, candidate, share), updated_at=at, change=Change("split", by, why))


def promoted(release: Release, at: str, by: str, why: str) -> Release:
    """The challenger as the champion. Raises ChangeRefused."""
    return replace(operations.promote(release), updated_at=at, change=Change("promote", by, why))


def is_ours(current: Release, before: Release, wrote: Collection[str]) -> bool:
    """Whether the release is as the workflow found it, or as it made it."""
    return current == before or digest(current) in wrote


def restored(before: Release, at: str, by: str, why: str) -> Release:
    """The release as it was, with the time and the reason of its return.

    It is another object than before, also where nothing had been written: a write of the workflow that is still under
    way then fails, because its condition does not hold.
    """
    return replace(before, updated_at=at, change=Change("restore", by, why))
