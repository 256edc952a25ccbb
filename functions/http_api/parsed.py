"""A request that asks for predictions, and the answer that scoring gives it."""

from __future__ import annotations

import os
import re

from http_api.errors import RequestRefused
from http_api.record import HttpRecord, escaped
from records.record import MAX_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from http_api.messages import HttpRequest, HttpResponse
    from http_api.variant import HttpVariant
    from records.faults import Fault
    from scoring.engine.protocols import Table

IDEMPOTENCY_KEY, PARTITION_KEY = "idempotency-key", "millrace-partition-key"
# https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
_KEY_CHARACTERS, _MAX_IDEMPOTENCY_KEY = re.compile("[!-~]+"), 255


class RequestIdentity:
    """What the records of one request have in common."""

    def __init__(self, model: str, request: HttpRequest, now: float) -> None:
        """now : in seconds since the epoch. Raises RequestRefused."""
        key = request.headers.get(IDEMPOTENCY_KEY)
        if key is not None and not (_KEY_CHARACTERS.fullmatch(key) and len(key) <= _MAX_IDEMPOTENCY_KEY):
            raise RequestRefused(400, "INVALID_HEADER", "Idempotency-Key: expected 1 to 255 visible ASCII characters")
        position = escaped(key) if key else os.urandom(16).hex()
        chosen = request.headers.get(PARTITION_KEY)
        if chosen is not None and not (_KEY_CHARACTERS.fullmatch(chosen) and len(chosen) <= MAX_KEY):
            raise RequestRefused(
                400, "INVALID_HEADER", f"Millrace-Partition-Key: expected 1 to {MAX_KEY} visible ASCII characters"
            )
        self.model, self.caller, self.key, self.now = model, escaped(request.caller), position, now
        self.partition_key = position[:MAX_KEY] if chosen is None else chosen

    def record(self, form: str, **members: Any) -> HttpRecord:
        return HttpRecord(self.model, self.caller, self.key, self.partition_key, self.now, form, **members)


class RequestAnswer:
    """What scoring gives the events of one request: a row for each, or the faults, each with its path."""

    __slots__ = ("faults", "rows", "unexplained")

    def __init__(self) -> None:
        self.rows: list[ScoredRow] = []
        self.faults: list[tuple[int, str, Fault]] = []
        self.unexplained = False


class ScoredRow:
    """message : the prediction as JSON. The scores are those of the row in the table."""

    __slots__ = ("attributions", "message", "record", "row", "table")

    def __init__(self, record: HttpRecord, table: Table, row: int, message: bytes, attributions: str) -> None:
        self.record, self.table, self.row, self.message, self.attributions = record, table, row, message, attributions

    @property
    def variant(self) -> HttpVariant:
        variant: Any = self.table.variant
        return variant  # type: ignore[no-any-return]


class ParsedRequest:
    """A request for predictions. version : the model version that it names; empty: none. Derived by each protocol."""

    def __init__(self, records: list[HttpRecord], version: str = "") -> None:
        self.records, self.version = records, version

    def response(self, answer: RequestAnswer) -> HttpResponse:
        """The response with the answer's rows, of which there is one for each record. Raises RequestRefused."""
        raise NotImplementedError
