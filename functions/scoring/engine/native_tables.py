"""The fast path: records into rows, and scores into messages, without a Python object for each of them.

C reads every valid event. What it leaves is faulty, or in an envelope out of the ordinary: the reference implementation
reads that, record by record, into the same table.
"""

from __future__ import annotations

from array import array
from weakref import WeakKeyDictionary

from records.faults import Ignored
from records.timestamps import timestamp
from scoring.engine.native_schema import covers, schema
from scoring.features import Matrix
from scoring.predictions import event_id_text, not_finite, source_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    import native._native as _native
    from records.faults import Fault
    from records.record import Record
    from scoring.engine.uncovered import UncoveredTable
    from scoring.variant import Variant
    from sinks.messages import Limit, Messages
    from sources.batch import Batch


class NativeTable:
    """The rows that one variant scores, in C's memory."""

    def __init__(self, variant: Variant, batch: Batch, rows: _native.Table) -> None:
        self.variant = variant
        self.scores = array("f")
        self.in_c = rows
        self.ignored: list[str] = []
        self._ignored = 0  # of these, by the reference implementation
        self.attributions: list[tuple[int, str]] = []
        self._batch = batch
        self._added: dict[int, Record] = {}  # the rows that C did not read from the batch
        self._read_again: tuple[int, list[Record]] = (-1, [])  # an envelope's place, and its records

    @property
    def rows(self) -> int:
        return self.in_c.rows

    @property
    def ignored_members(self) -> int:
        return self.in_c.ignored_members

    @property
    def ignored_events(self) -> int:
        return self._ignored + self.in_c.ignored_events

    def record(self, row: int) -> Record:
        """The record that a row was made of; one that C took is read again, which only failures ask for."""
        if row in self._added:
            return self._added[row]
        record = self._records_of(self.in_c.origin(row))[self.in_c.subsequence(row) or 0]
        index = self.in_c.index(row)
        return record if index is None else self.variant.reader.split(record)[index]

    def texts(self, row: int) -> tuple[str, str, str, str]:
        """A row's prediction id, event id and source, both as JSON, and partition key."""
        return self.in_c.texts(row)

    def _records_of(self, place: int) -> list[Record]:
        """The records of an envelope, kept for the next row: an aggregate has many, which often fail together."""
        if self._read_again[0] != place:
            self._read_again = (place, self._batch.records_of(place))
        return self._read_again[1]

    def add(self, record: Record) -> None:
        """Make a row of a record, or count it as ignored. Raises Fault, and then the table is as it was."""
        row, source = self.rows, source_text(record)
        place = (record.partition_key, record.prediction_id, source)
        if record.fault is not None:
            raise record.fault
        # None: C counted it as ignored.
        if self.in_c.add(*place, self.variant.reader.inflated(record), 0) is False:
            try:
                self._add_exactly(place, record)
            except Ignored:
                self._ignored += 1
        if self.rows > row:
            self._added[row] = record
        else:
            self.ignored.append(record.delivery_id)

    def _add_exactly(self, place: tuple[str, str, str], record: Record) -> None:
        row = self.variant.reader.read(record)
        matrix = Matrix(len(self.variant.feature_paths))
        matrix.append(row.features, self.variant.feature_paths)
        event_id = event_id_text(row.event_id)
        self.in_c.add_row(*place, event_id, matrix.data, row.ignored_members, 0, row.passthrough)

    def matrix(self) -> bytearray:
        """Row-major float32, rows × features: what is scored; a copy."""
        return self.in_c.matrix()

    def missing(self) -> list[int]:
        """The number of missing values of each feature."""
        return self.in_c.missing()

    def sampled(self, share: float) -> list[int]:
        """The rows whose prediction ids are in a share of all ids."""
        return self.in_c.sampled(share)

    def sampled_keys(self, share: float) -> list[int]:
        """The rows of a share of all partition keys."""
        return self.in_c.sampled_keys(share)

    def predict(self) -> None:
        """Score all rows in one call: rows × classes scores, row by row."""
        self.scores = self.variant.predict(self.in_c.matrix(), self.rows)

    def encode(self, now: float, limit: Limit, messages: _native.Messages) -> list[tuple[int, Fault]]:
        """Add a message for each row; the rows that give none, with the reason."""
        output = self.variant.encoder.output
        unscored, too_large = self.in_c.encode(
            self.scores,
            self.variant.classes,
            output.labels,
            output.threshold,
            timestamp(now),
            *limit,
            messages,
            self.variant.encoder.names,
            self.variant.encoder.form.compact,
            self.variant.encoder.form.partition_key,
            self.attributions,
        )
        unfit = [(row, not_finite()) for row in unscored]
        return sorted(unfit + [(row, limit.fault()) for row in too_large], key=lambda found: found[0])


class NativeEngine:
    """Ordinary records in C, all others in Python."""

    name = "native"

    def __init__(self, c: ModuleType) -> None:
        self._c = c
        self._schemas: WeakKeyDictionary[Variant, _native.Schema] = WeakKeyDictionary()

    def table(self, variant: Variant, batch: Batch) -> NativeTable | UncoveredTable:
        if variant not in self._schemas:
            if not covers(variant.read_manifest):
                from scoring.engine.uncovered import UncoveredTable

                return UncoveredTable(variant)
            self._schemas[variant] = schema(self._c, variant.read_manifest, optional_id=variant.optional_id)
        return NativeTable(variant, batch, self._c.Table(self._schemas[variant], variant.encoder.model))

    def messages(self) -> Messages:
        messages: Messages = self._c.Messages()
        return messages

    def take(self, batch: Batch, start: int, tables: Sequence[NativeTable | UncoveredTable], share: float) -> int:
        if not isinstance(batch.envelopes, self._c.Envelopes):  # the event was parsed before
            return start
        in_c = [table.in_c for table in tables if isinstance(table, NativeTable)]
        # What is compressed is inflated in Python, record by record; and of ignored records C keeps no ids.
        inflated = any(table.variant.read_manifest.event.max_inflated for table in tables)
        if len(in_c) < len(tables) or inflated or batch.source.names_ignored:
            return start
        taken: int = self._c.take(batch.envelopes, start, in_c, share, batch.model)
        return taken
