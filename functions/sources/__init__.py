"""Event sources: read the records of a Lambda event, and make the response that reports failed records.

A new source is a file in this package, an entry in `SOURCES`, and its operators' part in millrace/sources.
"""

from __future__ import annotations

import json
from functools import lru_cache

import native
from sources.batch import Batch
from sources.batch_item import BatchItemSource
from sources.dynamodb import DynamoDbSource
from sources.errors import UnknownEventSource
from sources.eventbridge import EventBridgeSource
from sources.kinesis import KinesisSource
from sources.lambda_records import event_source_of
from sources.lex import LexSource
from sources.redrive import RedriveSource
from sources.s3 import S3Source
from sources.schedule import ScheduleSource
from sources.sns import SnsSource
from sources.sqs import SqsSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from native._native import Layouts
    from sources.objects import StoredObjects
    from sources.source import Source

SOURCES: tuple[Source, ...] = (
    KinesisSource(),
    SqsSource(),
    SnsSource(),
    DynamoDbSource(),
    EventBridgeSource(),
    LexSource(),
    S3Source(),
    ScheduleSource(),
    RedriveSource(),
    BatchItemSource(),
)


def read(event: Any, model: str, objects: StoredObjects | None = None) -> Batch:
    """The batch in a Lambda event, which may be raw JSON (bytes). Raises UnknownEventSource, ObjectsUnavailable.

    model : the name of the model that scores it. objects : reads the objects that events name.
    """
    if isinstance(event, bytes):
        if native.NATIVE and (batch := _scanned(native.NATIVE, event, model)):
            return batch
        event = json.loads(event)
    for source in SOURCES:
        if source.claims(event):
            envelopes = source.fetched(event, objects) if source.refers_to_objects else source.envelopes(event)
            return Batch(source, envelopes, model, source.replies(event))
    if isinstance(event, dict) and event.get("Records") == []:
        return Batch(SOURCES[0], [], model)
    names, found = ", ".join(source.name for source in SOURCES), event_source_of(event)
    raise UnknownEventSource(f"expected an event from {names}, got one from {found!r:.80}; check the trigger")


def _scanned(c: ModuleType, event: bytes, model: str) -> Batch | None:
    """The batch of an event that the native engine reads; None where the event must be parsed."""
    sources, layouts = _compiled(c, SOURCES)
    envelopes = c.Envelopes.scan(event, layouts)
    return envelopes and Batch(sources[envelopes.layout], envelopes, model, oldest=envelopes.oldest)


@lru_cache(maxsize=1)
def _compiled(c: ModuleType, sources: tuple[Source, ...]) -> tuple[list[Source], Layouts]:
    """The sources that have a layout, and those layouts in the same order."""
    known = [(source, source.layout) for source in sources if source.layout]
    return [source for source, _ in known], c.Layouts([layout for _, layout in known])
