"""Results on disk, and the tables that are made of them."""

from collections import Counter
from pathlib import Path

import pytest

from tests.simulation import tables
from tests.simulation.cloud import SINKS
from tests.simulation.kept import Kept, KeptScopes
from tests.simulation.run import Result
from tests.simulation.small_scope import Searched
from tests.simulation.totals import ENOUGH, EVENTS, Totals


def _result(seed: int, records: int = 100) -> Result:
    return Result(
        seed, records, outcomes=Counter(events=records), paths=Counter({"raw events": 3}), trace="long", seconds=0.25
    )


def test_results_come_back_by_commit_and_size(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "results.jsonl"
    Kept("a", 100, file).add(_result(1))
    Kept("a", 200, file).add(_result(2, 200))
    Kept("b", 100, file).add(_result(3))
    with file.open("a") as cut:
        cut.write('{"commit": "a", "se')
    (found,) = Kept("a", 100, file).results().values()
    assert (found.seed, found.outcomes, found.paths, found.trace) == (1, {"events": 100}, {"raw events": 3}, "")
    assert Kept("c", 100, file).results() == {}
    assert Kept("a", 100, tmp_path / "none").results() == {}


def test_tables_go_where_the_marks_are(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text("before\n<!-- simulation: begin -->\nold\n<!-- simulation: end -->\nafter\n")
    tables.write(tables.tables(Totals.of([_result(1), _result(2)]), "abc", [1, 2]), tables.SEEDS, document)
    text = document.read_text()
    assert "Commit abc, seeds 1 to 2: 2 runs." in text
    assert "| events | 200 |" in text
    assert "| events a second of one core | 400 |" in text
    assert "| raw events | 6 |" in text
    assert "old" not in text
    document.write_text("no marks")
    with pytest.raises(ValueError, match="restore its marks"):
        tables.write("", tables.SEEDS, document)


def test_scopes_that_are_complete_come_back_and_are_a_table(tmp_path: Path) -> None:
    kept = KeptScopes("a", tmp_path / "scopes.jsonl")
    whole = Searched("kinesis, 2 faults", 1_000, 40, 7, 0, complete=True, seconds=90.0)
    kept.add(Searched("kinesis, 2 faults", 10, 40, 0, 5))
    kept.add(whole)
    kept.add(Searched("sns, 2 faults", violation="none lost"))
    assert kept.results() == {"kinesis, 2 faults": whole}
    text = tables.scopes([whole, Searched("sns, 2 faults", 5, 9, 0, 3)], "abc")
    assert "Commit abc: **1,005 runs of 2 scopes, not complete, 0 violations**, 1.5 minutes" in text
    assert "| kinesis, 2 faults | 1,000 | 40 | 7 | 0 |" in text


def test_a_path_that_no_run_took_is_named_once_there_are_enough() -> None:
    runs = [_result(seed, EVENTS) for seed in range(ENOUGH)]
    for number, run in enumerate(runs):
        run.paths[f"sink {sorted(SINKS)[number % len(SINKS)]}"] = 1
        run.paths["interim"] = 0
    assert Totals.of(runs[:-1]).untaken == []
    assert Totals.of(runs).untaken == ["interim"]
    runs[0].paths["interim"] = 1
    assert Totals.of(runs).untaken == []
