"""The shadow: a version that scores its champion's records beside it, and can do the batch no harm.

It runs when predictions are published and quarantine is written. It gets as long as the batch took, and at least a
second, of the time that the invocation has left; each call to its sink is made once. Whatever goes wrong in it is
caught here, counted and logged; what could not be scored or sent in time is left out.
"""

import logging
import math
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import batched
from typing import Any

from model_store.errors import ModelStoreError
from model_store.release import CHAMPION, SHADOW, Pointer
from scorer.cut import cut
from scorer.deadline import CALL_SECONDS, Deadline
from scorer.errors import Fault
from scorer.models import Loader, Serving, Variant
from scorer.pipeline import Table, score
from scorer.publish import Message, Sink, SinkRefused, SinkUnavailable
from scorer.records import Record

LOG = logging.getLogger(__name__)

MIN_SECONDS = 1.0
# A version that could not be loaded is tried again after so long.
RELOAD_SECONDS = 300.0
# A sink whose call failed as a whole is left alone for so long: a call that runs into its time-outs takes 4 s.
REST_SECONDS = 30.0
# Records at a time: what one call to a Kinesis sink takes; in between it looks at the time.
SLICE = 500


class Shadow:
    """Scores shadows. `sink` is where their predictions go; None: they are measured only."""

    def __init__(self, loader: Loader, sink: Sink | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._loader, self._sink, self._clock = loader, sink, clock
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
        for part in batched(zip(champion.records, champion.scores, strict=True), SLICE, strict=False):
            if not deadline.allows_call():
                outcome.counts["left_out"] += len(part)
                continue
            table, expected = Table(variant), []
            for record, scores in part:
                if _added(table, record):
                    expected.append(scores)
            scored, _ = score([table], now, self._fits)
            outcome.counts["scored"] += len(scored)
            outcome.counts["unscorable"] += len(part) - len(scored)
            outcome.compare(expected, table.scores)
            if self._sink is not None:
                taken = self._send(self._sink, [message for _, message in scored], deadline)
                outcome.counts["published"] += taken
                outcome.counts["unpublished"] += len(scored) - taken

    def _send(self, sink: Sink, messages: list[Message], deadline: Deadline) -> int:
        """Send each message once; how many were taken. A sink that fails as a whole gets a rest."""
        taken = 0
        for call in cut(messages, sink.size, most=sink.max_entries, most_bytes=sink.max_bytes):
            if self._clock() < self._next_send or not deadline.allows_call():
                break
            try:
                taken += len(call) - len(sink.send(call))
            except (SinkUnavailable, SinkRefused) as failure:
                LOG.warning("shadow sink: %s: %s", type(failure).__name__, failure)
                self._next_send = self._clock() + REST_SECONDS
        return taken

    def _fits(self, message: Message) -> bool:
        return self._sink is None or self._sink.size(message) <= self._sink.max_entry_bytes


class Outcome:
    """What came of a shadow in one batch: counts, and how its scores lie beside the champion's."""

    def __init__(self, version: str) -> None:
        self.version, self.counts = version, Counter[str]()
        self._scores = self._differences = 0.0
        self._compared = 0

    def compare(self, champion: Sequence[Sequence[float]], shadow: Sequence[Sequence[float]]) -> None:
        """Add up the scores of the same records; models with another number of classes are not compared."""
        for expected, scores in zip(champion, shadow, strict=True):
            if len(expected) == len(scores) and all(map(math.isfinite, (*expected, *scores))):
                self._compared += len(scores)
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
