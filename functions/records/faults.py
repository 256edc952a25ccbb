"""What can go wrong with an event, and with a batch.

A Fault is about one event that can never be scored: it goes to quarantine, and the batch goes on. A ScorerError is
about the batch: it is raised, so that the event source delivers the batch again.

Fault                        an event that can never be scored
ScorerError
├── ConfigInvalid            records.settings: a variable of the environment is missing or wrong
├── UnknownEventSource       sources.errors: the function is wired to something that it does not read
├── ModelUnavailable         serving.models: no model could be loaded yet; good events must not suffer for it
└── RecordsNotPublished      sources.errors: direct delivery has no partial response: the whole invocation fails
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Why an event is in quarantine."""

    INVALID_BASE64 = "INVALID_BASE64"
    INVALID_UTF8 = "INVALID_UTF8"
    INVALID_JSON = "INVALID_JSON"
    INVALID_AGGREGATE = "INVALID_AGGREGATE"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    MISSING_EVENT_ID = "MISSING_EVENT_ID"
    MISSING_FEATURE = "MISSING_FEATURE"
    UNKNOWN_CATEGORY = "UNKNOWN_CATEGORY"
    WRONG_TYPE = "WRONG_TYPE"
    NON_FINITE = "NON_FINITE"
    PREDICTION_TOO_LARGE = "PREDICTION_TOO_LARGE"


class Fault(Exception):
    """One event can never be scored.

    `path` is the JSON Pointer of the member at fault ("/features/pages"; "" is the whole event). `detail` says what
    was expected and what came, and never holds a value of the event.
    """

    def __init__(self, code: Code, path: str, detail: str) -> None:
        super().__init__(f"{code} at {path or 'the event'}: {detail}")
        self.code, self.path, self.detail = code, path, detail


class ScorerError(Exception):
    """Base of what the scorer raises for a whole batch."""
