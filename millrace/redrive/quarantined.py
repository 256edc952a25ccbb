"""Quarantine objects: events that could not be scored, one JSON line each."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from millrace.redrive.waiting import QUARANTINE, UnreadableEntry, Waiting, waiting
from records.faults import Code, Fault
from sources import redrive


def parse(body: bytes, model: str) -> list[Waiting]:
    """Raises UnreadableEntry."""
    try:
        return [_waiting(json.loads(line), model) for line in body.splitlines()]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableEntry(f"expected quarantine entries: {type(error).__name__}") from None


def render(body: bytes, rest: Sequence[Waiting]) -> bytes:
    """The lines of the rest, as they are."""
    left = {one.prediction_id for one in rest}
    return b"".join(line for line in body.splitlines(True) if json.loads(line)["prediction_id"] in left)


def _waiting(entry: dict[str, Any], model: str) -> Waiting:
    data = entry["data"]
    if entry["code"] == Code.INVALID_BASE64:
        data = base64.b64decode(data).decode()  # what came in place of base64
    envelope = redrive.enveloped(entry["source"], entry["partition_key"], data, _source_fault(entry))
    one = waiting(QUARANTINE, entry["code"], envelope, model)
    if one.prediction_id != entry["prediction_id"]:
        raise UnreadableEntry("expected the prediction id of the entry's position")
    return one


def _source_fault(entry: dict[str, Any]) -> Fault | None:
    """A fault that the source found in the envelope: the bytes that are kept do not show it."""
    if entry.get("found_in") != "envelope":
        return None
    return Fault(Code(entry["code"]), entry["path"], entry["detail"])
