"""A CSV file with a header, read as often as needed, some thousand rows at a time."""

from __future__ import annotations

import csv
import io
from itertools import batched
from typing import TYPE_CHECKING

from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 5_000  # at a time


class CsvFile:
    """names : the columns but the label's. Raises TrainingRefused for a header without the label."""

    def __init__(self, raw: bytes, label: str) -> None:
        self._raw = raw
        self._header = next(self._lines(), [])
        header = self._header
        if header.count(label) != 1 or len(set(header)) != len(header) or len(header) < 2:
            raise TrainingRefused(f"table: expected a header with each column once, among them the label {label!r}")
        self._at = header.index(label)
        self.names = tuple(name for name in header if name != label)

    def parts(self) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
        """The fields of some rows: the labels, and those of each other column. Raises TrainingRefused."""
        for rows in batched(self._rows(), ROWS, strict=False):
            columns = list(zip(*rows, strict=True))
            yield columns.pop(self._at), columns

    def _rows(self) -> Iterator[list[str]]:
        lines = self._lines()
        next(lines)
        for number, row in enumerate((row for row in lines if row), 1):
            if len(row) != len(self._header):
                raise TrainingRefused(f"table: row {number}: expected {len(self._header)} fields, got {len(row)}")
            yield row

    def _lines(self) -> Iterator[list[str]]:
        text = io.TextIOWrapper(io.BytesIO(self._raw), "utf-8-sig", newline="")
        try:
            yield from csv.reader(text, strict=True)
        except (UnicodeDecodeError, csv.Error) as error:
            raise TrainingRefused(f"table: expected CSV in UTF-8: {error}") from None
