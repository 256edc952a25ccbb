"""Errors of one event, and of a whole batch.

A Fault is one event that can never be scored: the event goes to quarantine, and the batch continues. A ScorerError ends
the invocation, so that the event source delivers the batch again.

Fault                        an event that can never be scored
ScorerError
├── ConfigInvalid            records.settings: an environment variable is missing or invalid
├── UnknownEventSource       sources.errors: an event of a type that the scorer does not read
├── ModelUnavailable         serving.models: no model could be loaded yet; valid events are not quarantined for that
└── RecordsNotPublished      sources.errors: direct delivery has no partial response, so the whole invocation fails
"""

from __future__ import annotations

from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self


class Code(StrEnum):
    """Why an event is in quarantine."""

    INVALID_BASE64 = "INVALID_BASE64"
    INVALID_UTF8 = "INVALID_UTF8"
    INVALID_JSON = "INVALID_JSON"
    INVALID_AGGREGATE = "INVALID_AGGREGATE"
    INVALID_GZIP = "INVALID_GZIP"
    INVALID_ENVELOPE = "INVALID_ENVELOPE"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    WRONG_SHAPE = "WRONG_SHAPE"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    MISSING_EVENT_ID = "MISSING_EVENT_ID"
    MISSING_FEATURE = "MISSING_FEATURE"
    NO_FEATURES = "NO_FEATURES"
    UNKNOWN_CATEGORY = "UNKNOWN_CATEGORY"
    WRONG_TYPE = "WRONG_TYPE"
    NON_FINITE = "NON_FINITE"
    INVALID_IMAGE = "INVALID_IMAGE"
    INPUT_TOO_LARGE = "INPUT_TOO_LARGE"
    PASSTHROUGH_TOO_LARGE = "PASSTHROUGH_TOO_LARGE"
    PREDICTION_TOO_LARGE = "PREDICTION_TOO_LARGE"


class Fault(Exception):
    """One event can never be scored.

    `path` is the JSON Pointer of the member at fault ("/features/pages"; "" is the whole event). `detail` says what
    was expected and what came, and never holds a value of the event.
    """

    def __init__(self, code: Code, path: str, detail: str) -> None:
        super().__init__(f"{code} at {path or 'the event'}: {detail}")
        self.code, self.path, self.detail = code, path, detail

    def kept(self) -> Self:
        """The fault as what is known of a record, without the traceback that it was caught with.

        That would keep every frame up to the handler, and the whole batch with them, until the garbage collector ran.
        With many faulty records, it took half of a batch's time to traverse them.
        """
        self.__context__ = None
        return self.with_traceback(None)


class Unfit(Exception):
    """A value that its feature cannot have; where it is in the event is known further up."""

    def __init__(self, code: Code, detail: str) -> None:
        self.code, self.detail = code, detail


class Ignored(Exception):
    """A record that is no event, by the manifest's `ignore` rules: neither scored nor in quarantine, but counted."""


class ScorerError(Exception):
    """Base of the errors that end an invocation."""
