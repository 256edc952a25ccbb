"""Copies members of an event into its prediction, so that consumers can join it."""

from __future__ import annotations

import json

from records import json_pointer
from records.faults import Code, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MAX_BYTES = 1024  # of the member in a prediction
_ABSENT: Any = object()
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Passthrough:
    """The members at some paths, each under the last name of its path."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = [json_pointer.parse(path) for path in paths]

    def of(self, sent: dict[str, Any]) -> str:
        """The JSON text, in ASCII; absent members are left out. Raises Fault."""
        found = ((path[-1], json_pointer.find(sent, path, default=_ABSENT)) for path in self._paths)
        try:
            text = _encode({name: value for name, value in found if value is not _ABSENT})
        except ValueError:
            raise Fault(Code.NON_FINITE, "/passthrough", "expected numbers that a float can hold") from None
        except RecursionError:
            text = ""
        if not 0 < len(text) <= MAX_BYTES:
            detail = f"expected at most {MAX_BYTES} bytes of members that are copied into the prediction"
            raise Fault(Code.PASSTHROUGH_TOO_LARGE, "", detail)
        return text
