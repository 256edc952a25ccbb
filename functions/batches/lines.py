"""Cutting an object into ranges of whole lines. A line ends with a newline, or with the object."""

from __future__ import annotations

from batches.errors import BatchRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How much is read at a time, and the longest line: an event that is longer is no event.
BLOCK, MAX_LINE = 8 * 1024 * 1024, 16 * 1024 * 1024


def ranges(
    read: Callable[[int, int], bytes],
    size: int,
    most: int,
    start: int = 0,
    block: int = BLOCK,
    max_line: int = MAX_LINE,
) -> Iterator[tuple[int, int, int]]:
    """Start, end and rows of each range, of up to `most` bytes, or of one line that is longer.

    read : the bytes from one place up to another. Raises BatchRefused for a line above `max_line` bytes.
    """
    held, at = b"", start  # the bytes from `at` on that were read
    while at + len(held) < size:
        held += read(at + len(held), min(at + len(held) + block, size))
        last = at + len(held) == size
        whole = len(held) if last else held.rfind(b"\n") + 1
        if not whole and len(held) > max_line:
            raise BatchRefused(f"byte {at}: expected lines of up to {max_line:,} bytes; are the rows lines?")
        done = 0
        while done < whole:
            end = _end(held, done, whole, most)
            yield at + done, at + end, held.count(b"\n", done, end) + (not held.endswith(b"\n", done, end))
            done = end
        held, at = held[whole:], at + whole


def _end(held: bytes, start: int, whole: int, most: int) -> int:
    """The end of the last line that ends within `most` bytes; of the first line if that is longer."""
    if start + most >= whole:
        return whole
    within = held.rfind(b"\n", start, start + most) + 1
    if within > start:
        return within
    beyond = held.find(b"\n", start, whole) + 1
    return beyond or whole
