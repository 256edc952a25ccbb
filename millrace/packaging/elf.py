"""Makes a shared object smaller: nothing that the loader maps is changed, and what it never looks at is cut out.

That is the table of local symbols, and the holes that auditwheel's patchelf leaves when it moves a section to the end
of the file. Other tools do this for their own machine's files; this one does it for every target, to the same bytes.

https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html; 64 bits, little-endian.
"""

import struct
from collections.abc import Iterator
from copy import replace
from dataclasses import dataclass

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_LOAD, _NOBITS, _ALLOCATED = 1, 8, 0x2


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header: `size` bytes of the file from `offset` on are at `address`, padded with zeros to `memory`."""

    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    size: int
    memory: int
    align: int

    def holds(self, address: int) -> bool:
        return self.address <= address < self.address + self.memory

    def packed(self) -> bytes:
        return _SEGMENT.pack(
            self.kind, self.flags, self.offset, self.address, self.physical, self.size, self.memory, self.align
        )


def shrunk(library: bytes) -> bytes:
    """A shared object that loads as the given one does. It has no section headers: debuggers want them, loaders not."""
    header = list(_HEADER.unpack_from(library))
    first, sections, count = header[5], header[6], header[10]
    segments = [Segment(*_SEGMENT.unpack_from(library, first + i * _SEGMENT.size)) for i in range(count)]
    ends = list(_ends(library, sections, header[12]))
    moved: dict[Segment, Segment] = {}
    file = bytearray()
    for segment in (each for each in segments if each.kind == _LOAD):
        # The loader maps pages: a segment keeps its place within them.
        file += bytes((segment.address - len(file)) % segment.align)
        moved[segment] = _trimmed(segment, ends, len(file), first + count * _SEGMENT.size)
        file += library[segment.offset : segment.offset + moved[segment].size]
    table = b"".join(_follow(segment, moved).packed() for segment in segments)
    file[first : first + len(table)] = table
    header[6] = header[12] = header[13] = 0
    file[: _HEADER.size] = _HEADER.pack(*header)
    return bytes(file)


def _ends(library: bytes, sections: int, count: int) -> Iterator[tuple[int, int]]:
    """Address and end of what is in memory."""
    for i in range(count):
        _, kind, flags, address, _, size, *_ = _SECTION.unpack_from(library, sections + i * _SECTION.size)
        if flags & _ALLOCATED and kind != _NOBITS:
            yield address, address + size


def _trimmed(segment: Segment, ends: list[tuple[int, int]], offset: int, headers: int) -> Segment:
    """The segment at its new offset, without what no section claims behind the last one."""
    if segment.memory != segment.size:
        return replace(segment, offset=offset)  # zeros follow
    used = max((end - segment.address for address, end in ends if segment.holds(address)), default=segment.size)
    size = min(segment.size, max(used, headers if segment.offset == 0 else 0))
    return replace(segment, offset=offset, size=size, memory=size)


def _follow(segment: Segment, moved: dict[Segment, Segment]) -> Segment:
    """A segment that only marks a part of others goes where they went."""
    if segment in moved:
        return moved[segment]
    for old, new in moved.items():
        if segment.size and old.holds(segment.address):
            return replace(segment, offset=segment.address - new.address + new.offset)
    return segment
