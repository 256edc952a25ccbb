"""A record: an event's bytes in its envelope, whatever source it came from."""

from records.faults import Fault
from records.identity import prediction_id
from records.timestamps import timestamp

MAX_KEY = 256  # characters of a Kinesis partition key


class Record:
    """One record of a batch.

    `position` is the Kinesis sequence number or the message id, `arrived_at` seconds since the epoch. `delivery_id`
    is what the source wants to hear of a record that failed. `fault` is set where the envelope itself is damaged.
    """

    __slots__ = (
        "arn", "arrived_at", "data", "delivery_id", "fault", "partition_key", "position", "prediction_id", "shard",
        "source", "subsequence",
    )  # fmt: skip

    def __init__(
        self,
        source: str,
        arn: str,
        shard: str,
        position: str,
        subsequence: int | None,
        partition_key: str,
        arrived_at: float,
        data: bytes,
        delivery_id: str,
        fault: Fault | None = None,
    ) -> None:
        self.source, self.arn, self.shard, self.position, self.subsequence = source, arn, shard, position, subsequence
        self.partition_key, self.arrived_at, self.data = partition_key, arrived_at, data
        self.delivery_id, self.fault = delivery_id, fault
        parts = [arn, shard, position] if shard else [arn, position]
        if subsequence is not None:
            parts.append(str(subsequence))
        self.prediction_id = prediction_id(*parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and all(getattr(self, m) == getattr(other, m) for m in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def describe(self) -> dict[str, str | int]:
        """The `source` member of predictions and quarantine entries."""
        described: dict[str, str | int] = {"type": self.source, "arn": self.arn}
        if self.shard:
            described["shard"] = self.shard
        described["position"] = self.position
        if self.subsequence is not None:
            described["subsequence"] = self.subsequence
        described["arrived_at"] = timestamp(self.arrived_at)
        return described


def is_partition_key(key: object) -> bool:
    """Whether Kinesis can take `key`; one that it cannot take would fail the predictions of a whole batch."""
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in key)
