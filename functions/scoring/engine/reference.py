"""The reference implementation: every record by itself, in Python."""

from __future__ import annotations

import hashlib
from array import array

from model_store.release import BUCKETS
from records.faults import Fault, Ignored
from scoring.features import rows_of
from scoring.predictions import event_id_text, source_text
from sinks.messages import Message, MessageList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from records.record import Record
    from scoring.validate import Row
    from scoring.variant import Variant
    from sinks.messages import Limit
    from sources.batch import Batch


def _second_bits(partition_key: str) -> int:
    return int.from_bytes(hashlib.sha256(partition_key.encode("utf-8", "surrogatepass")).digest()[4:8])


def row_of(record: Record, variant: Variant) -> Row:
    """Decode and validate one event. Raises Fault, and Ignored."""
    if record.fault is not None:
        raise record.fault
    return variant.reader.read(record)


class ReferenceTable:
    """The rows that one variant scores: records, event ids and matrix, side by side."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.scores = array("f")
        self.ignored_members = 0
        self.ignored: list[str] = []
        self.attributions: list[tuple[int, str]] = []
        self._records: list[Record] = []
        self._rows: list[Row] = []
        self._matrix = rows_of(variant.read_manifest)

    @property
    def rows(self) -> int:
        return len(self._records)

    @property
    def ignored_events(self) -> int:
        return len(self.ignored)

    def record(self, row: int) -> Record:
        """The record that a row was made of."""
        return self._records[row]

    def texts(self, row: int) -> tuple[str, str, str, str]:
        """A row's prediction id, event id and source, both as JSON, and partition key."""
        record, event_id = self._records[row], event_id_text(self._rows[row].event_id)
        return record.prediction_id, event_id, source_text(record), record.partition_key

    def add(self, record: Record) -> None:
        """Make a row of a record, or count it as ignored. Raises Fault, and then the table is as it was."""
        try:
            row = row_of(record, self.variant)
        except Ignored:
            self.ignored.append(record.delivery_id)
            return
        self._matrix.append(row.features, self.variant.feature_paths)
        self._records.append(record)
        self._rows.append(row)
        self.ignored_members += row.ignored_members

    def matrix(self) -> bytearray:
        """Row-major, what is scored: float32, rows × features, or prepared rows."""
        return self._matrix.data

    def missing(self) -> list[int]:
        """The number of missing values of each feature."""
        return self._matrix.missing()

    def sampled(self, share: float) -> list[int]:
        """The rows whose prediction ids are in a share of all ids: their first 32 bits, as a fraction, are below it."""
        least = share * BUCKETS
        return [row for row, record in enumerate(self._records) if int(record.prediction_id[:8], 16) < least]

    def sampled_keys(self, share: float) -> list[int]:
        """The rows of a share of all partition keys: see `Table.sampled_keys`."""
        return [row for row, record in enumerate(self._records) if _second_bits(record.partition_key) < share * BUCKETS]

    def predict(self) -> None:
        """Score all rows in one call: rows × classes scores, row by row."""
        self.scores = self.variant.predict(self._matrix.data, self.rows)

    def encode(self, now: float, limit: Limit, messages: MessageList) -> list[tuple[int, Fault]]:
        """Add a message for each row; the rows that give none, with the reason."""
        unfit, classes, attributions = [], self.variant.classes, dict(self.attributions)
        for row, (record, read) in enumerate(zip(self._records, self._rows, strict=True)):
            scores = self.scores[row * classes : (row + 1) * classes]
            try:
                message = self._message(record, read, scores, now, attributions.get(row, ""))
                if row in attributions and limit.size(message) > limit.bytes:
                    message = self._message(record, read, scores, now)
                limit.check(message)
            except Fault as fault:
                unfit.append((row, fault))
            else:
                messages.append(message)
        return unfit

    def _message(self, record: Record, read: Row, scores: array[float], now: float, attributions: str = "") -> Message:
        """Raises Fault."""
        body = self.variant.encoder.encode(record, read.event_id, scores, now, read.passthrough, attributions)
        return Message(record.partition_key, body)


class ReferenceEngine:
    """All of it in Python."""

    name = "python"

    def table(self, variant: Variant, batch: Batch) -> ReferenceTable:
        return ReferenceTable(variant)

    def messages(self) -> MessageList:
        return MessageList()

    def take(self, batch: Batch, start: int, tables: Sequence[ReferenceTable], share: float) -> int:
        """Takes nothing: every record goes the exact way."""
        return start
