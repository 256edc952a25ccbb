"""The events that `millrace predict` sends: of its argument, a file or standard input, in bodies of some each."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from millrace.errors import UserError

LINES, CSV = "application/jsonlines", "text/csv"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"": None, "true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}


@dataclass(frozen=True)
class EventsBody:
    """A request's body. lines : the line of each event in the input, from 1."""

    data: bytes
    content_type: str
    lines: list[int]


def bodies(text: bytes, kind: str, each: int, *, header: bool = False) -> Iterator[EventsBody]:
    """The bodies of `each` events. kind : LINES, where the input may also be one JSON value, or CSV.

    header : the first line of the CSV has the features' names; its rows become JSON events. Raises UserError.
    """
    if kind == LINES and (whole := _whole(text)):
        rows, kind = whole, LINES
    elif kind == CSV and header:
        rows, kind = _named_rows(text), LINES
    else:
        rows = [(i, line) for i, line in enumerate(text.replace(b"\r\n", b"\n").split(b"\n"), 1) if line.strip()]
    if not rows:
        raise UserError("expected at least one event, got none")
    for start in range(0, len(rows), each):
        part = rows[start : start + each]
        yield EventsBody(b"\n".join(row for _, row in part) + b"\n", kind, [line for line, _ in part])


def _whole(text: bytes) -> list[tuple[int, bytes]]:
    """The events of one JSON value over several lines, or of an array of objects; nothing for JSON Lines."""
    try:
        value = json.loads(text)
    except ValueError:
        return []
    several = isinstance(value, list) and bool(value) and isinstance(value[0], (dict, list))
    return [(1, json.dumps(one).encode()) for one in (value if several else [value])]


def _named_rows(text: bytes) -> list[tuple[int, bytes]]:
    """Rows of CSV as JSON events, by the names in the first line. Raises UserError."""
    try:
        reader = csv.reader(io.StringIO(text.decode("utf-8-sig")), strict=True)
        names = next(reader, [])
        found = []
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                raise UserError(f"line {reader.line_num}: expected {len(names)} fields, got {len(row)}")
            features = {name: _value(field) for name, field in zip(names, row, strict=True)}
            found.append((reader.line_num, json.dumps({"features": features}).encode()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"expected CSV in UTF-8: {error}") from None
    return found


def _value(field: str) -> Any:
    """A number, a boolean, null or text: as JSON spells them."""
    if field in _WORDS:
        return _WORDS[field]
    return json.loads(field) if _NUMBER.fullmatch(field) else field
