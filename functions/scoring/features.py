"""Builds the model's float32 matrix from typed rows, in one buffer."""

from __future__ import annotations

import struct

from records.faults import Code, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

FLOAT32 = 4


class Matrix:
    """A growing row-major float32 matrix with `columns` columns, in the machine's byte order."""

    def __init__(self, columns: int) -> None:
        self._pack = struct.Struct(f"={columns}f").pack
        self.data = bytearray()
        self.rows = 0

    def append(self, row: Sequence[float], names: Sequence[str]) -> None:
        """Add a row; `names` are the paths of its values. Raises Fault (NON_FINITE) if float32 cannot hold a value."""
        try:
            self.data += self._pack(*row)
        except OverflowError:
            raise Fault(Code.NON_FINITE, _overflowing(row, names), "expected a number that float32 can hold") from None
        self.rows += 1


def gathered(matrix: bytes | bytearray | array[float], rows: Sequence[int], width: int) -> bytes:
    """The given rows of a row-major float32 matrix, in ascending order and each once."""
    view, size = memoryview(matrix).cast("B"), width * FLOAT32
    if len(rows) * size == len(view):
        return bytes(view)
    return b"".join([view[row * size : (row + 1) * size] for row in rows])


def as_float32(value: float) -> float:
    """The nearest float32; the value itself where float32 cannot hold it."""
    try:
        return struct.unpack("=f", struct.pack("=f", value))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return value


def _overflowing(row: Sequence[float], names: Sequence[str]) -> str:
    for value, name in zip(row, names, strict=True):
        try:
            struct.pack("=f", value)
        except OverflowError:
            return name
    return ""
