"""Prediction sinks as the operators' tools see them: a part for each type that functions/sinks publishes to.

A new sink has a file here, and its part in `SINKS`; no tool spells a sink's name.
"""

from collections.abc import Mapping
from typing import Any

from millrace.errors import UserError
from millrace.sinks.dynamodb import DynamoDbSinkOperations
from millrace.sinks.eventbridge import EventBridgeSinkOperations
from millrace.sinks.firehose import FirehoseSinkOperations
from millrace.sinks.kinesis import KinesisSinkOperations
from millrace.sinks.operations import SinkOperations
from millrace.sinks.sns import SnsSinkOperations
from millrace.sinks.sqs import SqsSinkOperations

SINKS: Mapping[str, SinkOperations] = {
    part.name: part
    for part in (
        KinesisSinkOperations(),
        SnsSinkOperations(),
        SqsSinkOperations(),
        FirehoseSinkOperations(),
        EventBridgeSinkOperations(),
        DynamoDbSinkOperations(),
    )
}
PREDICTION_SINK, SHADOW_SINK = "prediction_sink", "shadow_sink"


def sink_part(name: str) -> SinkOperations:
    """The part of a type of sink. Raises UserError."""
    if (part := SINKS.get(name)) is None:
        raise UserError(f"prediction sink: expected one of {', '.join(SINKS)}, got {name!r}; see millrace/sinks")
    return part


def deployed(outputs: Mapping[str, Any]) -> dict[str, tuple[SinkOperations, Mapping[str, Any]]]:
    """The sinks of a stack by name: the part, and the members of its output. Raises UserError."""
    entries = outputs.get("sinks") or {name: outputs.get(name) for name in (PREDICTION_SINK, SHADOW_SINK)}
    return {name: (sink_part(entry["type"]), entry) for name, entry in entries.items() if entry}
