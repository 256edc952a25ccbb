"""Results on disk, one JSON line a run, by commit: many seeds can be run in pieces, and the tables are made of them."""

import json
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

from millrace.paths import ROOT
from tests.simulation.run import Result

FILE = ROOT / ".millrace" / "simulation.jsonl"
_LEFT_OUT = ("trace", "digest")


class Kept:
    """The results of one commit, with runs of so many events."""

    def __init__(self, commit: str, records: int, file: Path = FILE) -> None:
        self._commit, self._records, self._file = commit, records, file

    def results(self) -> dict[int, Result]:
        """By seed. A line that was cut off is left out."""
        if not self._file.exists():
            return {}
        found = {}
        for line in self._file.read_text().splitlines():
            try:
                members = json.loads(line)
            except ValueError:
                continue
            if (members.pop("commit"), members["records"]) == (self._commit, self._records):
                found[members["seed"]] = _read(members)
        return found

    def add(self, result: Result) -> None:
        members = {f.name: getattr(result, f.name) for f in fields(result) if f.name not in _LEFT_OUT}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            file.write(json.dumps({"commit": self._commit, **members}) + "\n")


def _read(members: dict[str, Any]) -> Result:
    result = Result(members["seed"], members["records"])
    for name, value in members.items():
        setattr(result, name, Counter(value) if isinstance(value, dict) else value)
    return result
