"""Keeps scored rows for later: data capture. docs/capture.md; the reasons: docs/adr/0055.

After each delivered batch, its published rows, or those of a share of the partition keys, are kept in memory. At most
every `every` seconds, or when they reach WRITE_BYTES, they are written to S3, as one object for each model version. A
container's first rows are written at once, because it may score no other batch. When a container ends, rows that were
not written are lost; with `every` 0, each batch writes its own. Errors are logged and counted, and never fail a batch;
rows whose write failed are kept, up to MOST_BYTES.

Imported only if there is a bucket for it.
"""

from __future__ import annotations

import logging

from aws_client.errors import describe, is_failed_call
from capture.columns import CapturedRows, key
from scoring.features import gathered
from telemetry.metrics import CAPTURE_FAILURES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from resilience.deadline import Deadline
    from scoring.engine.protocols import Table
    from telemetry.metrics import Metrics

LOG = logging.getLogger(__name__)

WRITE_BYTES = 4 * 1024 * 1024  # an object is about a fifth of it
MOST_BYTES = 4 * WRITE_BYTES
# After a failed write: each attempt compresses all rows that wait, which a batch after batch would pay for.
PAUSE_SECONDS = 10.0


class Capture:
    """Captures what a container scores.

    share : of the partition keys. every : minimum seconds between two writes, by `clock`. container : a name that no
    other container has.
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        model: str,
        *,
        share: float,
        every: float,
        container: str,
        clock: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._s3, self._bucket, self._model = s3, bucket, model
        self._share, self._every, self._container, self._clock = share, every, container, clock
        self._metrics = metrics
        self._kept: dict[str, CapturedRows] = {}
        self._next_write, self._paused_until, self._written = clock(), 0.0, 0

    def keep(self, published: Sequence[tuple[Table, Sequence[int]]], now: float, deadline: Deadline) -> None:
        """Keep the rows of a batch that was scored at `now`; write them if it is time. Never raises."""
        self._metrics.gauge(CAPTURE_FAILURES, 0)
        try:
            for table, rows in published:
                self._add(table, rows, now)
            if self._is_due(self._clock()):
                self._write(deadline)
            self._discard(MOST_BYTES)
        except Exception as error:  # capture must not fail a batch; the error's message may quote an event
            LOG.warning("rows not captured: %s", type(error).__name__)
            self._metrics.gauge(CAPTURE_FAILURES, 1)
            self._kept.clear()

    def _is_due(self, now: float) -> bool:
        return now >= self._paused_until and (now >= self._next_write or self._size() >= WRITE_BYTES)

    def _add(self, table: Table, rows: Sequence[int], now: float) -> None:
        if self._share < 1:
            published = rows if len(rows) == table.rows else set(rows)
            rows = [row for row in table.sampled_keys(self._share) if row in published]
        if not rows:
            return
        texts, variant = [table.texts(row) for row in rows], table.variant
        matrix = gathered(table.matrix(), rows, len(variant.manifest.columns))
        scores = gathered(table.scores, rows, variant.classes)
        if variant.version not in self._kept:
            self._kept[variant.version] = CapturedRows(variant, now)
        self._kept[variant.version].add(variant.name, now, texts, matrix, scores)

    def _write(self, deadline: Deadline) -> None:
        for version in list(self._kept):
            if not deadline.allows_call():
                return
            self._next_write = self._clock() + self._every
            if not self._put(self._kept[version]):
                self._metrics.gauge(CAPTURE_FAILURES, 1)
                self._paused_until = self._clock() + PAUSE_SECONDS
                return
            del self._kept[version]

    def _put(self, rows: CapturedRows) -> bool:
        name = key(self._model, rows.began, rows.manifest.version, f"{self._container}-{self._written}")
        body = rows.file()
        try:
            self._s3.put_object(Bucket=self._bucket, Key=name, Body=body, ContentType="application/vnd.apache.parquet")
        except Exception as error:
            if not is_failed_call(error):
                raise
            LOG.warning("captured rows not written: %s", describe(error))
            return False
        self._written += 1
        self._metrics.note(captured={"rows": rows.rows, "bytes": len(body)})
        return True

    def _discard(self, most: int) -> None:
        """Discard the oldest version's rows where too many could not be written."""
        while self._size() > most:
            oldest = next(iter(self._kept))
            LOG.warning("%d captured rows of version %s discarded", self._kept.pop(oldest).rows, oldest)

    def _size(self) -> int:
        return sum(rows.size for rows in self._kept.values())
