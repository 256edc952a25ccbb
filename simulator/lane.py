"""A lane of a shard: one batch in flight, its checkpoint, and what follows from each result.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from functools import partial
from typing import TYPE_CHECKING

from .backoff import backoff
from .function import Outcome
from .invocation_records import Condition, kinesis_record
from .kinesis import Record, records_json
from .responses import COMPLETE_FAILURE, reported

if TYPE_CHECKING:
    from .kinesis_mapping import KinesisMapping

# The limit of a synchronous invocation. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
_EVENT_BYTES = len('{"Records": []}')
# Between one delivery and the next of the same batch where no retry is used up, and until a dead poller is replaced.
SPLIT_SECONDS = 0.1
TAKEOVER_SECONDS = 10.0


class Batch:
    """Records `start` to `end` of a lane, on their way. `retries` is what is used up, `invocations` what was tried."""

    __slots__ = ("end", "invocations", "last", "refusals", "retries", "start")

    def __init__(self, start: int, end: int, retries: int = 0, invocations: int = 0) -> None:
        self.start, self.end, self.retries, self.invocations = start, end, retries, invocations
        self.refusals = 0  # throttles and service errors in a row
        self.last: Outcome | None = None


class Lane:
    """The records of a shard whose partition keys fall into this lane, in order.

    Everything before `checkpoint` is done for good. A batch that was bisected lies on the stack in parts; the part on
    top is the next one.
    """

    def __init__(self, mapping: "KinesisMapping", shard_id: str) -> None:
        self._mapping, self._world, self._shard_id = mapping, mapping.world, shard_id
        self.records: list[Record] = []
        self.checkpoint = 0
        self._position = 0  # of the poller; the checkpoint may lag behind
        self._end = 0  # of the batch that is under way
        self._stack: list[Batch] = []
        self._busy = False  # in flight, or waiting for a retry
        self._said_done = True
        self._window_ends: float | None = None

    @property
    def idle(self) -> bool:
        return not self._busy and not self._stack and self._position == len(self.records)

    def pump(self) -> None:
        """Deliver what is next, unless something is under way."""
        if self._busy or not self._mapping.enabled:
            return
        if not self._stack:
            if self._position == len(self.records):
                self._say_done()
                return
            if self._waits_for_window():
                return
            self._end = self._batch_end()
            self._stack.append(Batch(self._position, self._end))
        self._deliver(self._stack[-1])

    # Forming a batch.

    def _waits_for_window(self) -> bool:
        """Whether a batch that is not full has to wait for the end of the batching window."""
        settings, world = self._mapping.settings, self._world
        if not settings.window_seconds or len(self.records) - self._position >= settings.batch_size:
            self._window_ends = None
            return False
        if self._window_ends is None:
            self._window_ends = world.now + settings.window_seconds
            world.at(self._window_ends, self.pump)
        if world.now < self._window_ends:
            return True
        self._window_ends = None
        return False

    def _batch_end(self) -> int:
        """As far as number and payload allow."""
        size, short = self._mapping.settings.batch_size, self._mapping.faults.short_batch
        if short and self._world.random.random() < short:
            size = self._world.random.randint(1, size)
        end = min(self._position + size, len(self.records))
        room = MAX_PAYLOAD_BYTES - _EVENT_BYTES
        if (end - self._position) * self._mapping.stream.largest <= room:
            return end
        for at in range(self._position, end):
            room -= self.records[at].size
            if room < 0:
                return max(at, self._position + 1)
        return end

    # Delivering it.

    def _deliver(self, batch: Batch) -> None:
        mapping = self._mapping
        if self._expire(batch) or self._age(batch):
            return
        records = self.records[batch.start : batch.end]
        self._busy = True
        mapping.function.invoke(
            {"Records": [record.envelope for record in records]},
            lambda outcome: self._ended(batch, records, outcome),
            as_json=partial(records_json, records),
        )

    def _expire(self, batch: Batch) -> bool:
        """Pass over records that the stream has already trimmed; True if nothing is left."""
        oldest = self._world.now - self._mapping.stream.retention_seconds
        while batch.start < batch.end and self.records[batch.start].arrived_at < oldest:
            self._mapping.expired.append(self.records[batch.start])
            self._mapping.counts["expired"] += 1
            batch.start += 1
        if batch.start < batch.end:
            return False
        self._finish(batch)
        self._again_after(0)
        return True

    def _age(self, batch: Batch) -> bool:
        """Discard the records that are older than the maximum record age, and only those; True if there are any."""
        age = self._mapping.settings.maximum_record_age_seconds
        oldest = self._world.now - age
        if age < 0 or self.records[batch.start].arrived_at >= oldest:
            return False
        end = next((i for i in range(batch.start, batch.end) if self.records[i].arrived_at >= oldest), batch.end)
        self._give_up(batch, end, "RecordAgeExceeded")
        return True

    # What follows from the result.

    def _ended(self, batch: Batch, records: list[Record], outcome: Outcome) -> None:
        mapping, faults, random = self._mapping, self._mapping.faults, self._world.random.random
        self._busy = False
        batch.last = outcome
        if outcome.was_not_invoked:
            mapping.counts["throttled"] += 1
            batch.refusals += 1
            self._again_after(backoff(self._world.random, batch.refusals))
            return
        mapping.counts["invocations"] += 1
        batch.invocations += 1
        batch.refusals = 0
        for record in records:
            record.deliveries += 1
        if faults.duplicate and random() < faults.duplicate:
            self._duplicate(records)
        if faults.crash and random() < faults.crash:
            self._crash()
        elif outcome.is_function_error:
            mapping.counts["function_errors"] += 1
            self._failed(batch, bisect=True)
        else:
            self._returned(batch, records, outcome)

    def _returned(self, batch: Batch, records: list[Record], outcome: Outcome) -> None:
        mapping = self._mapping
        if not mapping.settings.report_batch_item_failures or outcome.response == {"batchItemFailures": []}:
            self._succeeded(batch)
            return
        index = {str(record.sequence): i for i, record in enumerate(records, batch.start)}
        identifiers = reported(outcome.response, index, mapping.behaviours)
        if identifiers is COMPLETE_FAILURE:
            mapping.counts["complete_failures"] += 1
            self._failed(batch, bisect=mapping.behaviours.complete_failure_bisects)
        elif identifiers:
            mapping.counts["partial_failures"] += 1
            self._partly_failed(batch, min(index[identifier] for identifier in identifiers))
        else:
            self._succeeded(batch)

    def _succeeded(self, batch: Batch) -> None:
        self._finish(batch)
        self.pump()

    def _failed(self, batch: Batch, *, bisect: bool) -> None:
        """All of it failed: in halves, which uses up no retry, or once more."""
        middle = (batch.start + batch.end) // 2
        if not bisect or not self._mapping.settings.bisect_batch_on_function_error or middle == batch.start:
            self._retry(batch)
            return
        self._mapping.counts["bisections"] += 1
        older = Batch(batch.start, middle, batch.retries, batch.invocations)
        newer = Batch(middle, batch.end, batch.retries, batch.invocations)
        older.last = newer.last = batch.last
        self._stack.pop()
        self._stack += [older, newer] if self._mapping.behaviours.newer_half_first else [newer, older]
        self._again_after(SPLIT_SECONDS)

    def _partly_failed(self, batch: Batch, first_failed: int) -> None:
        """What comes before the lowest reported sequence number is done; the rest is delivered again.

        If anything was done, that uses up no retry, and without bisect the rest is a batch with a count of its own.
        """
        mapping = self._mapping
        if first_failed == batch.start:
            self._failed(batch, bisect=mapping.behaviours.no_progress_halves)
            return
        batch.start = first_failed
        self._advance()
        bisects = mapping.settings.bisect_batch_on_function_error
        mapping.counts["bisections"] += bisects
        if not bisects or mapping.behaviours.split_resets_retries:
            batch.retries = batch.invocations = 0
        self._again_after(SPLIT_SECONDS)

    def _retry(self, batch: Batch) -> None:
        """Once more after a pause; or, when no retry is left, on to the on-failure destination."""
        attempts = self._mapping.settings.maximum_retry_attempts
        if 0 <= attempts <= batch.retries:
            self._give_up(batch, batch.end, "RetryAttemptsExhausted")
            return
        batch.retries += 1
        self._mapping.counts["retries"] += 1
        self._again_after(backoff(self._world.random, batch.retries))

    def _give_up(self, batch: Batch, end: int, condition: Condition) -> None:
        """Hand the records up to `end` to the on-failure destination, or drop them; the lane waits for that."""
        mapping = self._mapping
        records = self.records[batch.start : end]
        self._world.note(self._shard_id, condition, len(records), "records from", records[0].sequence)
        self._busy = True

        def done() -> None:
            self._busy = False
            if mapping.faults.crash and self._world.random.random() < mapping.faults.crash:
                self._crash()
                return
            batch.start = end
            if batch.start == batch.end:
                self._finish(batch)
            else:
                self._advance()
            self._again_after(SPLIT_SECONDS)

        if mapping.on_failure is None:
            mapping.dropped += records
            mapping.counts["dropped"] += len(records)
            done()
            return
        mapping.counts["given_up"] += len(records)
        document = kinesis_record(mapping, records, condition, batch.invocations, batch.last)
        mapping.on_failure.write(
            (mapping.uuid, self._shard_id), document, done, same_key=mapping.behaviours.rewrites_same_key
        )

    # Going on.

    def _finish(self, batch: Batch) -> None:
        """The batch is done, one way or another."""
        batch.start = batch.end
        self._stack.pop()
        self._advance()
        self._said_done = False

    def _say_done(self) -> None:
        """Tell the mapping once that nothing is left: if the shard is closed, its children's turn may have come."""
        if not self._said_done:
            self._said_done = True
            self._mapping.lane_done()

    def _advance(self) -> None:
        """Move the position to the oldest record that is not done, and the checkpoint after it, unless it lags."""
        self._position = min((batch.start for batch in self._stack), default=self._end)
        lag = self._mapping.faults.checkpoint_lag
        if lag and self._world.random.random() < lag:
            self._mapping.counts["lagging_checkpoints"] += 1
        else:
            self.checkpoint = self._position

    def _again_after(self, seconds: float) -> None:
        self._busy = True
        self._world.after(seconds, self._resume)

    def _resume(self) -> None:
        self._busy = False
        self.pump()

    def _crash(self) -> None:
        """The poller is gone, with the result and the count of retries; another one begins at the checkpoint."""
        self._mapping.counts["crashes"] += 1
        self._world.note(self._shard_id, "poller crashed")
        self._stack.clear()
        self._position = self._end = self.checkpoint
        self._again_after(self._world.random.random() * TAKEOVER_SECONDS)

    def _duplicate(self, records: list[Record]) -> None:
        """Deliver once more, some time, and ignore what comes of it."""
        mapping = self._mapping
        mapping.counts["duplicates"] += 1
        mapping.duplicates_due += 1

        def ended(outcome: Outcome) -> None:
            mapping.duplicates_due -= 1
            if not outcome.was_not_invoked:
                for record in records:
                    record.deliveries += 1

        event = {"Records": [record.envelope for record in records]}
        delay = self._world.random.random() * mapping.faults.duplicate_within
        again = partial(mapping.function.invoke, event, ended, as_json=partial(records_json, records))
        self._world.after(delay, again)
