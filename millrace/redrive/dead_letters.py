"""The dead-letter queue: messages that were received too often, and notifications that SNS could not hand over."""

import json
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

import sources
from millrace.redrive.errors import RedriveError
from millrace.redrive.waiting import DEAD_LETTERS, Holding, UnreadableEntry, Waiting, waiting_records
from records.record import Record
from sources.errors import UnknownEventSource

RECEIVED_TOO_OFTEN, UNDELIVERABLE = "ReceivedTooOften", "Undeliverable"

# A message that is held stays hidden so long; after a kill it can be seen again when this has passed.
HIDDEN_SECONDS = 900
# SQS: entries of one batch call.
ENTRIES = 10
DELETE_ATTEMPTS = 3


class DeadLetters:
    """Messages are received, held while they are worked on, and deleted or given back.

    hidden_seconds : for which a message that is held is hidden from others. wait_seconds : that a poll waits for
    messages; one that does not wait asks some of SQS's servers only.
    """

    name = DEAD_LETTERS

    def __init__(
        self, sqs: Any, queue_url: str, model: str, *, hidden_seconds: int = HIDDEN_SECONDS, wait_seconds: int = 1
    ) -> None:
        self._sqs, self._url, self._model = sqs, queue_url, model
        self._hidden_seconds, self._wait_seconds = hidden_seconds, wait_seconds
        self._seen: set[str] = set()
        self._handles: dict[str, str] = {}  # by message id: what is held
        self.unreadable: list[str] = []

    def holdings(self) -> Iterator[Holding]:
        while messages := self._receive():
            for message in messages:
                name = message["MessageId"]
                self._handles[name] = message["ReceiptHandle"]
                if name in self._seen:
                    continue
                self._seen.add(name)
                try:
                    yield Holding(name, name, parse(message, self._model))
                except UnreadableEntry:
                    self.unreadable.append(name)

    def keep(self, kept: Sequence[tuple[Holding, list[Waiting]]]) -> None:
        """A message holds one record: it is deleted, or held until the end."""
        done = [holding.place for holding, rest in kept if not rest]
        for _ in range(DELETE_ATTEMPTS):
            done = self._delete(done)
            if not done:
                return
        raise RedriveError(
            f"{len(done)} messages were redriven, and the dead-letter queue did not delete them: "
            "run the redrive again; their predictions will have the same ids"
        )

    def close(self) -> None:
        """Show again what is still held."""
        handles = list(self._handles.values())
        self._handles.clear()
        for some in batched(handles, ENTRIES, strict=False):
            entries = [{"Id": str(i), "ReceiptHandle": h, "VisibilityTimeout": 0} for i, h in enumerate(some)]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=ENTRIES,
            VisibilityTimeout=self._hidden_seconds,
            WaitTimeSeconds=self._wait_seconds,
            AttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _delete(self, names: Sequence[str]) -> list[str]:
        """The messages that are not deleted."""
        left = []
        for some in batched(names, ENTRIES, strict=False):
            entries = [{"Id": str(i), "ReceiptHandle": self._handles[name]} for i, name in enumerate(some)]
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            failed = {some[int(entry["Id"])] for entry in answer.get("Failed", [])}
            left += [name for name in some if name in failed]
            for name in some:
                if name not in failed:
                    del self._handles[name]
        return left


def parse(message: dict[str, Any], model: str) -> list[Waiting]:
    """The record in a received message. Raises UnreadableEntry."""
    given_up = "DeadLetterQueueSourceArn" in message["Attributes"]
    try:
        # What was in a queue is that queue's message, whatever its body is: so the scorer saw it.
        handed_on = [] if given_up else _handed_on(message["Body"], model)
        records = handed_on or sources.read({"Records": [as_delivered(message)]}, model).records
        return waiting_records(DEAD_LETTERS, RECEIVED_TOO_OFTEN if given_up else UNDELIVERABLE, records)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadableEntry(f"expected an event's message: {type(error).__name__}") from None


def _handed_on(body: str, model: str) -> list[Record]:
    """The records of an event that a service could not hand to Lambda; none where the body is something else."""
    try:
        return sources.read(json.loads(body), model).records
    except (ValueError, UnknownEventSource):
        return []


def as_delivered(message: dict[str, Any]) -> dict[str, Any]:
    """A received message in the shape in which Lambda was given it, from the queue in which it was first."""
    return {
        "eventSource": "aws:sqs",
        "eventSourceARN": message["Attributes"].get("DeadLetterQueueSourceArn", ""),
        "messageId": message["MessageId"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }
