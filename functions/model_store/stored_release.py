"""A release as the store gives it: with its ETag, as a former version, or asked for and not yet there."""

from __future__ import annotations

from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.release import Release
    from model_store.store import ModelStore


class StoredRelease(Value):
    """A release and the ETag under which it was read: what a conditional read or write is conditional on."""

    release: Release
    etag: str


class FormerRelease(Value):
    """One S3 version of the release; `release` is None where it does not follow the schema, or is a deletion."""

    version_id: str
    written_at: float
    release: Release | None


class PendingRelease:
    """A release that was asked for."""

    def __init__(self, store: ModelStore, asked: Any) -> None:
        self._store, self._asked = store, asked
        self.arrives, self.close = asked.arrives, asked.close

    def __call__(self, seconds: float) -> StoredRelease | None:
        """As `ModelStore.release`; what is missing of the answer must arrive within `seconds`."""
        return self._store.read_release(lambda: self._asked(seconds))
