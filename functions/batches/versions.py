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
    """Keeps the version that was asked for last."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._kept: tuple[Pointer, Variant] | None = None

    def serving(self, pointer: Pointer, format: str, deadline: Deadline) -> Serving:
        """Raises ModelStoreError, and what the store's client raises."""
        if self._kept is None or self._kept[0] != pointer:
            self._kept = None  # not two models in memory
            variant = self._loader.load(CHAMPION, pointer, isolated=False, seconds=deadline.remaining())
            self._kept = pointer, variant
        variant = self._kept[1]
        if format == CSV:
            variant = csv_rows.variant(variant)
        return Serving(Release(pointer, ""), {CHAMPION: variant})
