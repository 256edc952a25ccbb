"""The version that a run scores with: loaded once in a container, by the checks that the stream's scorer has."""

from __future__ import annotations

from batches import csv_rows
from batches.item import CSV
from model_store.release import CHAMPION, Release
from serving.models import Serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.release import Pointer
    from resilience.deadline import Deadline
    from scoring.variant import Variant
    from serving.loader import Loader


class Versions:
    """Keeps the version that was asked for last, or the last `most`."""

    def __init__(self, loader: Loader, most: int = 1) -> None:
        self._loader, self._most = loader, most
        self._kept: dict[Pointer, Variant] = {}

    def serving(self, pointer: Pointer, format: str, deadline: Deadline) -> Serving:
        """Raises ModelStoreError, and what the store's client raises."""
        variant = self._kept.pop(pointer, None)
        if variant is None:
            while len(self._kept) >= self._most:  # never one model more in memory
                del self._kept[next(iter(self._kept))]
            variant = self._loader.load(CHAMPION, pointer, isolated=False, seconds=deadline.remaining())
        self._kept[pointer] = variant
        if format == CSV:
            variant = csv_rows.variant(variant)
        return Serving(Release(pointer, ""), {CHAMPION: variant})
