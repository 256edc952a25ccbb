"""Event sources: read the records of a Lambda event, and make the response that reports failed records.

A new source is a file in this package, an entry in `REGISTERED`, and its operators' part in millrace/sources.
"""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from importlib import import_module

import native
from sources.batch import Batch
from sources.errors import UnknownEventSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from native._native import Layouts
    from sources.objects import StoredObjects
    from sources.source import Source


class RegisteredSource:
    """A source that is imported for the first event which may be its own: most functions have one.

    module, kind : where its class is. mark : the value of its layout's claim; empty for a source without a layout.
    """

    def __init__(self, module: str, kind: str, mark: bytes = b"") -> None:
        self.module, self._kind, self._mark = module, kind, mark

    @cached_property
    def _source(self) -> Any:
        return getattr(import_module(f"sources.{self.module}"), self._kind)()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def marks(self, text: bytes) -> bool:
        """Whether the claim's value is in a text."""
        return bool(self._mark) and self._mark in text


REGISTERED = (
    RegisteredSource("kinesis", "KinesisSource", b"aws:kinesis"),
    RegisteredSource("sqs", "SqsSource", b"aws:sqs"),
    RegisteredSource("sns", "SnsSource", b"aws:sns"),
    RegisteredSource("dynamodb", "DynamoDbSource"),
    RegisteredSource("eventbridge", "EventBridgeSource"),
    RegisteredSource("lex", "LexSource"),
    RegisteredSource("s3", "S3Source"),
    RegisteredSource("schedule", "ScheduleSource"),
    RegisteredSource("redrive", "RedriveSource"),
    RegisteredSource("batch_item", "BatchItemSource", b"millrace:batch_item"),
)
SOURCES: tuple[Source, ...] = REGISTERED
# Of an event's begin and of its end, where a source is known by: in the first record, or in the last.
_ENDS = 1024


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
            ignored = int(source.refers_to_objects and not envelopes)
            return Batch(source, envelopes, model, source.replies(event), ignored=ignored)
    if isinstance(event, dict) and event.get("Records") == []:
        return Batch(SOURCES[0], [], model)
    from sources.lambda_records import event_source_of

    names, found = ", ".join(source.name for source in SOURCES), event_source_of(event)
    raise UnknownEventSource(f"expected an event from {names}, got one from {found!r:.80}; check the trigger")


def _scanned(c: ModuleType, event: bytes, model: str) -> Batch | None:
    """The batch of an event that the native engine reads; None where the event must be parsed."""
    marked = tuple(source for source in SOURCES if _marked(source, event[:_ENDS] + event[-_ENDS:]))
    for known in (marked, SOURCES) if marked else (SOURCES,):
        sources, layouts = _compiled(c, known)
        if envelopes := c.Envelopes.scan(event, layouts):
            return Batch(sources[envelopes.layout], envelopes, model, oldest=envelopes.oldest)
    return None


def _marked(source: Any, text: bytes) -> bool:
    return not isinstance(source, RegisteredSource) or source.marks(text)


@lru_cache(maxsize=8)
def _compiled(c: ModuleType, sources: tuple[Source, ...]) -> tuple[list[Source], Layouts]:
    """The sources that have a layout, and those layouts in the same order."""
    known = [(source, source.layout) for source in sources if source.layout]
    return [source for source, _ in known], c.Layouts([layout for _, layout in known])
