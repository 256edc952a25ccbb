"""Messages for a sink, and how they are divided into calls."""

from __future__ import annotations

import json
from binascii import b2a_base64, crc32
from collections import namedtuple

from records.chunking import cut
from records.faults import Code, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Protocol

    class Messages(Protocol):
        """A batch's messages in order: a `MessageList`, or the native engine's buffer."""

        def __len__(self) -> int: ...

        def __getitem__(self, index: int, /) -> tuple[str, bytes]: ...

        def cut(
            self, pending: Sequence[int], most: int, most_bytes: int, with_keys: bool, lanes: int = 1
        ) -> list[list[Sequence[int]]]:
            """Divide the indices `pending` into `lanes` lanes of calls, in order.

            All messages of a partition key are in one lane: they stay in order if the calls of a lane are made one
            after the other.

            most : messages a call. most_bytes : bytes a call, including the keys if `with_keys`.
            """

        def put_records(self, stream_arn: str, indices: Sequence[int], cbor: bool = False) -> bytes:
            """The body of one PutRecords request: JSON, compact and in ASCII, or CBOR."""

        def put_aggregates(
            self,
            stream_arn: str,
            indices: Sequence[int],
            hash_keys: tuple[str, ...],
            most_bytes: int,
            overhead: int,
            cbor: bool = False,
        ) -> tuple[bytes, list[list[int]]]:
            """The same with aggregates, and the places among `indices` that each has: as sinks/aggregates.py."""


class Message(namedtuple("Message", ("partition_key", "body"))):
    """One prediction to publish: the event's partition key, and the body (ASCII JSON)."""

    __slots__ = ()
    partition_key: str
    body: bytes


class Limit(namedtuple("Limit", ("bytes", "with_keys"))):
    """A sink's size limit of one message in bytes, and whether the partition key counts."""

    __slots__ = ()
    bytes: int
    with_keys: bool

    def size(self, message: Message) -> int:
        """The bytes of a message that count."""
        return len(message.body) + (len(message.partition_key.encode()) if self.with_keys else 0)

    def check(self, message: Message) -> None:
        """Raises Fault (PREDICTION_TOO_LARGE) if the message is above the limit."""
        if self.size(message) > self.bytes:
            raise self.fault()

    @staticmethod
    def fault() -> Fault:
        return Fault(Code.PREDICTION_TOO_LARGE, "", "expected a prediction within the sink's size limit")


class MessageList(list[Message]):
    """Messages as Python objects."""

    def cut(
        self, pending: Sequence[int], most: int, most_bytes: int, with_keys: bool, lanes: int = 1
    ) -> list[list[Sequence[int]]]:
        limit = Limit(most_bytes, with_keys)

        def calls(indices: Sequence[int]) -> list[Sequence[int]]:
            return list(cut(indices, lambda i: limit.size(self[i]), most=most, most_bytes=most_bytes))

        return [calls(lane) for lane in self._lanes(pending, lanes)]

    def put_records(self, stream_arn: str, indices: Sequence[int], cbor: bool = False) -> bytes:
        records = [{"Data": self[i].body, "PartitionKey": self[i].partition_key} for i in indices]
        return put_body(stream_arn, records, cbor)

    def put_aggregates(
        self,
        stream_arn: str,
        indices: Sequence[int],
        hash_keys: tuple[str, ...],
        most_bytes: int,
        overhead: int,
        cbor: bool = False,
    ) -> tuple[bytes, list[list[int]]]:
        from sinks.aggregates import put_aggregates  # imported only if configured

        entries, members = put_aggregates([self[i] for i in indices], hash_keys, most_bytes, overhead)
        return put_body(stream_arn, entries, cbor), members

    def _lanes(self, pending: Sequence[int], count: int) -> list[Sequence[int]]:
        if count == 1:
            return [pending]
        lanes: list[list[int]] = [[] for _ in range(count)]
        for index in pending:
            lanes[crc32(self[index].partition_key.encode()) % count].append(index)
        return [lane for lane in lanes if lane]


def put_body(stream_arn: str, records: list[dict[str, Any]], cbor: bool) -> bytes:
    """The body of a PutRecords request. Each record has `Data`, bytes, first."""
    if cbor:
        from aws_client.cbor import dumps  # imported only if configured

        return dumps({"StreamARN": stream_arn, "Records": records})
    encoded = [record | {"Data": b2a_base64(record["Data"], newline=False).decode()} for record in records]
    return json.dumps({"StreamARN": stream_arn, "Records": encoded}, separators=(",", ":")).encode("ascii")


class Call:
    """The messages of one call to a sink: a view without copies."""

    def __init__(self, messages: Messages, indices: Sequence[int]) -> None:
        self.messages, self.indices = messages, indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, place: int) -> Message:
        return Message(*self.messages[self.indices[place]])

    def __iter__(self) -> Iterator[Message]:
        return (Message(*self.messages[index]) for index in self.indices)
