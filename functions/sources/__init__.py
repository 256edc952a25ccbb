"""From a Lambda event to records, and from failed records to what each source wants to hear of them."""

import json
from typing import Any

import native
from sources.batch import KINESIS, READERS, Batch
from sources.errors import UnknownEventSource


def read(event: Any) -> Batch:
    """The batch in a Lambda event, which may still be in its raw JSON (bytes). Raises UnknownEventSource."""
    if isinstance(event, bytes):
        if native.NATIVE and (scanned := native.NATIVE.Envelopes.scan(event)) is not None:
            return Batch(KINESIS, scanned)
        event = json.loads(event)
    envelopes = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(envelopes, list):
        raise UnknownEventSource("expected an event with Records from Kinesis, SNS or SQS; check the trigger")
    if not envelopes:
        return Batch("", [])
    first = envelopes[0] if isinstance(envelopes[0], dict) else {}
    source = first.get("eventSource") or first.get("EventSource")
    if not isinstance(source, str) or source not in READERS:
        raise UnknownEventSource(f"expected records from {', '.join(READERS)}, got {source!r}; check the trigger")
    return Batch(source, envelopes)
