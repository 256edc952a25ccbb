"""A record: an event's bytes, its envelope, and its position in the source."""

from __future__ import annotations

from records.identity import prediction_id
from records.timestamps import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from records.faults import Fault

MAX_KEY = 256  # characters of a Kinesis partition key


class Record:
    """One record of a batch.

    model : the name of the model that scores it, a part of the prediction's identity.
    source : the source's type, as in predictions. arn, shard, position : where the record is; only Kinesis has shards.
    subsequence, index : see `prediction_id`.
    arrived_at : seconds since the epoch. delivery_id : identifies the record in the response to its source.
    fault : set if the envelope itself is invalid.
    """

    __slots__ = (
        "arn", "arrived_at", "data", "delivery_id", "fault", "index", "model", "partition_key", "position",
        "prediction_id", "shard", "source", "subsequence",
    )  # fmt: skip

    def __init__(
        self,
        model: str,
        source: str,
        arn: str,
        position: str,
        partition_key: str,
        arrived_at: float,
        data: bytes,
        delivery_id: str,
        *,
        shard: str = "",
        subsequence: int | None = None,
        index: int | None = None,
        fault: Fault | None = None,
    ) -> None:
        self.model, self.source, self.arn, self.shard, self.position = model, source, arn, shard, position
        self.subsequence, self.index = subsequence, index
        self.partition_key, self.arrived_at, self.data = partition_key, arrived_at, data
        self.delivery_id, self.fault = delivery_id, fault
        place = (arn, shard, position) if shard else (arn, position)
        self.prediction_id = prediction_id(model, place, subsequence, index)

    def event(self, index: int, data: bytes) -> Record:
        """One of several events that this record holds: its index, and its bytes alone."""
        return Record(
            model=self.model,
            source=self.source,
            arn=self.arn,
            shard=self.shard,
            position=self.position,
            subsequence=self.subsequence,
            index=index,
            partition_key=self.partition_key,
            arrived_at=self.arrived_at,
            data=data,
            delivery_id=self.delivery_id,
        )

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
        if self.index is not None:
            described["index"] = self.index
        described["arrived_at"] = timestamp(self.arrived_at)
        return described


def is_partition_key(key: object) -> bool:
    """Whether Kinesis accepts `key`; one that it rejects would fail the predictions of a whole batch."""
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in key)
