"""Predictions on their way out, and how they are dealt out to calls."""

import zlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol, overload

from records.chunking import cut
from records.faults import Code, Fault


class Message(NamedTuple):
    """One prediction on its way out: the event's own partition key, and the body (ASCII JSON)."""

    partition_key: str
    body: bytes


class Limit(NamedTuple):
    """What a sink counts: the bytes that one message may have, and whether its key is among them."""

    bytes: int
    with_keys: bool

    def size(self, message: Message) -> int:
        """The bytes of a message that count."""
        return len(message.body) + (len(message.partition_key.encode()) if self.with_keys else 0)

    def check(self, message: Message) -> None:
        """Raises Fault (PREDICTION_TOO_LARGE) where the sink can never take the message."""
        if self.size(message) > self.bytes:
            raise self.fault()

    @staticmethod
    def fault() -> Fault:
        return Fault(Code.PREDICTION_TOO_LARGE, "", "expected a prediction that the sink can take")


class Messages(Protocol):
    """A batch's messages in their order: a `MessageList`, or what the native engine keeps in one buffer."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Message | tuple[str, bytes]: ...

    def cut(
        self, pending: Sequence[int], most: int, most_bytes: int, with_keys: bool, lanes: int = 1
    ) -> list[list[Sequence[int]]]:
        """The indices `pending` in `lanes` lanes of calls, in order.

        All messages of one partition key are in one lane, so that they stay in their order where the calls of a lane
        are made one after the other.

        most : messages a call. most_bytes : bytes a call; the keys count where `with_keys`.
        """


class MessageList(list[Message]):
    """Messages as Python objects."""

    def cut(
        self, pending: Sequence[int], most: int, most_bytes: int, with_keys: bool, lanes: int = 1
    ) -> list[list[Sequence[int]]]:
        limit = Limit(most_bytes, with_keys)

        def calls(indices: Sequence[int]) -> list[Sequence[int]]:
            return list(cut(indices, lambda i: limit.size(self[i]), most=most, most_bytes=most_bytes))

        return [calls(lane) for lane in self._lanes(pending, lanes)]

    def _lanes(self, pending: Sequence[int], count: int) -> list[Sequence[int]]:
        if count == 1:
            return [pending]
        lanes: list[list[int]] = [[] for _ in range(count)]
        for index in pending:
            lanes[zlib.crc32(self[index].partition_key.encode()) % count].append(index)
        return [lane for lane in lanes if lane]


class Call(Sequence[Message]):
    """The messages of one call to a sink: a view, nothing is copied."""

    def __init__(self, messages: Messages, indices: Sequence[int]) -> None:
        self.messages, self.indices = messages, indices

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> "Call": ...
    def __getitem__(self, place: int | slice) -> "Message | Call":
        if isinstance(place, slice):
            return Call(self.messages, self.indices[place])
        return Message(*self.messages[self.indices[place]])
