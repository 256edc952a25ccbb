"""Tensors of the Open Inference Protocol in bytes: the extension for binary data.

https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

import struct

from http_api.errors import RequestRefused
from records.faults import Code, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

BYTES, FP16, FP32, FP64 = "BYTES", "FP16", "FP32", "FP64"
# The letters of `struct`, by datatype.
LETTERS = {
    "BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q",
    "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", FP16: "e", FP32: "f", FP64: "d",
}  # fmt: skip
DATATYPES = (*LETTERS, BYTES)
_LENGTH = struct.Struct("<I")


def read(item: dict[str, Any], raw: bytes, path: str, *, files: bool = False) -> list[Any]:
    """The values of a tensor in bytes; NaN is a missing value. Raises Fault.

    path : of the tensor. files : values of BYTES may be files, which are no texts: they stay bytes.
    """
    datatype = item.get("datatype")
    if datatype == BYTES:
        return _texts(raw, path, files=files)
    letter = LETTERS.get(datatype) if type(datatype) is str else None
    if letter is None or len(raw) % struct.calcsize(letter):
        raise Fault(Code.WRONG_SHAPE, path, "expected the bytes of whole values of the tensor's datatype")
    values: list[Any] = list(struct.unpack(f"<{len(raw) // struct.calcsize(letter)}{letter}", raw))
    if datatype in (FP16, FP32, FP64):
        values = [None if value != value else value for value in values]
    return values


def write(texts: Sequence[str]) -> bytes:
    """The bytes of a tensor of texts."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join([_LENGTH.pack(len(text)) + text for text in encoded])


def _texts(raw: bytes, path: str, *, files: bool) -> list[str | bytes]:
    """Each text after its length in four bytes."""
    found, at = list[str | bytes](), 0
    while at < len(raw):
        if at + _LENGTH.size > len(raw):
            raise Fault(Code.WRONG_SHAPE, path, "expected each text after its length in four bytes")
        (size,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size
        if size > len(raw) - at:
            raise Fault(Code.WRONG_SHAPE, path, "expected each text after its length in four bytes")
        try:
            found.append(raw[at : at + size].decode())
        except UnicodeDecodeError:
            if not files:
                raise Fault(Code.INVALID_UTF8, path, "expected texts in UTF-8") from None
            found.append(raw[at : at + size])
        at += size
    return found


def parts(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    """The JSON of a request, and the binary data after it. Raises RequestRefused."""
    if header_length is None:
        return body, b""
    if not (header_length.isascii() and header_length.isdigit() and len(header_length) < 10):
        raise RequestRefused(400, "INVALID_HEADER", "Inference-Header-Content-Length: expected the length of the JSON")
    length = int(header_length)
    if length > len(body):
        raise RequestRefused(
            400, "INVALID_HEADER", "Inference-Header-Content-Length: expected no more than the body has"
        )
    return body[:length], body[length:]
