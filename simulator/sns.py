"""A topic: notifications to functions (asynchronously) and to queues, at least once.

https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .asynchronous import AsyncInvoker
from .sqs import Queue
from .world import World, iso


@dataclass(frozen=True, slots=True)
class TopicFaults:
    """`duplicate`: share of the deliveries that come twice. `seconds`: how long a delivery takes, from, to."""

    duplicate: float = 0.0
    seconds: tuple[float, float] = (0.01, 0.5)


class Notification:
    """A published message. `deliveries` counts the invocations that got it."""

    __slots__ = ("attributes", "deliveries", "message", "message_id", "published_at", "subject")

    def __init__(
        self, message_id: str, message: str, attributes: Mapping[str, str], subject: str | None, published_at: float
    ) -> None:
        self.message_id, self.message, self.attributes = message_id, message, attributes
        self.subject, self.published_at = subject, published_at
        self.deliveries = 0

    def delivered(self) -> None:
        self.deliveries += 1


class Topic:
    """A standard topic. `notifications` has what was published, by MessageId; `pending` deliveries are under way."""

    def __init__(
        self,
        world: World,
        arn: str = "arn:aws:sns:eu-central-1:123456789012:events",
        faults: TopicFaults = TopicFaults(),
    ) -> None:
        self.world, self.arn, self.faults = world, arn, faults
        self.notifications: dict[str, Notification] = {}
        self.pending = 0
        self._subscribers: list[Callable[[Notification], Any]] = []
        self._host = f"https://sns.{arn.split(':')[3]}.amazonaws.com/"

    def subscribe_function(self, invoker: AsyncInvoker) -> None:
        """Each notification is one asynchronous invocation, in the `aws:sns` envelope."""
        subscription = f"{self.arn}:{self.world.uuid()}"
        self._subscribers.append(lambda n: invoker.send(self._lambda_event(n, subscription), n.delivered))

    def subscribe_queue(self, queue: Queue) -> None:
        """Each notification is one message, whose body is the notification as JSON (raw delivery is off)."""
        self._subscribers.append(lambda n: queue.send(json.dumps(self._body(n, "URL")), on_delivery=n.delivered))

    def publish(self, message: str, attributes: Mapping[str, str] | None = None, subject: str | None = None) -> str:
        """Publish; the MessageId. `attributes` are String attributes."""
        notification = Notification(self.world.uuid(), message, attributes or {}, subject, self.world.now)
        self.notifications[notification.message_id] = notification
        for subscriber in self._subscribers:
            self._send(subscriber, notification)
            if self.faults.duplicate and self.world.random.random() < self.faults.duplicate:
                self._send(subscriber, notification)
        return notification.message_id

    @property
    def quiet(self) -> bool:
        """Whether everything published has reached its subscribers' queues."""
        return not self.pending

    def _send(self, subscriber: Callable[[Notification], Any], notification: Notification) -> None:
        def deliver() -> None:
            self.pending -= 1
            subscriber(notification)

        self.pending += 1
        self.world.after(self.world.random.uniform(*self.faults.seconds), deliver)

    def _lambda_event(self, notification: Notification, subscription: str) -> dict[str, Any]:
        return {
            "Records": [
                {
                    "EventSource": "aws:sns",
                    "EventVersion": "1.0",
                    "EventSubscriptionArn": subscription,
                    "Sns": {"Subject": None, "MessageAttributes": {}, **self._body(notification, "Url")},
                }
            ]
        }

    def _body(self, notification: Notification, url: str) -> dict[str, Any]:
        """The notification. Functions see `SigningCertUrl`, queues `SigningCertURL`; queues see no empty members.

        https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
        """
        body: dict[str, Any] = {
            "Type": "Notification",
            "MessageId": notification.message_id,
            "TopicArn": self.arn,
            "Message": notification.message,
            "Timestamp": iso(notification.published_at),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            f"SigningCert{url}": f"{self._host}SimpleNotificationService-0.pem",
            f"Unsubscribe{url}": f"{self._host}?Action=Unsubscribe",
        }
        if notification.subject is not None:
            body["Subject"] = notification.subject
        if notification.attributes:
            body["MessageAttributes"] = {
                name: {"Type": "String", "Value": value} for name, value in notification.attributes.items()
            }
        return body
