"""A record: an event's bytes in its envelope, whatever source it came from."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from scorer.errors import Fault
from scorer.identity import prediction_id

MAX_KEY = 256  # characters of a Kinesis partition key


@dataclass(slots=True)
class Record:
    """One record of a batch.

    `position` is the Kinesis sequence number or the message id, `arrived_at` seconds since the epoch. `delivery_id`
    is what the source wants to hear of a record that failed. `fault` is set where the envelope itself is damaged.
    """

    source: str
    arn: str
    shard: str
    position: str
    subsequence: int | None
    partition_key: str
    arrived_at: float
    data: bytes
    delivery_id: str
    fault: Fault | None = None
    prediction_id: str = field(init=False)

    def __post_init__(self) -> None:
        parts = [self.arn, self.shard, self.position] if self.shard else [self.arn, self.position]
        if self.subsequence is not None:
            parts.append(str(self.subsequence))
        self.prediction_id = prediction_id(*parts)

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


@lru_cache(maxsize=4096)  # the records of one PutRecords call arrive at the same millisecond
def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
