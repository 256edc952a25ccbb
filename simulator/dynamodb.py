"""A table's stream: changes of items in shards, in order by item.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .kinesis import Record, Shard, Stream
from .world import World

# An attribute with its type, such as {"S": "text"}, and an item of them by name.
type Typed = Mapping[str, Any]
type Item = Mapping[str, Typed]

RETENTION_SECONDS = 24 * 3600.0


class Change(Record):
    """A change of an item, in a shard."""

    __slots__ = ("_key", "_shard_id")

    def __init__(self, envelope: dict[str, Any], sequence: int, key_hash: int, shard: Shard, key: str) -> None:
        super().__init__(envelope, sequence, key_hash, len(json.dumps(envelope)))
        self._key, self._shard_id = key, shard.id

    @property
    def json(self) -> str:
        """The envelope as `json.dumps` writes it, made once."""
        if not self._json:
            self._json = json.dumps(self.envelope)
        return self._json

    @property
    def arrived_at(self) -> float:
        """Epoch seconds, without fractions."""
        arrived_at: float = self.envelope["dynamodb"]["ApproximateCreationDateTime"]
        return arrived_at

    @property
    def partition_key(self) -> str:
        return self._key

    @property
    def shard_id(self) -> str:
        return self._shard_id


class TableStream(Stream):
    """The stream of a table, with new images, for a mapping to read as it reads a `Stream`.

    Changes of an item are in one shard, in order; a shard's children have what follows. It has no `put`: `change` an
    item.
    """

    batch_info = "DDBStreamBatchInfo"

    def __init__(
        self,
        world: World,
        arn: str = "arn:aws:dynamodb:eu-central-1:123456789012:table/events/stream/2026-01-02T00:00:00.000",
        shards: int = 2,
        key: str = "event_id",
    ) -> None:
        """key : the attribute that is the table's partition key."""
        super().__init__(world, arn, shards, RETENTION_SECONDS)
        self._key_name = key
        self._items: set[str] = set()

    def change(self, items: Iterable[Item]) -> list[Change]:
        """Put items at this instant, in this order."""
        return [self._changed(item, item) for item in self._told(items)]

    def remove(self, keys: Iterable[Item]) -> list[Change]:
        """Remove items by their keys: changes without a new image."""
        return [self._changed(key, None) for key in self._told(keys)]

    def _told(self, items: Iterable[Item]) -> Iterable[Item]:
        yield from items
        self._tell()

    def _changed(self, item: Item, image: Item | None) -> Change:
        ((_, value),) = item[self._key_name].items()
        key = str(value)
        key_hash, shard, _ = self._routes.get(key) or self._route(key)
        sequence = shard.numbers.next()
        name = "REMOVE" if image is None else "MODIFY" if key in self._items else "INSERT"
        (self._items.discard if image is None else self._items.add)(key)
        record = Change(self._change(name, item, image, str(sequence)), sequence, key_hash, shard, key)
        shard.records.append(record)
        self.largest = max(self.largest, record.size)
        return record

    def _change(self, name: str, item: Item, image: Item | None, sequence: str) -> dict[str, Any]:
        return {
            "eventID": self.world.uuid().replace("-", ""),
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self.region,
            "dynamodb": {
                "ApproximateCreationDateTime": float(int(self.world.now)),
                "Keys": {self._key_name: item[self._key_name]},
                **({} if image is None else {"NewImage": image}),
                "SequenceNumber": sequence,
                "SizeBytes": len(json.dumps(image)),
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN": self.arn,
        }
