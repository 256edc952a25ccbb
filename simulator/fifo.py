"""A FIFO queue: order by message group, one batch of a group in flight, copies dropped by their deduplication id.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from .sqs import Message, Queue
from .world import World

DEDUPLICATION_SECONDS = 300.0


class FifoMessage(Message):
    """`sequence` is its place in the queue, `group` its message group."""

    __slots__ = ("deduplication_id", "group", "sequence")

    def __init__(self, body: str, group: str, deduplication_id: str, sequence: int, world: World) -> None:
        super().__init__(world.uuid(), body, world.now, None)
        self.group, self.deduplication_id, self.sequence = group, deduplication_id, sequence


class FifoQueue(Queue):
    """A FIFO queue. While messages of a group are received and not deleted, no others of that group can be received.

    `gone` are the messages that were deleted, in that order.
    """

    def __init__(
        self,
        world: World,
        arn: str = "arn:aws:sqs:eu-central-1:123456789012:events.fifo",
        visibility_seconds: float = 30.0,
        max_receive_count: int = 5,
        dead_letter: Queue | None = None,
    ) -> None:
        super().__init__(world, arn, visibility_seconds, max_receive_count, dead_letter)
        self.gone: list[FifoMessage] = []
        self._sent: dict[str, tuple[float, FifoMessage]] = {}
        self._sequence = 0

    def send(  # type: ignore[override]
        self, body: str, group: str, deduplication_id: str = "", on_delivery: Callable[[], Any] | None = None
    ) -> FifoMessage:
        """Send one message, unless one with this deduplication id was sent within five minutes: then that one."""
        copied = self._sent.get(deduplication_id)
        if deduplication_id and copied and self.world.now - copied[0] < DEDUPLICATION_SECONDS:
            return copied[1]
        self._sequence += 1
        message = FifoMessage(body, group, deduplication_id or f"d-{self._sequence}", self._sequence, self.world)
        message.on_delivery = on_delivery
        self._sent[message.deduplication_id] = self.world.now, message
        self.counts["sent"] += 1
        self._take(message)
        return message

    def receive(
        self, maximum: int, visibility_seconds: float | None = None, maximum_bytes: float = float("inf")
    ) -> list[Message]:
        """Receive up to `maximum` messages, each group in order; none of a group of which some are in flight."""
        seconds = self.visibility_seconds if visibility_seconds is None else visibility_seconds
        received: list[Message] = []
        for message in self._free():
            if len(received) == maximum:
                break
            if self.dead_letter is not None and message.receives >= self.max_receive_count:
                self._visible.remove(message)
                self._bury(message, self.dead_letter)
                continue
            maximum_bytes -= message.size
            if received and maximum_bytes < 0:
                break
            self._visible.remove(message)
            received.append(message)
        for taken in received:
            self._receive(taken)
        self._hide(received, seconds)
        self.counts["received"] += len(received)
        return received

    def delete(self, receipt: str) -> bool:
        """Delete by receipt handle, as in a standard queue."""
        message = self._received.get(receipt)
        fresh = message is not None and not message.deleted
        found = super().delete(receipt)
        if fresh and isinstance(message, FifoMessage):
            self.gone.append(message)
            if self.visible:
                for callback in self.on_visible:
                    callback()
        return found

    @property
    def visible(self) -> int:
        """How many messages can be received."""
        return len(self._free())

    def attributes(self, message: Message) -> dict[str, str]:
        """With group, deduplication id and sequence number."""
        if not isinstance(message, FifoMessage):
            raise TypeError(f"expected a FifoMessage, got {type(message).__name__}")
        return super().attributes(message) | {
            "MessageGroupId": message.group,
            "MessageDeduplicationId": message.deduplication_id,
            "SequenceNumber": f"{message.sequence:020}",
        }

    def _free(self) -> list[FifoMessage]:
        """The visible messages of groups of which none is in flight, in order."""
        found = [message for message in self._messages.values() if isinstance(message, FifoMessage)]
        busy = {message.group for message in found if message.hidden_until is not None}
        return sorted((m for m in found if m.group not in busy), key=lambda message: message.sequence)

    def _show(self, messages: list[Message]) -> None:
        super()._show(messages)
        self._visible = deque(sorted(self._visible, key=lambda m: m.sequence if isinstance(m, FifoMessage) else 0))
