"""Event sources as the operators' tools see them: a part for each type that functions/sources reads.

A new source has a file here, and its part in `SOURCES`; no tool spells a source's name.
"""

from collections.abc import Mapping
from typing import Any

from millrace.errors import UserError
from millrace.sources.batch_item import BatchItemSourceOperations
from millrace.sources.dynamodb import DynamoDbSourceOperations
from millrace.sources.eventbridge import EventBridgeSourceOperations
from millrace.sources.kinesis import KinesisSourceOperations
from millrace.sources.lex import LexSourceOperations
from millrace.sources.operations import SourceOperations
from millrace.sources.s3 import S3SourceOperations
from millrace.sources.schedule import ScheduleSourceOperations
from millrace.sources.sns import SnsSourceOperations
from millrace.sources.sqs import SqsSourceOperations

SOURCES: Mapping[str, SourceOperations] = {
    part.name: part
    for part in (
        KinesisSourceOperations(),
        SnsSourceOperations(),
        SqsSourceOperations(),
        DynamoDbSourceOperations(),
        EventBridgeSourceOperations(),
        LexSourceOperations(),
        S3SourceOperations(),
        ScheduleSourceOperations(),
        BatchItemSourceOperations(),
    )
}


def source_part(name: str) -> SourceOperations:
    """The part of a type of source. Raises UserError."""
    if (part := SOURCES.get(name)) is None:
        raise UserError(f"event source: expected one of {', '.join(SOURCES)}, got {name!r}; see millrace/sources")
    return part


def path_of(name: str) -> str:
    """The box of the architecture that a type of source is; a type without a part is called by its own name."""
    return SOURCES[name].path if name in SOURCES else name


def at(path: str) -> SourceOperations:
    """The part of the source that is that box of the architecture. Raises UserError."""
    return next((part for part in SOURCES.values() if part.path == path), None) or source_part(path)


def deployed(outputs: Mapping[str, Any]) -> dict[str, tuple[SourceOperations, Mapping[str, Any]]]:
    """The sources of a stack by name: the part, and its member of the output `sources`. Raises UserError."""
    entries = outputs.get("sources") or {}
    return {name: (source_part(entry["type"]), entry) for name, entry in entries.items()}


def dead_letter_queues(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The URL of each dead-letter queue, by the name of its source."""
    entries = outputs.get("sources") or {}
    return {name: url for name, entry in entries.items() if (url := entry.get("dead_letter_queue_url"))}
