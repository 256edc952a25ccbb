"""A standard queue: visibility, receive counts, redrive to a dead-letter queue.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

import hashlib
import json
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from .world import World

# The chance that a receive begins somewhere in the queue and not at its head: a standard queue keeps no order.
OUT_OF_ORDER = 0.2


class Message:
    """A message in a queue.

    `receives` is its receive count, `deliveries` the invocations that got it, `size` the body's length as JSON.
    """

    __slots__ = (
        "body", "deleted", "deliveries", "first_received_at", "hidden_until", "md5", "message_id", "on_delivery",
        "receipt", "receives", "sent_at", "size",
    )  # fmt: skip

    def __init__(self, message_id: str, body: str, sent_at: float, on_delivery: Callable[[], Any] | None) -> None:
        self.message_id, self.body, self.sent_at, self.on_delivery = message_id, body, sent_at, on_delivery
        self.md5 = hashlib.md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        self.size = len(json.dumps(body))
        self.receives = self.deliveries = 0
        self.first_received_at: float | None = None
        self.hidden_until: float | None = None  # None: visible
        self.receipt = ""
        self.deleted = False

    def delivered(self) -> None:
        """Count an invocation that got the message."""
        self.deliveries += 1
        if self.on_delivery is not None:
            self.on_delivery()


class Queue:
    """A standard queue.

    A message that was received `max_receive_count` times goes to `dead_letter` when its turn comes again, with its
    MessageId, body and time of sending. `counts`: sent, received, deleted, dead. `on_visible` callbacks hear of
    messages that can be received. Nothing expires: see the README.
    """

    def __init__(
        self,
        world: World,
        arn: str = "arn:aws:sqs:eu-central-1:123456789012:events",
        visibility_seconds: float = 30.0,
        max_receive_count: int = 5,
        dead_letter: "Queue | None" = None,
    ) -> None:
        self.world, self.arn, self.visibility_seconds = world, arn, visibility_seconds
        self.max_receive_count, self.dead_letter = max_receive_count, dead_letter
        self.region, account, self.name = arn.split(":")[3:6]
        self.url = f"https://sqs.{self.region}.amazonaws.com/{account}/{self.name}"
        self.counts: Counter[str] = Counter()
        self.on_visible: list[Callable[[], Any]] = []
        self._visible: deque[Message] = deque()
        self._messages: dict[str, Message] = {}
        self._received: dict[str, Message] = {}  # by receipt handle
        self._receipts = 0

    def send(self, body: str, message_id: str = "", on_delivery: Callable[[], Any] | None = None) -> Message:
        """Send one message. `on_delivery` is called for each invocation that got it, when that ends."""
        message = Message(message_id or self.world.uuid(), body, self.world.now, on_delivery)
        self.counts["sent"] += 1
        self._take(message)
        return message

    def receive(
        self, maximum: int, visibility_seconds: float | None = None, maximum_bytes: float = float("inf")
    ) -> list[Message]:
        """Receive up to `maximum` visible messages of at most `maximum_bytes`, but one at least.

        Each gets a new receipt; those that were received too often go to the dead-letter queue instead.
        """
        if len(self._visible) > 1 and self.world.random.random() < OUT_OF_ORDER:
            self._visible.rotate(-self.world.random.randrange(len(self._visible)))
        seconds = self.visibility_seconds if visibility_seconds is None else visibility_seconds
        received: list[Message] = []
        while self._visible and len(received) < maximum:
            message = self._visible[0]
            if self.dead_letter is not None and message.receives >= self.max_receive_count:
                self._visible.popleft()
                self._bury(message, self.dead_letter)
                continue
            maximum_bytes -= message.size
            if received and maximum_bytes < 0:
                break
            received.append(self._visible.popleft())
        for message in received:
            self._receive(message)
        self._hide(received, seconds)
        self.counts["received"] += len(received)
        return received

    def delete(self, receipt: str) -> bool:
        """Delete by receipt handle. False where a newer receipt took its place: then the message may come again."""
        message = self._received.get(receipt)
        if message is None:
            return False
        if not message.deleted:
            message.deleted = True
            self.counts["deleted"] += 1
            del self._messages[message.message_id]
            if message.hidden_until is None:
                self._visible.remove(message)
        return True

    def change_visibility(self, receipt: str, seconds: float) -> bool:
        """Hide a received message for so long from now on, or show it at once (0). False for a stale receipt."""
        message = self._received.get(receipt)
        if message is None or message.deleted or message.hidden_until is None:
            return False
        self._hide([message], seconds)
        return True

    @property
    def visible(self) -> int:
        """How many messages can be received (ApproximateNumberOfMessages)."""
        return len(self._visible)

    @property
    def messages(self) -> list[Message]:
        """All messages that are not deleted, visible or not."""
        return list(self._messages.values())

    @property
    def quiet(self) -> bool:
        """Whether the queue is empty."""
        return not self._messages

    def envelope(self, message: Message) -> dict[str, Any]:
        """The message as a function sees it. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
        return {
            "messageId": message.message_id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": self.attributes(message),
            "messageAttributes": {},
            "md5OfBody": message.md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self.arn,
            "awsRegion": self.region,
        }

    def attributes(self, message: Message) -> dict[str, str]:
        """The message's system attributes."""
        first = message.sent_at if message.first_received_at is None else message.first_received_at
        return {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at * 1000)),
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": str(int(first * 1000)),
        }

    def _take(self, message: Message) -> None:
        self._messages[message.message_id] = message
        self._show([message])

    def _receive(self, message: Message) -> None:
        self._received.pop(message.receipt, None)
        self._receipts += 1
        message.receipt = f"AQEB{self._receipts:012}{self.name}"
        self._received[message.receipt] = message
        message.receives += 1
        if message.first_received_at is None:
            message.first_received_at = self.world.now

    def _bury(self, message: Message, grave: "Queue") -> None:
        self.counts["dead"] += 1
        self.world.note(self.name, "to the dead-letter queue", message.message_id)
        self._received.pop(message.receipt, None)
        del self._messages[message.message_id]
        grave._take(message)

    def _hide(self, messages: list[Message], seconds: float) -> None:
        """Make messages visible again in `seconds`, unless they are deleted or hidden anew before."""
        if not messages:
            return
        until = self.world.now + seconds
        for message in messages:
            message.hidden_until = until
        due = [(message, message.receipt) for message in messages]

        def show() -> None:
            self._show([m for m, r in due if m.receipt == r and not m.deleted and m.hidden_until == until])

        if seconds <= 0:
            show()
        else:
            self.world.at(until, show)

    def _show(self, messages: list[Message]) -> None:
        if not messages:
            return
        for message in messages:
            message.hidden_until = None
        self._visible += messages
        for callback in self.on_visible:
            callback()
