"""Writes a Parquet file: flat or once nested columns of text or float32, all required, in one row group.

The scorer has no room for a library (the smallest that writes Parquet is larger than its package), and needs only this
part of the format: plain encoding, compressed with gzip.
https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

import zlib
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"PAR1"
LEVEL = 1  # of gzip: higher ones take several times as long for a few percent

# Types of the format, and of Thrift's compact protocol, in which it describes itself.
FLOAT, TEXT = 4, 6
_REQUIRED, _UTF8 = 0, 0
_PLAIN, _RLE, _DATA_PAGE = 0, 3, 0
_GZIP = 2
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


class ParquetColumn(namedtuple("ParquetColumn", ("path", "type", "data", "random"), defaults=(False,))):
    """A column. path : its name, behind that of the group that it is in, where it is in one.

    data : of FLOAT its float32 values, little-endian; of TEXT a sequence of str. random : nothing in it repeats, so
    compression codes its bytes, and does not look for others like them.
    """

    __slots__ = ()
    path: tuple[str, ...]
    type: int
    data: bytes | Sequence[str]
    random: bool


def written(columns: Sequence[ParquetColumn], rows: int, notes: dict[str, str]) -> bytes:
    """The file. columns : those of a group one after the other. notes : of the file, by name."""
    parts, chunks, at = [MAGIC], [], len(MAGIC)
    for column in columns:
        page, chunk = _page(column, rows, at)
        parts.append(page)
        chunks.append(chunk)
        at += len(page)
    group = _struct((1, _LIST, _list(_STRUCT, chunks)), (2, _I64, at - len(MAGIC)), (3, _I64, rows))
    footer = _struct(
        (1, _I32, 1),
        (2, _LIST, _list(_STRUCT, _schema(columns))),
        (3, _I64, rows),
        (4, _LIST, _list(_STRUCT, [group])),
        (5, _LIST, _list(_STRUCT, [_struct((1, _BINARY, name), (2, _BINARY, notes[name])) for name in notes])),
        (6, _BINARY, "millrace"),
    )
    return b"".join([*parts, footer, len(footer).to_bytes(4, "little"), MAGIC])


def _page(column: ParquetColumn, rows: int, at: int) -> tuple[bytes, bytes]:
    """The one page of a column, and its description."""
    values = _plain(column)
    strategy = zlib.Z_HUFFMAN_ONLY if column.random else zlib.Z_DEFAULT_STRATEGY
    squeeze = zlib.compressobj(LEVEL, wbits=31, strategy=strategy)
    body = squeeze.compress(values) + squeeze.flush()
    encoding = _struct((1, _I32, rows), (2, _I32, _PLAIN), (3, _I32, _RLE), (4, _I32, _RLE))
    header = _struct((1, _I32, _DATA_PAGE), (2, _I32, len(values)), (3, _I32, len(body)), (5, _STRUCT, encoding))
    about = _struct(
        (1, _I32, column.type),
        (2, _LIST, _list(_I32, [_integer(_PLAIN)])),
        (3, _LIST, _list(_BINARY, [_binary(name) for name in column.path])),
        (4, _I32, _GZIP),
        (5, _I64, rows),
        (6, _I64, len(header) + len(values)),
        (7, _I64, len(header) + len(body)),
        (9, _I64, at),
    )
    return header + body, _struct((2, _I64, at), (3, _STRUCT, about))


def _plain(column: ParquetColumn) -> bytes:
    if column.type == FLOAT:
        return bytes(column.data)
    # Half of a surrogate pair, which JSON may have and no file can, as its escape: as the evaluator keeps it.
    encoded = [text.encode("utf-8", "backslashreplace") for text in column.data]
    return b"".join([part for text in encoded for part in (len(text).to_bytes(4, "little"), text)])


def _schema(columns: Sequence[ParquetColumn]) -> list[bytes]:
    """The root and, depth first, every group and column."""
    elements, top, group = [], 0, None
    for column in columns:
        if len(column.path) == 1:
            top += 1
        elif column.path[0] != group:
            top, members = top + 1, sum(one.path[0] == column.path[0] for one in columns)
            elements.append(_struct((3, _I32, _REQUIRED), (4, _BINARY, column.path[0]), (5, _I32, members)))
        group = column.path[0]
        text = ((6, _I32, _UTF8),) if column.type == TEXT else ()
        elements.append(_struct((1, _I32, column.type), (3, _I32, _REQUIRED), (4, _BINARY, column.path[-1]), *text))
    return [_struct((4, _BINARY, "row"), (5, _I32, top)), *elements]


def _struct(*fields: tuple[int, int, int | str | bytes]) -> bytes:
    """A struct of fields: number, type and value; lists and structs as their bytes."""
    parts, last = [], 0
    for number, kind, value in fields:
        parts.append(bytes([(number - last) << 4 | kind]))
        parts.append(
            value if isinstance(value, bytes) else _binary(value) if isinstance(value, str) else _integer(value)
        )
        last = number
    return b"".join([*parts, b"\0"])


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    size = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + _varint(len(items))
    return size + b"".join(items)


def _binary(text: str) -> bytes:
    encoded = text.encode("utf-8", "backslashreplace")
    return _varint(len(encoded)) + encoded


def _integer(value: int) -> bytes:
    return _varint(value << 1)  # zigzag of what is never negative here


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
