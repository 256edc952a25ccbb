"""What the model is asked, counted beside the way of events: the evaluator finds out whether it has drifted.

Of every batch that is settled some rows, and their scores, are counted in the cells of the model version's baseline
(`evaluation.sampling`), and at most every so often the counts go to S3, as one object a version. Those of a container's
first batch go at once, as it may not see another; what it has counted since the last write is lost with it. Whatever
goes wrong is caught here and logged: no batch fails for it. Counts that could not be written are kept.

Nothing of this is imported where there is no bucket for it. Why so: docs/adr/0028-drift-is-counted-in-the-scorer.md.
"""

import logging
import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from aws_client.errors import describe, is_failed_call
from evaluation.drift_counts import Counts
from evaluation.sampling import Picks, Sample, stride_of
from model_store.errors import DocumentInvalid
from resilience.deadline import Deadline

if TYPE_CHECKING:  # the evaluator has no need for them
    from scoring.engine import Table
    from scoring.variant import Variant

LOG = logging.getLogger(__name__)

FLOAT32 = 4
# Versions whose counts are held at a time: champion, challenger, and two that no longer serve and wait to be written.
MOST_VERSIONS = 4


class DriftWatch:
    """Counts what a container scores.

    every : seconds between two writes at least, by `clock`. container : a name that no other container has.
    """

    def __init__(
        self, s3: Any, bucket: str, model: str, *, every: float, container: str, clock: Callable[[], float]
    ) -> None:
        self._s3, self._bucket, self._model = s3, bucket, model
        self._every, self._container, self._clock = every, container, clock
        self._picks = Picks()
        self._counts: dict[str, Counts] = {}
        self._empty: dict[str, Sample | None] = {}  # of each version that serves; None: it has no baseline
        self._next_write, self._written = clock(), 0

    def __call__(self, tables: "Sequence[Table]", now: float, deadline: Deadline) -> None:
        """Count a batch that was scored at `now`, and write if it is time; never raises."""
        try:
            self._serve([table.variant for table in tables])
            for table in tables:
                if table.rows:
                    self._count(table, now)
            if self._counts and self._clock() >= self._next_write:
                self._write(deadline)
        except Exception as error:  # the one boundary; the message may quote an event
            LOG.warning("drift not counted: %s", type(error).__name__)

    def _serve(self, variants: "Sequence[Variant]") -> None:
        """Look up the baselines of what serves now. A new release makes the counts of the one before go at once."""
        serving = {variant.version: variant for variant in variants}
        if not serving.keys() <= self._empty.keys():
            self._next_write = self._clock()
        self._empty = {
            version: self._empty[version] if version in self._empty else _sample(variant)
            for version, variant in serving.items()
        }

    def _count(self, table: "Table", now: float) -> None:
        variant, empty = table.variant, self._empty[table.variant.version]
        if empty is None:
            return
        stride, classes = stride_of(table.rows), variant.classes
        picked = _finite(self._picks.of(table.rows, stride), table.scores, classes)
        features = _gathered(table.matrix(), picked, len(variant.manifest.features))
        counts = self._counts.get(variant.version) or self._begin(variant.version, empty, now)
        counts.sample.add(stride, features, _gathered(table.scores, picked, classes))
        counts.ended = now

    def _begin(self, version: str, empty: Sample, now: float) -> Counts:
        while len(self._counts) >= MOST_VERSIONS:
            LOG.warning(
                "drift counts of version %s given up: they could not be written", oldest := next(iter(self._counts))
            )
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


def _sample(variant: "Variant") -> Sample | None:
    """None, told once, where the manifest has no baseline to count by."""
    try:
        return Sample(variant.manifest)
    except DocumentInvalid as error:
        LOG.warning("no drift of version %s: %s", variant.version, error)
        return None


def _finite(rows: Iterable[int], scores: "array[float]", classes: int) -> list[int]:
    """The rows whose scores are finite; the others are in quarantine."""
    return [row for row in rows if all(map(math.isfinite, scores[row * classes : (row + 1) * classes]))]


def _gathered(matrix: "bytes | bytearray | array[float]", rows: Iterable[int], width: int) -> bytes:
    """Those rows of a row-major float32 matrix."""
    view, size = memoryview(matrix).cast("B"), width * FLOAT32
    return b"".join([view[row * size : (row + 1) * size] for row in rows])
