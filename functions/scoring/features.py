"""Builds the model's float32 matrix from typed rows, in one buffer."""

from __future__ import annotations

import struct

from records.faults import Code, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence
    from typing import Any

    from model_store.manifest import Manifest

FLOAT32 = 4


class Matrix:
    """A growing row-major float32 matrix with `columns` columns, in the machine's byte order."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
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

    def missing(self) -> list[int]:
        """The number of missing values of each column."""
        values, columns = memoryview(self.data).cast("f"), self._columns
        return [sum(value != value for value in values[column::columns]) for column in range(columns)]


class PreparedRows:
    """The rows of prepared values, such as texts, one after the other. Made as a Matrix is, and as it is used."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.rows = 0

    def append(self, row: Sequence[Any], names: Sequence[str]) -> None:
        """Add a row: the one item of `row`."""
        self.data += row[0]
        self.rows += 1

    def missing(self) -> list[int]:
        """None: a text or an image that is missing is refused."""
        return [0]


def rows_of(manifest: Manifest) -> Matrix | PreparedRows:
    """What holds the rows of a model's events."""
    return Matrix(len(manifest.features)) if manifest.preparation is None else PreparedRows()


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
