"""Cutting a text into ranges of whole lines. A line ends with a newline, or with the text."""

from __future__ import annotations

from batches.errors import BatchRefused
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The longest line: an event that is longer is no event.
MAX_LINE = 16 * 1024 * 1024


class LineRange(Value):
    """The bytes from `start` up to `end` of a text, and how many rows they are. last : the text ends with them."""

    start: int
    end: int
    rows: int
    data: bytes
    last: bool


def ranges(blocks: Iterable[bytes], most: int, start: int = 0, max_line: int = MAX_LINE) -> Iterator[LineRange]:
    """Ranges of up to `most` bytes, or of one line that is longer.

    blocks : the text from `start` on. Raises BatchRefused for a line above `max_line` bytes.
    """
    held, at = b"", start  # the bytes from `at` on that were read
    for block, last in _with_last(blocks):
        held += block
        whole = len(held) if last else held.rfind(b"\n") + 1
        if not whole and len(held) > max_line:
            raise BatchRefused(f"byte {at}: expected lines of up to {max_line:,} bytes; are the rows lines?")
        done = 0
        while done < whole:
            end = _end(held, done, whole, most)
            part = held[done:end]
            rows = part.count(b"\n") + (not part.endswith(b"\n"))
            yield LineRange(at + done, at + end, rows, part, last and end == whole)
            done = end
        held, at = held[whole:], at + whole


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block that is not empty, and whether it is the last one."""
    held = b""
    for block in blocks:
        if block:
            if held:
                yield held, False
            held = block
    if held:
        yield held, True


def _end(held: bytes, start: int, whole: int, most: int) -> int:
    """The end of the last line that ends within `most` bytes; of the first line if that is longer."""
    if start + most >= whole:
        return whole
    within = held.rfind(b"\n", start, start + most) + 1
    if within > start:
        return within
    beyond = held.find(b"\n", start, whole) + 1
    return beyond or whole
