"""The SQS event source mapping.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections import Counter
from dataclasses import dataclass

from .behaviours import QueueBehaviours
from .function import Function, Outcome
from .responses import COMPLETE_FAILURE, reported
from .sqs import Message, Queue
from .world import World

POLL_SECONDS = 0.2
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# What an envelope takes besides its body, at most.
ENVELOPE_BYTES = 700


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""

    batch_size: int = 10
    window_seconds: float = 0.0
    maximum_concurrency: int = 5
    report_batch_item_failures: bool = False


@dataclass(frozen=True, slots=True)
class QueueFaults:
    """`delete_fails`: share of the batches whose processed messages are not deleted, and so come again.
    `short_batch`: share of the batches with fewer messages than there are."""

    delete_fails: float = 0.0
    short_batch: float = 0.0


class QueueMapping:
    """Reads a queue for a function.

    A message that is not processed is left alone: it comes back when its visibility time-out ends. `counts`:
    invocations, throttled, function_errors, partial_failures, complete_failures, delete_errors.
    """

    def __init__(
        self,
        world: World,
        queue: Queue,
        function: Function,
        settings: QueueSettings = QueueSettings(),
        behaviours: QueueBehaviours | None = None,
        faults: QueueFaults = QueueFaults(),
    ) -> None:
        self.world, self.queue, self.function, self.settings = world, queue, function, settings
        self.behaviours, self.faults = behaviours or QueueBehaviours(), faults
        self.counts: Counter[str] = Counter()
        self.enabled = True
        self._in_flight = 0
        self._poll_due = False
        queue.on_visible.append(self._wake)
        self._wake()

    def switch_off(self) -> None:
        """Disable: what is in flight ends, nothing new is received."""
        self.enabled = False

    def switch_on(self) -> None:
        """Enable again."""
        self.enabled = True
        self._wake()

    @property
    def quiet(self) -> bool:
        """Nothing in flight and the queue empty (the dead-letter queue does not count)."""
        return not self._in_flight and self.queue.quiet

    def _wake(self) -> None:
        if not self._poll_due:
            self._poll_due = True
            delay = self.settings.window_seconds or self.world.random.random() * POLL_SECONDS
            self.world.after(delay, self._poll)

    def _poll(self) -> None:
        self._poll_due = False
        while self.enabled and self.queue.visible and self._in_flight < self.settings.maximum_concurrency:
            messages = self.queue.receive(self._batch_size(), maximum_bytes=self._room())
            if messages:
                self._deliver(messages)

    def _batch_size(self) -> int:
        random, size = self.world.random, self.settings.batch_size
        if self.faults.short_batch and random.random() < self.faults.short_batch:
            return random.randint(1, size)
        return size

    def _room(self) -> int:
        """Bytes for bodies in one invocation."""
        return MAX_PAYLOAD_BYTES - ENVELOPE_BYTES * self.settings.batch_size

    def _deliver(self, messages: list[Message]) -> None:
        receipts = [message.receipt for message in messages]
        event = {"Records": [self.queue.envelope(message) for message in messages]}
        self._in_flight += 1
        self.function.invoke(event, lambda outcome: self._ended(messages, receipts, outcome))

    def _ended(self, messages: list[Message], receipts: list[str], outcome: Outcome) -> None:
        self._in_flight -= 1
        if outcome.was_not_invoked:
            self.counts["throttled"] += 1
        else:
            self.counts["invocations"] += 1
            for message in messages:
                message.delivered()
            self._delete(messages, receipts, self._failed(messages, outcome))
        if self.queue.visible:
            self._wake()

    def _failed(self, messages: list[Message], outcome: Outcome) -> list[str] | None:
        """The messages that the function did not process, or COMPLETE_FAILURE."""
        if outcome.is_function_error:
            self.counts["function_errors"] += 1
            return COMPLETE_FAILURE
        if not self.settings.report_batch_item_failures:
            return []
        failed = reported(outcome.response, {message.message_id: None for message in messages}, self.behaviours)
        if failed is COMPLETE_FAILURE:
            self.counts["complete_failures"] += 1
        elif failed:
            self.counts["partial_failures"] += 1
        return failed

    def _delete(self, messages: list[Message], receipts: list[str], failed: list[str] | None) -> None:
        """Delete what was processed; what is left comes back by itself."""
        if failed is COMPLETE_FAILURE:
            return
        if self.faults.delete_fails and self.world.random.random() < self.faults.delete_fails:
            self.counts["delete_errors"] += 1
            return
        for message, receipt in zip(messages, receipts, strict=True):
            if message.message_id not in failed:
                self.queue.delete(receipt)
