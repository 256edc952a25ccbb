"""Errors of event sources that end an invocation."""

from __future__ import annotations

from records.faults import ScorerError


class UnknownEventSource(ScorerError):
    """The event is of a type that the scorer does not read: a configuration error, never an error in the data."""


class RecordsNotPublished(ScorerError):
    """Some records of an asynchronous invocation were neither published nor quarantined."""


class ObjectsUnavailable(ScorerError):
    """S3 did not give the objects that an event names: the invocation fails, and is retried."""
