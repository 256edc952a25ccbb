"""The shadow: a version that scores its champion's records beside it, and can do the batch no harm.

It runs when predictions are published and quarantine is written. It gets as long as the batch took, and at least a
second, of the time that the invocation has left; each call to its sink is made once. Whatever goes wrong in it is
caught here, counted and logged; what could not be scored or sent in time is left out.
"""

import logging
import math
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from model_store.errors import ModelStoreError
from model_store.release import CHAMPION, SHADOW, Pointer
from records.faults import Fault
from records.record import Record
from resilience.deadline import CALL_SECONDS, Deadline
from scoring.engine import Engine, Table, choose
from scoring.scored import score
from scoring.variant import Variant
from serving.models import Loader, Serving
from sinks.messages import Call, Limit, Messages
from sinks.sink import Sink, SinkRefused, SinkUnavailable

LOG = logging.getLogger(__name__)

MIN_SECONDS = 1.0
# A version that could not be loaded is tried again after so long.
RELOAD_SECONDS = 300.0
# A sink whose call failed as a whole is left alone for so long: a call that runs into its time-outs takes 4 s.
REST_SECONDS = 30.0
# Records at a time: what one call to a Kinesis sink takes; in between it looks at the time.
SLICE = 500
UNLIMITED = Limit(sys.maxsize, with_keys=False)


class Shadow:
    """Scores shadows. `sink` is where their predictions go; None: they are measured only."""

    def __init__(
        self,
        loader: Loader,
        sink: Sink | None,
        clock: Callable[[], float] = time.monotonic,
        engine: Engine | None = None,
    ) -> None:
        self._loader, self._sink, self._clock, self._engine = loader, sink, clock, engine or choose()
        self._pointer: Pointer | None = None
        self._variant: Variant | None = None
        self._next_load = self._next_send = 0.0

    def __call__(
        self, serving: Serving, tables: Iterable[Table], now: float, took: float, deadline: Deadline
    ) -> dict[str, Any]:
        """Score the champion's records again; what came of it, for the log. Empty without a shadow; never raises.

        now : when the batch was scored. took : seconds that the batch took so far.
        """
        pointer = serving.release.shadow
        if pointer is None:
            self._pointer = self._variant = None
            return {}
        outcome = Outcome(pointer.version)
        try:
            if variant := self._load(pointer, deadline):
                champion = next(table for table in tables if table.variant.name == CHAMPION)
                self._run(champion, variant, now, _within(deadline, max(MIN_SECONDS, took)), outcome)
        except Exception as error:  # the one boundary: nothing of a shadow gets past it
            outcome.counts["errors"] += 1
            LOG.warning("shadow %s failed: %s", pointer.version, _named(error))
        return outcome.described()

    def _load(self, pointer: Pointer, deadline: Deadline) -> Variant | None:
        """The shadow's model; None while it is not there. One that failed is not tried again for a while."""
        if pointer != self._pointer:
            self._pointer, self._variant, self._next_load = pointer, None, 0.0
        if self._variant is None and self._clock() >= self._next_load:
            self._next_load = self._clock() + RELOAD_SECONDS
            if not deadline.allows_call(after=(seconds := self._loader.estimate(pointer))):
                LOG.warning("shadow %s not loaded: that may take %.0f s, more than is left", pointer.version, seconds)
                return None
            # Half of the time for the child, the other for what comes after it.
            self._variant = self._loader.load(SHADOW, pointer, tried=True, within=deadline.spare() / 2)
            LOG.info("shadow taken up: %s", pointer.version)
        return self._variant

    def _run(self, champion: Table, variant: Variant, now: float, deadline: Deadline, outcome: "Outcome") -> None:
        for first in range(0, champion.rows, SLICE):
            rows = range(first, min(first + SLICE, champion.rows))
            if not deadline.allows_call():
                outcome.counts["left_out"] += len(rows)
                continue
            table = self._engine.table(variant)
            kept = [row for row in rows if _added(table, champion.record(row))]
            messages = score([table], now, self._limit, self._engine).messages
            outcome.counts["scored"] += len(messages)
            outcome.counts["unscorable"] += len(rows) - len(messages)
            outcome.compare(champion, kept, table)
            if self._sink is not None:
                taken = self._send(self._sink, messages, deadline)
                outcome.counts["published"] += taken
                outcome.counts["unpublished"] += len(messages) - taken

    def _send(self, sink: Sink, messages: Messages, deadline: Deadline) -> int:
        """Send each message once; how many were taken. A sink that fails as a whole gets a rest."""
        taken = 0
        (lane,) = messages.cut(range(len(messages)), sink.max_entries, sink.max_bytes, sink.counts_keys)
        for call in lane:
            if self._clock() < self._next_send or not deadline.allows_call():
                break
            try:
                taken += len(call) - len(sink.send(Call(messages, call)))
            except (SinkUnavailable, SinkRefused) as failure:
                LOG.warning("shadow sink: %s: %s", type(failure).__name__, failure)
                self._next_send = self._clock() + REST_SECONDS
        return taken

    @property
    def _limit(self) -> Limit:
        return UNLIMITED if self._sink is None else Limit(self._sink.max_entry_bytes, self._sink.counts_keys)


class Outcome:
    """What came of a shadow in one batch: counts, and how its scores lie beside the champion's."""

    def __init__(self, version: str) -> None:
        self.version, self.counts = version, Counter[str]()
        self._scores = self._differences = 0.0
        self._compared = 0

    def compare(self, champion: Table, rows: Sequence[int], shadow: Table) -> None:
        """Add up the scores of the same records; models with another number of classes are not compared.

        rows : the champion's, for each of the shadow's.
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
    """What to log of an error: the store's own words; of any other its kind and place, as it may quote an event."""
    if isinstance(error, ModelStoreError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, line {place.lineno}"


def _added(table: Table, record: Record) -> bool:
    """The shadow has a schema of its own: what it cannot read is no fault of the event."""
    try:
        table.add(record)
    except Fault:
        return False
    return True


def _within(deadline: Deadline, seconds: float) -> Deadline:
    """A deadline under which no call begins after `seconds` from now, nor when the invocation allows none."""
    end = deadline.remaining() - seconds
    return Deadline(lambda: min(deadline.remaining(), deadline.remaining() - end + CALL_SECONDS))
