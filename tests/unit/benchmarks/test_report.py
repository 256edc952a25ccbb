"""Goals are judged by the worst of what was measured, and the document says what was not."""

from pathlib import Path

import pytest

from benchmarks import goals, handlers, report, tables
from benchmarks.handlers import BYTES, EVENT
from benchmarks.results import Results
from benchmarks.rows import ResultRow


@pytest.fixture
def results() -> Results:
    """Whole handlers with 300 trees: 0.5 and 0.8 times the yardstick; no figure of anything else."""
    results = Results({"date": "today"})
    for way in (EVENT, BYTES):
        for size, native in ((1_000, 2.0), (5_000, 3.2)):
            results.add(ResultRow("handler", handlers.RAW.name, 4.0, size=size, way=way))
            results.add(ResultRow("handler", handlers.NATIVE.name, native, size=size, way=way))
    return results


def test_a_goal_is_judged_by_the_worse_batch(results: Results) -> None:
    goal = goals.GOALS[0]

    assert goal.measured(results) == pytest.approx(0.8)
    assert not goal.met(0.8)
    assert goal.met(0.75)


def test_what_was_not_measured_is_not_judged(results: Results) -> None:
    rows = {row[0]: row for row in tables.goals_table(results).rows}

    assert rows[goals.GOALS[0].name][2] == "0.80"
    assert rows[goals.GOALS[1].name][-1] == "not measured"


def test_a_goal_that_is_not_met_says_why(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    name = goals.GOALS[0].name
    assert tables.goals_table(results).rows[0][-1] == f"not met: {goals.WHY.get(name, goals.UNEXPLAINED)}"

    monkeypatch.setitem(goals.WHY, name, "the client takes half of it")
    assert tables.goals_table(results).rows[0][-1] == "not met: the client takes half of it"


def test_every_reason_belongs_to_a_goal() -> None:
    assert set(goals.WHY) <= {goal.name for goal in goals.GOALS}


def test_the_document_has_every_table_or_says_that_it_was_not_measured(results: Results) -> None:
    results.skipped["tl2cgen"] = "no compiler"
    text = report.document(results)

    assert "{" not in text
    assert text.count(report.ABSENT) == text.count("\n*Not measured") > 5
    assert "- tl2cgen: no compiler" in text
    assert f"| {handlers.NATIVE.name} | 2.00 (0.50×) | 3.20 (0.80×) |" in text


def test_results_are_read_back_as_they_were_written(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "results.json")

    assert Results.read(tmp_path / "results.json").rows == results.rows
