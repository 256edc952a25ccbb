"""From a typed row to the model's float32 matrix, row by row into one buffer."""

import struct
from collections.abc import Sequence

from records.faults import Code, Fault


class Matrix:
    """A growing row-major float32 matrix with `columns` columns, in the machine's byte order."""

    def __init__(self, columns: int) -> None:
        self._pack = struct.Struct(f"={columns}f").pack
        self.data = bytearray()
        self.rows = 0

    def append(self, row: Sequence[float], names: Sequence[str]) -> None:
        """Add a row. Raises Fault (NON_FINITE) for a value that becomes infinite as float32; `names` names it."""
        try:
            self.data += self._pack(*row)
        except OverflowError:
            raise Fault(Code.NON_FINITE, _overflowing(row, names), "expected a number that float32 can hold") from None
        self.rows += 1


def _overflowing(row: Sequence[float], names: Sequence[str]) -> str:
    for value, name in zip(row, names, strict=True):
        try:
            struct.pack("=f", value)
        except OverflowError:
            return name
    return ""
