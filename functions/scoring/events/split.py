"""Divides a record that holds several events into the bytes of each."""

from __future__ import annotations

import json
import re
import sys

from records.faults import Code, Fault
from records.strict_json import JsonRefused, utf8

_SPACE = re.compile(r"[ \t\r\n]*")
# Finds where an item ends; each item is read strictly later. Integers as floats, because long ones raise an error.
_ITEM = json.JSONDecoder(parse_int=float)


def lines(data: bytes) -> list[bytes]:
    """The lines that are not blank. Raises Fault if there is none."""
    found = [line for line in data.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
    if not found:
        raise Fault(Code.WRONG_SHAPE, "", "expected at least one event, got none")
    return found


def items(data: bytes, *, arrays: bool, most: int = sys.maxsize) -> list[bytes]:
    """The items of a JSON array, or else JSON lines. arrays : an event is an array itself.

    most : items of the array; what follows them is not read.

    Raises Fault.
    """
    start = data.lstrip(b" \t\r\n")
    if not start.startswith(b"[") or (arrays and not start[1:].lstrip(b" \t\r\n").startswith(b"[")):
        return lines(data)
    try:
        text = utf8(data)
    except JsonRefused as refused:
        raise refused.fault() from None
    try:
        return [item.encode() for item in _items(text, most)]
    except json.JSONDecodeError as error:
        raise Fault(Code.INVALID_JSON, "", f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Fault(Code.INVALID_JSON, "", "expected fewer nested values") from None


def _items(text: str, most: int) -> list[str]:
    """The texts of an array's items, up to `most`. Raises json.JSONDecodeError."""
    found = []
    at = _skip(text, _skip(text, 0) + 1)
    if text.startswith("]", at):
        raise Fault(Code.WRONG_SHAPE, "", "expected at least one event, got none")
    while True:
        _, end = _ITEM.raw_decode(text, at)
        found.append(text[at:end])
        at = _skip(text, end)
        if len(found) >= most:
            return found
        if text.startswith("]", at):
            break
        if not text.startswith(",", at):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)
    if _skip(text, at + 1) != len(text):
        raise json.JSONDecodeError("Extra data", text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    """The place of the next character that is no white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at
