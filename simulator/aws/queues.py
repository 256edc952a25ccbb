"""The SQS client: for a handler that publishes, and for an operator at a queue."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..sqs import Message, Queue
from ..world import World
from .errors import client_error
from .streams import MessageClient, OnCommitted

# Keyword arguments are botocore's.
# ruff: noqa: N803


class SqsClient(MessageClient):
    """SendMessageBatch into `on_committed`, or into the queue of that URL; receiving from, and deleting in, `queues`.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
    """

    service = "sqs"
    error_prefix = "AWS.SimpleQueueService."

    def __init__(
        self, world: World, on_committed: OnCommitted | None = None, queues: Sequence[Queue] = (), **client: Any
    ) -> None:
        super().__init__(world, **client)
        self.on_committed, self.queues = on_committed, {queue.url: queue for queue in queues}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]], **_: Any) -> dict[str, Any]:
        def commit(entry: Mapping[str, Any]) -> dict[str, Any]:
            if self.on_committed is None:
                return {"MessageId": self._queue(QueueUrl).send(entry["MessageBody"]).message_id}
            self.on_committed(self.world.now, "", entry["MessageBody"].encode())
            return {"MessageId": self.world.uuid()}

        return self._call(
            "SendMessageBatch", lambda: self._send_batch("SendMessageBatch", Entries, "MessageBody", commit)
        )

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: float | None = None,
        WaitTimeSeconds: float = 0,
        **_: Any,
    ) -> dict[str, Any]:
        """Up to 10 messages; no member `Messages` where there are none, after `WaitTimeSeconds`."""

        def receive() -> dict[str, Any]:
            queue = self._queue(QueueUrl)
            if not 1 <= MaxNumberOfMessages <= 10:
                raise client_error("ReceiveMessage", "InvalidParameterValue", 400, "expected 1 to 10 messages")
            if not queue.visible and WaitTimeSeconds:
                self.world.pass_time(WaitTimeSeconds)
            messages = queue.receive(MaxNumberOfMessages, VisibilityTimeout)
            return {"Messages": [_received(queue, message) for message in messages]} if messages else {}

        return self._call("ReceiveMessage", receive)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        """A stale receipt is no error, and deletes nothing."""

        def delete() -> dict[str, Any]:
            self._queue(QueueUrl).delete(ReceiptHandle)
            return {}

        return self._call("DeleteMessage", delete)

    def delete_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        def commit(entry: Mapping[str, Any]) -> dict[str, Any]:
            self._queue(QueueUrl).delete(entry["ReceiptHandle"])
            return {}

        return self._call(
            "DeleteMessageBatch", lambda: self._send_batch("DeleteMessageBatch", Entries, "ReceiptHandle", commit)
        )

    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: float
    ) -> dict[str, Any]:
        def change() -> dict[str, Any]:
            if not self._queue(QueueUrl).change_visibility(ReceiptHandle, VisibilityTimeout):
                raise client_error("ChangeMessageVisibility", "MessageNotInflight", 400, "the receipt is stale")
            return {}

        return self._call("ChangeMessageVisibility", change)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        def commit(entry: Mapping[str, Any]) -> dict[str, Any]:
            self._queue(QueueUrl).change_visibility(entry["ReceiptHandle"], entry["VisibilityTimeout"])
            return {}

        operation = "ChangeMessageVisibilityBatch"
        return self._call(operation, lambda: self._send_batch(operation, Entries, "ReceiptHandle", commit))

    def get_queue_attributes(self, *, QueueUrl: str, **_: Any) -> dict[str, Any]:
        """The numbers of messages and the settings; `AttributeNames` is not looked at."""

        def attributes() -> dict[str, Any]:
            queue = self._queue(QueueUrl)
            total = len(queue.messages)
            return {
                "Attributes": {
                    "QueueArn": queue.arn,
                    "ApproximateNumberOfMessages": str(queue.visible),
                    "ApproximateNumberOfMessagesNotVisible": str(total - queue.visible),
                    "ApproximateNumberOfMessagesDelayed": "0",
                    "VisibilityTimeout": str(int(queue.visibility_seconds)),
                }
            }

        return self._call("GetQueueAttributes", attributes)

    def get_queue_url(self, *, QueueName: str, **_: Any) -> dict[str, Any]:
        def find() -> dict[str, Any]:
            for queue in self.queues.values():
                if queue.name == QueueName:
                    return {"QueueUrl": queue.url}
            raise self._refused("GetQueueUrl", "NonExistentQueue")

        return self._call("GetQueueUrl", find)

    def _queue(self, url: str) -> Queue:
        if url not in self.queues:
            raise self._refused("", "NonExistentQueue")
        return self.queues[url]


def _received(queue: Queue, message: Message) -> dict[str, Any]:
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": message.md5,
        "Attributes": queue.attributes(message),
    }
