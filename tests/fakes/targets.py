"""Fakes of the clients and of a target, for tests: they keep what they get and fail as told."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from stream_producers.event import Event
from stream_producers.targets.target import BatchDelivery, Limits

ARN = "arn:aws:kinesis:eu-central-1:000000000000:stream/fake"
TOPIC_ARN = "arn:aws:sns:eu-central-1:000000000000:fake"


def client_error(code: str, status: int = 400) -> ClientError:
    """The error that botocore raises for an answer with this code and HTTP status."""
    return ClientError(
        {"Error": {"Code": code, "Message": "as told"}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "Fake",
    )


def no_connection() -> EndpointConnectionError:
    return EndpointConnectionError(endpoint_url="http://127.0.0.1:4566")


def time_out() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="http://127.0.0.1:4566")


class FakeKinesis:
    """PutRecords that raises `errors` one after the other, then refuses entries as `refuse(call, index)` says."""

    def __init__(
        self, errors: Sequence[Exception] = (), refuse: Callable[[int, int], bool] = lambda call, index: False
    ) -> None:
        self.calls: list[list[bytes]] = []
        self.stored: list[bytes] = []
        self._errors, self._refuse, self._sequence = list(errors), refuse, count(1)

    def describe_stream_summary(self, *, StreamName: str) -> dict[str, Any]:  # noqa: N803
        return {"StreamDescriptionSummary": {"StreamARN": ARN}}

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append([record["Data"] for record in Records])
        if self._errors:
            raise self._errors.pop(0)
        entries = [self._put(i, record["Data"]) for i, record in enumerate(Records)]
        return {"Records": entries, "FailedRecordCount": sum("ErrorCode" in entry for entry in entries)}

    def _put(self, index: int, data: bytes) -> dict[str, Any]:
        if self._refuse(len(self.calls), index):
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "as told"}
        self.stored.append(data)
        return {"ShardId": "shardId-000000000000", "SequenceNumber": str(next(self._sequence))}


class FakeSns:
    """PublishBatch that answers each entry as `answer(call, index)` says: taken, failed, at fault or silent."""

    def __init__(self, answer: Callable[[int, int], str] = lambda call, index: "taken") -> None:
        self.calls: list[list[str]] = []
        self.stored: list[str] = []
        self._answer = answer

    def get_topic_attributes(self, *, TopicArn: str) -> dict[str, Any]:  # noqa: N803
        return {"Attributes": {"TopicArn": TopicArn}}

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append([entry["Message"] for entry in PublishBatchRequestEntries])
        response: dict[str, list[dict[str, Any]]] = {"Successful": [], "Failed": []}
        for i, entry in enumerate(PublishBatchRequestEntries):
            match self._answer(len(self.calls), i):
                case "taken":
                    self.stored.append(entry["Message"])
                    response["Successful"].append({"Id": entry["Id"], "MessageId": f"message-{len(self.stored)}"})
                case "failed" | "at fault" as how:
                    failed = {"Id": entry["Id"], "Code": "Told", "SenderFault": how == "at fault"}
                    response["Failed"].append(failed)
        return response


class FakeTarget:
    """A target that takes everything, or what `deliver(batch)` says."""

    path = "event_stream"
    text_only = False

    def __init__(
        self,
        deliver: Callable[[Sequence[Event]], BatchDelivery] | None = None,
        limits: Limits = Limits(records=500, batch_bytes=10_000, event_bytes=1_000, calls=1),  # noqa: B008
    ) -> None:
        self.limits, self.batches, self.stopped = limits, list[list[Event]](), False
        self._deliver = deliver or (lambda batch: BatchDelivery([("fake", event.event_id) for event in batch]))

    def size(self, event: Event) -> int:
        return len(event.data)

    def refusal(self, event: Event) -> str | None:
        return "refused as told" if event.data == b"refuse me" else None

    def send(self, batch: Sequence[Event]) -> BatchDelivery:
        self.batches.append(list(batch))
        return self._deliver(batch)

    def stop(self) -> None:
        self.stopped = True
