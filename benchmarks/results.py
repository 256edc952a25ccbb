"""What was measured: rows of each part, kept as JSON, looked up by what they are of."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.rounds import Figures
from benchmarks.rows import ResultRow
from benchmarks.workload import Size


class UnreadableResults(Exception):
    """The file is not of these benchmarks."""


@dataclass(slots=True)
class MeasuredPart:
    """What was measured together. moment : its commit, when it began, and the machine's load then."""

    moment: dict[str, str]
    rows: list[ResultRow] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


class Results:
    """Parts by name, and what all of them were measured on. A part that begins again replaces what there was of it."""

    def __init__(self, machine: Mapping[str, str] | None = None) -> None:
        self.machine = dict(machine or {})
        self.parts: dict[str, MeasuredPart] = {}

    def begin(self, name: str, moment: Mapping[str, str] | None = None) -> None:
        """What is added from now on is of this part."""
        self._part = self.parts[name] = MeasuredPart(dict(moment or {}))

    def add(self, row: ResultRow) -> None:
        self._part.rows.append(row)

    def skip(self, name: str, reason: str) -> None:
        """Say why something of the part was not measured."""
        self._part.skipped[name] = reason

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

    @property
    def rows(self) -> list[ResultRow]:
        return [row for part in self.parts.values() for row in part.rows]

    @property
    def skipped(self) -> dict[str, str]:
        """The reasons why something was not measured, by its name."""
        return {name: reason for part in self.parts.values() for name, reason in part.skipped.items()}

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
        document = {"machine": self.machine, "parts": {name: asdict(part) for name, part in self.parts.items()}}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Raises UnreadableResults, OSError."""
        try:
            document = json.loads(path.read_text())
            results = cls(document["machine"])
            for name, part in document["parts"].items():
                rows = [ResultRow(**row) for row in part["rows"]]
                results.parts[name] = MeasuredPart(part["moment"], rows, part["skipped"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UnreadableResults(f"{path}: expected figures by part, got {type(error).__name__}: {error}") from None
        return results

    def _matching(self, section: str, members: dict[str, Any]) -> Iterator[ResultRow]:
        for row in self.rows:
            if row.section == section and all(getattr(row, name) == value for name, value in members.items()):
                yield row
