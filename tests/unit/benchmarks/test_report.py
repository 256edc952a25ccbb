"""Goals are judged by the worst of what was measured, and the document says what was not."""

import pytest

from benchmarks import goals, handlers, memory, report, tables
from benchmarks.handlers import BYTES, EVENT
from benchmarks.results import Results
from benchmarks.rows import ResultRow


@pytest.fixture
def results() -> Results:
    """Whole handlers with 300 trees: 0.5 and 0.8 times the yardstick; no figure of anything else."""
    results = Results({"processor": "this one"})
    results.begin("handlers", {"commit": "abc1234", "date": "today", "load": "0.5"})
    for way in (EVENT, BYTES):
        for size, native in ((1_000, 2.0), (5_000, 3.2)):
            results.add(ResultRow("handler", handlers.RAW.name, 4.0, size=size, way=way))
            results.add(ResultRow("handler", handlers.NATIVE.name, native, size=size, way=way))
    return results


GOALS = {goal.name: goal for goal in goals.GOALS}
HANDLER, OTHER_TREES = (
    f"whole handler against inplace_predict on a ready matrix, {trees} trees" for trees in (300, 100)
)


def test_a_goal_is_judged_by_the_worse_batch(results: Results) -> None:
    goal = GOALS[HANDLER]

    assert goal.measured(results) == pytest.approx(0.8)
    assert not goal.met(0.8)
    assert goal.met(0.5)


def test_what_was_not_measured_is_not_judged(results: Results) -> None:
    rows = {row[0]: row for row in tables.goals_table(results).rows}

    assert rows[HANDLER][2] == "0.80"
    assert rows[OTHER_TREES][-1] == "not measured"


def test_a_goal_that_is_not_met_says_why(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> str:
        return next(row[-1] for row in tables.goals_table(results).rows if row[0] == HANDLER)

    assert said() == f"not met: {goals.WHY.get(HANDLER, goals.UNEXPLAINED)}"

    monkeypatch.setitem(goals.WHY, HANDLER, "the client takes half of it")
    assert said() == "not met: the client takes half of it"


def test_every_reason_belongs_to_a_goal() -> None:
    assert set(goals.WHY) <= set(GOALS)


def test_names_of_goals_are_unique() -> None:
    assert len(GOALS) == len(goals.GOALS)


def test_tls_is_judged_by_the_worse_of_both_models(results: Results) -> None:
    for trees, native, secured in ((300, 2.0, 2.2), (100, 1.0, 1.3)):
        results.add(ResultRow("handler", handlers.NATIVE.name, native, size=1_000, trees=trees, way=EVENT))
        results.add(ResultRow("handler", handlers.TLS.name, secured, size=1_000, trees=trees, way=EVENT))

    goal = GOALS["whole handler over TLS against one without, 100 and 300 trees"]
    assert goal.measured(results) == pytest.approx(1.3)


def test_memory_is_judged_by_the_dearest_escapes(results: Results) -> None:
    for number, kind in enumerate((handlers.NATIVE, *memory.ESCAPED)):
        results.add(ResultRow("memory", kind.name, 4.0 - number))

    assert GOALS["peak memory of 5,000 records with escapes over idle, in sizes of the event"].measured(results) == 3.0


def test_the_document_has_every_table_or_says_that_it_was_not_measured(results: Results) -> None:
    results.skip("tl2cgen", "no compiler")
    text = report.document(results)

    assert "{" not in text
    assert text.count(report.ABSENT) == text.count("\n*Not measured") > 5
    assert "- tl2cgen: no compiler" in text
    assert f"| {handlers.NATIVE.name} | 2.00 (0.50×) | 3.20 (0.80×) |" in text


def test_the_document_names_the_commit_of_each_part(results: Results) -> None:
    results.begin("memory", {"commit": "def5678", "date": "tomorrow", "load": "0.1"})

    text = report.document(results)

    assert "| handlers | abc1234 | today | 0.5 |" in text
    assert "| memory | def5678 | tomorrow | 0.1 |" in text
