"""On-failure objects: a stream's batches, and asynchronous invocations, that Lambda discarded after the last retry."""

import json
from collections.abc import Sequence
from typing import Any

import sources
from millrace.redrive.waiting import ON_FAILURE, UnreadableEntry, Waiting, waiting_records
from records.faults import ScorerError
from records.record import Record
from sources.objects import StoredObjects


def parse(body: bytes, model: str, objects: StoredObjects | None = None) -> list[Waiting]:
    """Raises UnreadableEntry."""
    try:
        document = json.loads(body)
        condition = document.get("requestContext", {}).get("condition", "unknown")
        return waiting_records(ON_FAILURE, str(condition), given_up(document, model, objects))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, ScorerError) as error:
        raise UnreadableEntry(f"expected an on-failure object: {type(error).__name__}") from None


def render(body: bytes, rest: Sequence[Waiting]) -> bytes:
    """The rest of a batch are redriven records: one of an aggregate can be left alone."""
    document = json.loads(body)
    member, event = _batch(document)
    left = {"Records": [one.envelope for one in rest]}
    document[member] = json.dumps(left) if isinstance(event, str) else left
    return json.dumps(document).encode()


def given_up(document: dict[str, Any], model: str, objects: StoredObjects | None = None) -> list[Record]:
    """The records in an on-failure object. Raises UnknownEventSource where it holds no batch."""
    _, event = _batch(document)
    return sources.read(json.loads(event) if isinstance(event, str) else event, model, objects).records


def _batch(document: dict[str, Any]) -> tuple[str, Any]:
    """The member that holds the batch, and what is in it.

    A stream's batch is under `payload`, as a string on AWS and as an object on some emulators; an asynchronous
    invocation's is under `requestPayload`.
    """
    member = "payload" if document.get("payload") else "requestPayload"
    return member, document.get(member)
