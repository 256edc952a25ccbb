"""Results on disk, one JSON line a run, by commit: many seeds can be run in pieces, and the tables are made of them."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from millrace.paths import SCRATCH
from tests.simulation.run import Result
from tests.simulation.small_scope import Searched

FILE, SCOPES_FILE = SCRATCH / "simulation.jsonl", SCRATCH / "small-scopes.jsonl"
_LEFT_OUT = ("trace", "digest")


class Kept:
    """The results of one commit, with runs of so many events."""

    def __init__(self, commit: str, records: int, file: Path = FILE) -> None:
        self._commit, self._records, self._file = commit, records, file

    def results(self) -> dict[int, Result]:
        """By seed. A line that was cut off is left out."""
        of_commit = _lines(self._file, self._commit)
        return {members["seed"]: _read(members) for members in of_commit if members["records"] == self._records}

    def add(self, result: Result) -> None:
        members = {f.name: getattr(result, f.name) for f in fields(result) if f.name not in _LEFT_OUT}
        _append(self._file, {"commit": self._commit, **members})


class KeptScopes:
    """What one commit has explored of the small scopes."""

    def __init__(self, commit: str, file: Path = SCOPES_FILE) -> None:
        self._commit, self._file = commit, file

    def results(self) -> dict[str, Searched]:
        """By the scope's name; only those that were explored completely."""
        found = (Searched(**members) for members in _lines(self._file, self._commit))
        return {searched.scope: searched for searched in found if searched.complete}

    def add(self, searched: Searched) -> None:
        _append(self._file, {"commit": self._commit, **asdict(searched)})


def _lines(file: Path, commit: str) -> Iterator[dict[str, Any]]:
    """The members of each line of this commit, without it. A line that was cut off is left out."""
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            members = json.loads(line)
        except ValueError:
            continue
        if members.pop("commit") == commit:
            yield members


def _append(file: Path, members: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(json.dumps(members) + "\n")


def _read(members: dict[str, Any]) -> Result:
    result = Result(members["seed"], members["records"])
    for name, value in members.items():
        setattr(result, name, Counter(value) if isinstance(value, dict) else value)
    return result
