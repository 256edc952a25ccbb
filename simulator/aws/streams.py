"""Clients for a handler that publishes: Kinesis' PutRecords and SNS' PublishBatch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..world import World
from .client import Client
from .errors import client_error

# Called for each entry that is committed, in order, with (time, partition key or "", body).
type OnCommitted = Callable[[float, str, bytes], Any]

KIB, MIB = 1024, 1024 * 1024


class KinesisClient(Client):
    """PutRecords into `on_committed`. Keyword arguments as `Client`.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
    """

    service = "kinesis"
    max_records = 500
    max_bytes = 10 * MIB
    max_record_bytes = MIB

    def __init__(self, world: World, on_committed: OnCommitted, **client: Any) -> None:
        super().__init__(world, **client)
        self.on_committed = on_committed
        self._sequence = 10**55

    def put_records(self, *, Records: Sequence[Mapping[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        """Commit what does not fail; `FailedRecordCount` and an `ErrorCode` for each entry that does."""
        return self._call("PutRecords", lambda: self._put(Records))

    def _put(self, entries: Sequence[Mapping[str, Any]], failed: Sequence[int] | None = None) -> dict[str, Any]:
        """`failed`: the entries that fail, in order; drawn where it is None."""
        if not 1 <= len(entries) <= self.max_records:
            raise _invalid("PutRecords", f"'records' must have 1 to {self.max_records} members, got {len(entries)}")
        total, most = 0, self.max_record_bytes
        for entry in entries:
            key, data = entry["PartitionKey"], entry["Data"]
            size = len(data) + (len(key) if key.isascii() else len(key.encode()))
            total += size
            if size > most or not 1 <= len(key) <= 256:
                raise _invalid("PutRecords", f"'records' has a record of {size} bytes, key of {len(key)} characters")
        if total > self.max_bytes:
            raise client_error("PutRecords", "InvalidArgumentException", 400, f"{total} bytes exceed the limit")
        if failed is None:
            failed = self.faults.failed_entries(self.world.random, len(entries))
        results: list[dict[str, str]] = []
        commit, sequence = self._commit, self._sequence
        for i, entry in enumerate(entries):
            if failed and i in failed:
                results.append(self._failed_entry())
                continue
            data = entry["Data"]
            commit(entry, data.encode() if isinstance(data, str) else data)
            sequence += 1
            results.append({"SequenceNumber": str(sequence), "ShardId": "shardId-000000000000"})
        self._sequence = sequence
        self.counts["entries_failed"] += len(failed)
        return {"FailedRecordCount": len(failed), "Records": results}

    def _commit(self, entry: Mapping[str, Any], data: bytes) -> None:
        self.on_committed(self.world.now, entry["PartitionKey"], data)

    def _failed_entry(self) -> dict[str, str]:
        if self.world.random.random() < 0.8:
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for shard"}
        return {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal service failure."}


class MessageClient(Client):
    """What SNS' and SQS' batches have in common: 10 entries, 256 KiB together, distinct ids, `Failed` on HTTP 200."""

    max_entries = 10
    max_bytes = 256 * KIB
    error_prefix = ""

    def _send_batch(
        self,
        operation: str,
        entries: Sequence[Mapping[str, Any]],
        body: str,
        commit: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> dict[str, Any]:
        """Commit the entries that do not fail; `body` names the member with the text."""
        if not entries:
            raise self._refused(operation, "EmptyBatchRequest")
        if len(entries) > self.max_entries:
            raise self._refused(operation, "TooManyEntriesInBatchRequest")
        if len({entry["Id"] for entry in entries}) < len(entries):
            raise self._refused(operation, "BatchEntryIdsNotDistinct")
        if sum(len(entry[body].encode()) for entry in entries) > self.max_bytes:
            raise self._refused(operation, "BatchRequestTooLong")
        failed = self.faults.failed_entries(self.world.random, len(entries))
        answer: dict[str, Any] = {"Successful": [], "ResponseMetadata": {"HTTPStatusCode": 200}}
        for i, entry in enumerate(entries):
            if i not in failed:
                answer["Successful"].append({"Id": entry["Id"], **commit(entry)})
        if failed:
            self.counts["entries_failed"] += len(failed)
            answer["Failed"] = [
                {"Id": entries[i]["Id"], "Code": "InternalError", "Message": "simulated", "SenderFault": False}
                for i in failed
            ]
        return answer

    def _refused(self, operation: str, code: str) -> Exception:
        return client_error(operation, self.error_prefix + code, 400, "the batch is not as the service takes it")


class SnsClient(MessageClient):
    """PublishBatch into `on_committed`; the partition key is the message attribute `partition_key`, if there is one.

    https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
    """

    service = "sns"

    def __init__(self, world: World, on_committed: OnCommitted, **client: Any) -> None:
        super().__init__(world, **client)
        self.on_committed = on_committed

    def publish_batch(
        self,
        *,
        PublishBatchRequestEntries: Sequence[Mapping[str, Any]],  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        def commit(entry: Mapping[str, Any]) -> dict[str, Any]:
            key = entry.get("MessageAttributes", {}).get("partition_key", {}).get("StringValue", "")
            self.on_committed(self.world.now, key, entry["Message"].encode())
            return {"MessageId": self.world.uuid()}

        return self._call(
            "PublishBatch",
            lambda: self._send_batch("PublishBatch", PublishBatchRequestEntries, "Message", commit),
        )


def _invalid(operation: str, what: str) -> Exception:
    return client_error(operation, "ValidationException", 400, f"1 validation error detected: {what}")
