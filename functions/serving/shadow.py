"""The shadow: a version that scores the champion's records in addition to it, and never affects the batch.

It runs after predictions were published and the quarantine was written. It may take as long as the batch did, and at
least a second, within the invocation's time; calls to its sink are not retried. Errors are caught here, counted and
logged; records that could not be scored or sent in time are skipped.
"""

from __future__ import annotations

import logging
import math
import sys
import time
import traceback
from collections import Counter

from model_store.errors import ModelStoreError
from model_store.release import CHAMPION, SHADOW
from records.faults import Fault, Ignored
from resilience.deadline import CALL_SECONDS, Deadline
from sinks.errors import SinkRefused, SinkUnavailable
from sinks.messages import Call, Limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from model_store.release import Pointer
    from records.record import Record
    from scoring.engine.protocols import Engine, Table
    from scoring.outcome import Outcome
    from scoring.variant import Variant
    from serving.loader import Loader
    from serving.models import Serving
    from sinks.messages import Messages
    from sinks.sink import Sink

LOG = logging.getLogger(__name__)

MIN_SECONDS = 1.0
# Seconds after which a version that could not be loaded is tried again.
RELOAD_SECONDS = 300.0
# Seconds without calls to a sink after a call failed as a whole: a call that times out takes 4 s.
REST_SECONDS = 30.0
# Records between two checks of the time: one full call to a Kinesis sink.
SLICE = 500
UNLIMITED = Limit(sys.maxsize, with_keys=False)


class Shadow:
    """Scores shadows. sink : where their predictions go; None: they are not published."""

    def __init__(
        self,
        loader: Loader,
        sink: Sink | None,
        engine: Engine,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loader, self._sink, self._engine, self._clock = loader, sink, engine, clock
        self._pointer: Pointer | None = None
        self._variant: Variant | None = None
        self._next_load = self._next_send = 0.0

    def score(self, serving: Serving, scored: Outcome, now: float, took: float, deadline: Deadline) -> dict[str, Any]:
        """Score the champion's records again; returns the result for the log, empty without a shadow. Never raises.

        now : when the batch was scored, in seconds since the epoch. took : seconds that the batch took so far.
        """
        pointer = serving.release.shadow
        if pointer is None:
            self._pointer = self._variant = None
            return {}
        outcome = ShadowOutcome(pointer.version)
        try:
            if variant := self._load(pointer, deadline):
                self._run(scored, variant, now, _within(deadline, max(MIN_SECONDS, took)), outcome)
        except Exception as error:  # a shadow must not fail a batch
            outcome.counts["errors"] += 1
            LOG.warning("shadow %s failed: %s", pointer.version, _named(error))
        return outcome.described()

    def _load(self, pointer: Pointer, deadline: Deadline) -> Variant | None:
        """The shadow's model; None while it is not loaded. A failed load is retried after RELOAD_SECONDS."""
        if pointer != self._pointer:
            self._pointer, self._variant, self._next_load = pointer, None, 0.0
        if self._variant is None and self._clock() >= self._next_load:
            self._next_load = self._clock() + RELOAD_SECONDS
            if not deadline.allows_call():
                LOG.warning("shadow %s not loaded: the batch left no time for it", pointer.version)
                return None
            if not deadline.allows_call(after=(seconds := self._loader.estimate(pointer, deadline.spare()))):
                LOG.warning(
                    "shadow %s not loaded: loading may take %.0f s, more than the invocation has left",
                    pointer.version,
                    seconds,
                )
                return None
            self._variant = self._loader.load(SHADOW, pointer, isolated=True, seconds=deadline.spare())
            LOG.info("shadow loaded: %s", pointer.version)
        return self._variant

    def _run(self, scored: Outcome, variant: Variant, now: float, deadline: Deadline, outcome: ShadowOutcome) -> None:
        champion = next(table for table in scored.tables if table.variant.name == CHAMPION)
        for first in range(0, champion.rows, SLICE):
            rows = range(first, min(first + SLICE, champion.rows))
            if not deadline.allows_call():
                outcome.counts["left_out"] += len(rows)
                continue
            table = self._engine.table(variant, scored.batch)
            kept = [row for row in rows if _added(table, champion.record(row))]
            table.predict()
            messages = self._engine.messages()
            table.encode(now, self._limit, messages)
            outcome.counts["scored"] += len(messages)
            outcome.counts["unscorable"] += len(rows) - len(messages)
            outcome.compare(champion, kept, table)
            if self._sink is not None:
                accepted = self._send(self._sink, messages, deadline)
                outcome.counts["published"] += accepted
                outcome.counts["unpublished"] += len(messages) - accepted

    def _send(self, sink: Sink, messages: Messages, deadline: Deadline) -> int:
        """Send each message once; returns how many the sink accepted. A call that fails as a whole pauses the sink."""
        accepted = 0
        (lane,) = messages.cut(range(len(messages)), sink.max_entries, sink.max_bytes, sink.counts_keys)
        for call in lane:
            if self._clock() < self._next_send or not deadline.allows_call():
                break
            try:
                accepted += len(call) - len(sink.begin(Call(messages, call))())
            except (SinkUnavailable, SinkRefused) as failure:
                LOG.warning("shadow sink: %s: %s", type(failure).__name__, failure)
                self._next_send = self._clock() + REST_SECONDS
        return accepted

    @property
    def _limit(self) -> Limit:
        return UNLIMITED if self._sink is None else Limit(self._sink.max_entry_bytes, self._sink.counts_keys)


class ShadowOutcome:
    """The result of a shadow in one batch: counts, and a comparison of its scores with the champion's."""

    def __init__(self, version: str) -> None:
        self.version, self.counts = version, Counter[str]()
        self._scores = self._differences = 0.0
        self._compared = 0

    def compare(self, champion: Table, rows: Sequence[int], shadow: Table) -> None:
        """Compare the scores of the same records, if both models have the same number of classes.

        rows : the champion's row of each row of the shadow.
        """
        classes = champion.variant.classes
        if shadow.variant.classes != classes:
            return
        for number, row in enumerate(rows):
            expected = champion.scores[row * classes : (row + 1) * classes]
            scores = shadow.scores[number * classes : (number + 1) * classes]
            if all(map(math.isfinite, (*expected, *scores))):
                self._compared += classes
                self._scores += sum(scores)
                self._differences += sum(abs(a - b) for a, b in zip(expected, scores, strict=True))

    def described(self) -> dict[str, Any]:
        described: dict[str, Any] = {"version": self.version, **self.counts}
        if self._compared:
            described["mean_score"] = round(self._scores / self._compared, 6)
            described["mean_difference"] = round(self._differences / self._compared, 6)
        return described


def _named(error: Exception) -> str:
    """The model store's message; of any other error only class and place, because its message may quote an event."""
    if isinstance(error, ModelStoreError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, line {place.lineno}"


def _added(table: Table, record: Record) -> bool:
    """False if the shadow cannot read the record: it has its own schema, so the event is not quarantined."""
    try:
        table.add(record)
    except (Fault, Ignored):
        return False
    return True


def _within(deadline: Deadline, seconds: float) -> Deadline:
    """A deadline that allows no call later than `seconds` from now, nor when the invocation's allows none."""
    end = deadline.remaining() - seconds
    return Deadline(lambda: min(deadline.remaining(), deadline.remaining() - end + CALL_SECONDS))
