"""Standard output, or a file: one event a line, in exactly the bytes that a stream would get."""

from collections.abc import Sequence
from typing import BinaryIO

from stream_producers.event import Event
from stream_producers.targets.target import BatchDelivery, Limits


class StdoutTarget:
    """Lines of events. An event with a newline in it is refused: it would read as two."""

    path = "stdout"
    text_only = False
    limits = Limits(records=500, batch_bytes=2**24, event_bytes=2**24, calls=1)  # one call at a time keeps the order

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def size(self, event: Event) -> int:
        return len(event.data) + 1

    def refusal(self, event: Event) -> str | None:
        return "a line cannot hold a newline" if b"\n" in event.data else None

    def send(self, batch: Sequence[Event]) -> BatchDelivery:
        try:
            self._file.write(b"".join(event.data + b"\n" for event in batch))
            self._file.flush()
        except OSError as error:
            reason = f"standard output cannot be written: {error.strerror}"
            return BatchDelivery([None] * len(batch), [reason] * len(batch), stopped_by=reason)
        return BatchDelivery([()] * len(batch))

    def stop(self) -> None:
        pass
