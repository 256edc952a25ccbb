"""What an engine is, and the rows that it makes of records. Imported for type checks only."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence
    from typing import Any

    from records.faults import Fault
    from records.record import Record
    from scoring.variant import Variant
    from sinks.messages import Limit, Messages
    from sources.batch import Batch


class Table(Protocol):
    """The rows that one variant scores: records, event ids and matrix, side by side."""

    variant: Variant
    scores: array[float]
    """rows × classes, row by row; empty before `predict`."""
    ignored: list[str]
    """The delivery ids of the records that `add` found to be no events."""
    attributions: list[tuple[int, str]]
    """Explained rows, ascending, with the text that `encode` inserts: see `attributions.text`."""

    @property
    def rows(self) -> int: ...

    @property
    def ignored_members(self) -> int: ...

    @property
    def ignored_events(self) -> int:
        """The records for this variant that are no events."""

    def record(self, row: int) -> Record:
        """The record that a row was made of."""

    def texts(self, row: int) -> tuple[str, str, str, str]:
        """A row's prediction id, event id and source, both as JSON, and partition key. No event id: an empty text."""

    def add(self, record: Record) -> None:
        """Make a row of a record, or count it as ignored. Raises Fault, and then the table is as it was."""

    def matrix(self) -> bytearray:
        """Row-major, what is scored: float32, rows × features, or prepared rows."""

    def missing(self) -> list[int]:
        """The number of missing values of each feature."""

    def sampled(self, share: float) -> list[int]:
        """The rows whose prediction ids are in a share of all ids: their first 32 bits, as a fraction, are below it."""

    def sampled_keys(self, share: float) -> list[int]:
        """The rows of a share of all partition keys: the second 32 bits of their SHA-256, as a fraction, are below it.

        The first 32 bits choose the challenger's keys: the two choices are independent.
        """

    def predict(self) -> None:
        """Score all rows in one call."""

    def encode(self, now: float, limit: Limit, messages: Any) -> list[tuple[int, Fault]]:
        """Add a message for each row to what the engine's `messages` gave; the rows that give none, with the reason."""


class Engine(Protocol):
    name: str

    def table(self, variant: Variant, batch: Batch) -> Table: ...

    def messages(self) -> Messages:
        """An empty sequence for a batch's messages."""

    def take(self, batch: Batch, start: int, tables: Sequence[Any], share: float) -> int:
        """Add the ordinary records from `start` on to the tables, up to the first that is not: its place, or the end.

        tables : the champion's, and the challenger's where there is one, which gets `share` of the partition keys.
        """
