"""Counts features and scores for drift detection; the evaluator compares the counts with the baseline.

After each delivered batch, a sample of its rows and scores is counted in the histogram cells of the model version's
baseline (`evaluation.sampling`). At most every `every` seconds the counts are written to S3, as one object for each
version. The counts of a container's first batch are written at once, because it may be the only one. When a container
ends, counts that were not written are lost. Errors are logged and never fail a batch; counts whose write failed are
kept.

Imported only if there is a bucket for drift. The reasons are in docs/adr/0028-drift-is-counted-in-the-scorer.md.
"""

from __future__ import annotations

import logging
import math

from aws_client.errors import describe, is_failed_call
from evaluation.drift_counts import Counts
from evaluation.sampling import Picks, Sample, stride_of
from model_store.errors import DocumentInvalid
from scoring.features import gathered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from resilience.deadline import Deadline
    from scoring.engine.protocols import Table
    from scoring.variant import Variant

LOG = logging.getLogger(__name__)

# Versions with counts in memory: champion, challenger, and two that no longer serve but were not written yet.
MOST_VERSIONS = 4


class DriftWatch:
    """Counts what a container scores.

    every : minimum seconds between two writes, by `clock`. container : a name that no other container has.
    """

    def __init__(
        self, s3: Any, bucket: str, model: str, *, every: float, container: str, clock: Callable[[], float]
    ) -> None:
        self._s3, self._bucket, self._model = s3, bucket, model
        self._every, self._container, self._clock = every, container, clock
        self._picks = Picks(container)
        self._counts: dict[str, Counts] = {}
        self._empty: dict[str, Sample | None] = {}  # for each serving version; None: it has no baseline
        self._next_write, self._written = clock(), 0

    def count(self, tables: Sequence[Table], now: float, deadline: Deadline) -> None:
        """Count a batch that was scored at `now`, and write the counts if a write is due. Never raises."""
        try:
            self._serve([table.variant for table in tables])
            for table in tables:
                if table.rows:
                    self._count(table, now)
            if self._counts and self._clock() >= self._next_write:
                self._write(deadline)
        except Exception as error:  # drift must not fail a batch; the error's message may quote an event
            LOG.warning("drift not counted: %s", type(error).__name__)

    def _serve(self, variants: Sequence[Variant]) -> None:
        """Read the baselines of the versions that serve now. A new version makes a write due."""
        serving = {variant.version: variant for variant in variants}
        if not serving.keys() <= self._empty.keys():
            self._next_write = self._clock()
        self._empty = {
            version: self._empty[version] if version in self._empty else _sample(variant)
            for version, variant in serving.items()
        }

    def _count(self, table: Table, now: float) -> None:
        variant, empty = table.variant, self._empty[table.variant.version]
        if empty is None:
            return
        stride, classes = stride_of(table.rows), variant.classes
        picked = _finite(self._picks.of(table.rows, stride), table.scores, classes)
        features = gathered(table.matrix(), picked, len(variant.manifest.columns))
        counts = self._counts.get(variant.version) or self._begin(variant.version, empty, now)
        counts.sample.add(stride, features, gathered(table.scores, picked, classes))
        counts.ended = now

    def _begin(self, version: str, empty: Sample, now: float) -> Counts:
        while len(self._counts) >= MOST_VERSIONS:
            oldest = next(iter(self._counts))
            LOG.warning("drift counts of version %s discarded: they could not be written", oldest)
            del self._counts[oldest]
        counts = self._counts[version] = Counts(version, empty.fresh(), now)
        return counts

    def _write(self, deadline: Deadline) -> None:
        for counts in list(self._counts.values()):
            if not deadline.allows_call():
                return
            self._next_write = self._clock() + self._every
            if not self._put(counts):
                return
            del self._counts[counts.version]

    def _put(self, counts: Counts) -> bool:
        key = counts.key(self._model, f"{self._container}-{self._written}")
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=counts.document(self._model), ContentType="application/json"
            )
        except Exception as error:
            if not is_failed_call(error):
                raise
            LOG.warning("drift counts not written: %s", describe(error))
            return False
        self._written += 1
        return True


def _sample(variant: Variant) -> Sample | None:
    """None, logged once, if the manifest has no valid baseline."""
    try:
        return Sample(variant.manifest)
    except DocumentInvalid as error:
        LOG.warning("drift of version %s is not measured: %s", variant.version, error)
        return None


def _finite(rows: Iterable[int], scores: array[float], classes: int) -> list[int]:
    """The rows with finite scores; the others are in quarantine."""
    return [row for row in rows if all(map(math.isfinite, scores[row * classes : (row + 1) * classes]))]
