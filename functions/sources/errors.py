"""What can go wrong with a whole batch on its way through an event source."""

from records.faults import ScorerError


class UnknownEventSource(ScorerError):
    """The event is from no source that the scorer reads: a mistake in the wiring, never in the data."""


class RecordsNotPublished(ScorerError):
    """Some records of an asynchronous invocation got neither prediction nor quarantine entry."""
