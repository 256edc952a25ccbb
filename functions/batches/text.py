"""The text of one object, block by block: as it is, or inflated."""

from __future__ import annotations

import zlib

from batches.errors import BatchRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# How much is read, and inflated, at a time; and what a header is looked for in first.
BLOCK, HEAD = 8 * 1024 * 1024, 64 * 1024
GZIP = ".gz"
_GZIP_BITS = 16 + zlib.MAX_WBITS
# Bytes that a decompressor gets at a time: what it leaves is copied for each member.
_PART = 16 * 1024
# Members that give nothing cost time, and no row pays for it. Tools write one, at the end.
MOST_EMPTY = 10_000


class ObjectText:
    """read : the bytes of the object from one place up to another. where : its address, for messages."""

    def __init__(
        self, read: Callable[[int, int], bytes], size: int, *, packed: bool, where: str, block: int = BLOCK
    ) -> None:
        self._read, self._size, self._packed, self._where, self._block = read, size, packed, where, block

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """The text from `start` on. A packed one is inflated from its beginning. Raises BatchRefused."""
        if not self._packed:
            yield from self._parts(start)
            return
        for block in _joined(self._inflated()):
            yield block[start:]
            start = max(0, start - len(block))

    def first_line(self) -> bytes:
        """With its newline, if it has one. Raises BatchRefused."""
        found = b""
        for block in self.blocks() if self._packed else self._growing():
            found += block
            if b"\n" in found or len(found) > self._block:
                break
        line, newline, _ = found.partition(b"\n")
        return line + newline

    def _parts(self, start: int) -> Iterator[bytes]:
        for at in range(start, self._size, self._block):
            yield self._read(at, min(at + self._block, self._size))

    def _growing(self) -> Iterator[bytes]:
        """Little first: most headers are short."""
        yield self._read(0, min(HEAD, self._size))
        yield from self._parts(HEAD)

    def _inflated(self) -> Iterator[bytes]:
        """Of one member or several, never more than a block at a time."""
        inflater = zlib.decompressobj(_GZIP_BITS)
        fresh = True  # nothing of a member was read
        size = empty = 0  # bytes that a member gave, and members that gave none
        for data in self._small_parts():
            while data:
                try:
                    block = inflater.decompress(data, self._block)
                except zlib.error:
                    raise self._damaged("data that cannot be inflated") from None
                fresh = False
                size += len(block)
                yield block
                data = inflater.unconsumed_tail
                if inflater.eof:
                    empty += not size
                    if empty > MOST_EMPTY:
                        raise self._damaged(f"more than {MOST_EMPTY:,} members without content")
                    data, inflater, fresh, size = inflater.unused_data, zlib.decompressobj(_GZIP_BITS), True, 0
        if not fresh:
            yield from self._rest(inflater)

    def _small_parts(self) -> Iterator[bytes]:
        for part in self._parts(0):
            for at in range(0, len(part), _PART):
                yield part[at : at + _PART]

    def _rest(self, inflater: zlib._Decompress) -> Iterator[bytes]:
        """What zlib still holds once it was given everything."""
        while not inflater.eof:
            block = inflater.decompress(inflater.unconsumed_tail, self._block)
            if not block and not inflater.eof:
                raise self._damaged("data that ends early")
            yield block

    def _damaged(self, found: str) -> BatchRefused:
        return BatchRefused(f"{self._where}: expected gzip, got {found}; write the object again")


def _joined(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same in blocks that are not small: who puts a line together copies it for each block."""
    held, size = list[bytes](), 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= HEAD:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
