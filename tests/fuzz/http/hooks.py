"""What schemathesis needs to write the bodies that the endpoint reads besides JSON."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/jsonlines")
def lines(context: Any, value: Any) -> bytes:
    """An event a line; what is no array is sent as it is."""
    return "\n".join(map(json.dumps, value)).encode() if isinstance(value, list) else json.dumps(value).encode()


@schemathesis.serializer("text/csv")
def rows(context: Any, value: Any) -> bytes:
    """A row a line, without a header; what CSV cannot hold becomes a line with too many fields."""
    return "\n".join(map(_row, value if isinstance(value, list) else [value])).encode()


def _row(row: Any) -> str:
    scalar = isinstance(row, list) and not any(isinstance(value, (list, dict)) for value in row)
    return ",".join(map(_field, row)) if scalar else "," * 100


def _field(value: Any) -> str:
    if isinstance(value, str):
        # A line ends an event, also in quotes.
        return '"' + value.replace('"', '""') + '"' if "\n" not in value else "," * 100
    return "" if value is None else json.dumps(value)
