"""What was measured: rows, kept as JSON, looked up by what they are of."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.rounds import Figures
from benchmarks.rows import ResultRow
from benchmarks.workload import Size


class Results:
    """Rows, the reasons why some are missing, and what they were measured on."""

    def __init__(self, machine: dict[str, str] | None = None) -> None:
        self.rows: list[ResultRow] = []
        self.skipped: dict[str, str] = {}
        self.machine = machine or {}

    def add(self, row: ResultRow) -> None:
        self.rows.append(row)

    def add_figures(self, section: str, figures: Figures, model: Size, way: str = "") -> None:
        """Figures of runs over records: microseconds a record."""
        for (name, size), figure in figures.items():
            self.add(
                ResultRow(
                    section,
                    name,
                    figure.median / size * 1e6,
                    figure.spread,
                    len(figure.seconds),
                    size,
                    model.trees,
                    model.features,
                    way,
                )
            )

    def find(self, section: str, name: str | None = None, **members: Any) -> list[ResultRow]:
        """The rows that have all these members."""
        return list(self._matching(section, {**({"name": name} if name else {}), **members}))

    def value(self, section: str, name: str, **members: Any) -> float | None:
        """The value of the first such row; None where nothing was measured."""
        return next((row.value for row in self.find(section, name, **members)), None)

    def names(self, rows: Iterable[ResultRow]) -> list[str]:
        """The names in rows, each once, in order."""
        return list(dict.fromkeys(row.name for row in rows))

    def write(self, path: Path) -> None:
        document = {"machine": self.machine, "skipped": self.skipped, "rows": [asdict(row) for row in self.rows]}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Results":
        document = json.loads(path.read_text())
        results = cls(document["machine"])
        results.skipped = document["skipped"]
        results.rows = [ResultRow(**row) for row in document["rows"]]
        return results

    def _matching(self, section: str, members: dict[str, Any]) -> Iterator[ResultRow]:
        for row in self.rows:
            if row.section == section and all(getattr(row, name) == value for name, value in members.items()):
                yield row
