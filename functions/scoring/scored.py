"""From tables of rows to the messages for the sink."""

from collections.abc import Sequence

from records.record import Record
from records.rejected import Rejected
from scoring.engine import Engine, Table
from sinks.messages import Limit, Messages


class Scored:
    """The messages of a batch, the record that each is of, and the records that gave none."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages
        self.rejected: list[Rejected] = []
        # Of each table its first message, and the rows of its messages.
        self._parts: list[tuple[int, Table, Sequence[int]]] = []

    def add(self, table: Table, now: float, limit: Limit) -> None:
        """Encode what a table holds."""
        first = len(self.messages)
        unfit = table.encode(now, limit, self.messages)
        self.rejected += [Rejected.because(table.record(row), fault) for row, fault in unfit]
        left_out = {row for row, _ in unfit}
        rows = [row for row in range(table.rows) if row not in left_out] if unfit else range(table.rows)
        self._parts.append((first, table, rows))

    def record(self, message: int) -> Record:
        """The record that a message is of."""
        first, table, rows = self._part(message)
        return table.record(rows[message - first])

    def by_variant(self, unpublished: Sequence[int]) -> dict[str, int]:
        """The number of messages of each variant, without those that were not published."""
        counts = {table.variant.name: len(rows) for _, table, rows in self._parts}
        for message in unpublished:
            counts[self._part(message)[1].variant.name] -= 1
        return counts

    def _part(self, message: int) -> tuple[int, Table, Sequence[int]]:
        return next(part for part in reversed(self._parts) if part[0] <= message)


def predict(tables: Sequence[Table]) -> None:
    """Score each table in one call."""
    for table in tables:
        table.predict()


def encode(tables: Sequence[Table], now: float, limit: Limit, engine: Engine) -> Scored:
    """Make the messages for the sink."""
    scored = Scored(engine.messages())
    for table in tables:
        scored.add(table, now, limit)
    return scored


def score(tables: Sequence[Table], now: float, limit: Limit, engine: Engine) -> Scored:
    """Predict, and make the messages."""
    predict(tables)
    return encode(tables, now, limit, engine)
