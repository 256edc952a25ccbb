"""The result of scoring a batch: messages for the sink, and rejected records."""

from __future__ import annotations

from records.rejected import Rejected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records.record import Record
    from scoring.engine.protocols import Table
    from sinks.messages import Limit, Messages
    from sources.batch import Batch


class Outcome:
    """The messages of a batch, with the record of each; and the rejected records, with the reason.

    tables : the rows of each variant, with their scores.
    """

    def __init__(self, batch: Batch, tables: Sequence[Table], rejected: Sequence[Rejected], messages: Messages) -> None:
        self.batch, self.tables, self.messages = batch, tables, messages
        self.rejected = list(rejected)
        # For each table: the index of its first message, and the rows of its messages.
        self._parts: list[tuple[int, Table, Sequence[int]]] = []

    def encode(self, now: float, limit: Limit) -> None:
        """Encode the messages of all rows. now : when they were scored, in seconds since the epoch."""
        for table in self.tables:
            self._encode(table, now, limit)

    def _encode(self, table: Table, now: float, limit: Limit) -> None:
        first = len(self.messages)
        unfit = table.encode(now, limit, self.messages)
        self.rejected += [Rejected.because(table.record(row), fault) for row, fault in unfit]
        left_out = {row for row, _ in unfit}
        rows = [row for row in range(table.rows) if row not in left_out] if unfit else range(table.rows)
        self._parts.append((first, table, rows))

    @property
    def ignored_members(self) -> int:
        """The number of event members that the models do not use."""
        return sum(table.ignored_members for table in self.tables)

    @property
    def ignored_events(self) -> int:
        """The number of records that are no events."""
        return sum(table.ignored_events for table in self.tables)

    def ignored(self) -> set[str]:
        """The delivery ids of which nothing was scored or rejected, because none of their records is an event.

        Empty unless the source's response names them, because that reads every record of the batch again.
        """
        ignored = {delivery_id for table in self.tables for delivery_id in table.ignored}
        if not ignored or not self.batch.source.names_ignored:
            return set()
        scored = {table.record(row).delivery_id for table in self.tables for row in range(table.rows)}
        return ignored - scored - {record.delivery_id for record, _ in self.rejected}

    def record(self, message: int) -> Record:
        """The record of a message."""
        first, table, rows = self._part(message)
        return table.record(rows[message - first])

    def rows(self) -> Iterator[tuple[Table, int]]:
        """The row that each message is of: its table, and its number there."""
        for _, table, rows in self._parts:
            for row in rows:
                yield table, row

    def published(self, unpublished: Sequence[int]) -> list[tuple[Table, Sequence[int]]]:
        """The rows of each table whose messages were published."""
        if not unpublished:
            return [(table, rows) for _, table, rows in self._parts]
        left_out = set(unpublished)
        return [
            (table, [row for message, row in enumerate(rows, first) if message not in left_out])
            for first, table, rows in self._parts
        ]

    def by_variant(self, unpublished: Sequence[int]) -> dict[str, int]:
        """The number of published messages of each variant."""
        counts = {table.variant.name: len(rows) for _, table, rows in self._parts}
        for message in unpublished:
            counts[self._part(message)[1].variant.name] -= 1
        return counts

    def _part(self, message: int) -> tuple[int, Table, Sequence[int]]:
        return next(part for part in reversed(self._parts) if part[0] <= message)
