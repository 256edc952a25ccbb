"""Parts measured again complete an earlier run's figures, of the same machine only."""

from pathlib import Path

import pytest

from benchmarks import cli, handlers
from benchmarks.results import Results
from benchmarks.rows import ResultRow

HERE = {"processor": "this one", "versions": "numpy 1"}


def row(section: str, value: float) -> ResultRow:
    return ResultRow(section, handlers.NATIVE.name, value)


@pytest.fixture
def figures(tmp_path: Path) -> Path:
    """Figures of handlers and of memory; something of the latter was left out."""
    results = Results(HERE)
    results.begin("handlers", {"commit": "abc1234"})
    results.add(row("handler", 2.0))
    results.begin("memory", {"commit": "abc1234"})
    results.add(row("memory", 3.0))
    results.skip("pandas", "too large")
    results.write(tmp_path / "results.json")
    return tmp_path / "results.json"


def test_results_are_read_back_as_they_were_written(figures: Path) -> None:
    results = Results.read(figures)

    assert results.machine == HERE
    assert results.rows == [row("handler", 2.0), row("memory", 3.0)]
    assert results.skipped == {"pandas": "too large"}


def test_a_part_replaces_what_there_was_of_it_and_nothing_else(figures: Path) -> None:
    results = cli.earlier(figures, HERE)
    results.begin("memory", {"commit": "def5678"})
    results.add(row("memory", 2.5))
    results.write(figures)

    again = Results.read(figures)
    assert again.rows == [row("handler", 2.0), row("memory", 2.5)]
    assert again.skipped == {}
    assert {name: part.moment["commit"] for name, part in again.parts.items()} == {
        "handlers": "abc1234",
        "memory": "def5678",
    }


def test_without_earlier_figures_there_are_the_new_ones(tmp_path: Path) -> None:
    results = cli.earlier(tmp_path / "results.json", HERE)

    assert (results.machine, results.parts) == (HERE, {})


@pytest.mark.parametrize(
    ("here", "says"),
    [
        ({**HERE, "processor": "another one"}, "processor 'this one' where it is 'another one' now"),
        ({**HERE, "versions": "numpy 2"}, "versions 'numpy 1' where it is 'numpy 2' now"),
        ({**HERE, "system": "Linux"}, "system None where it is 'Linux' now"),
    ],
)
def test_figures_of_another_machine_are_not_mixed(figures: Path, here: dict[str, str], says: str) -> None:
    with pytest.raises(SystemExit, match=f"{says}; run `make bench` without PARTS"):
        cli.earlier(figures, here)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"machine": {}, "rows": []}', '{"machine": {}, "parts": {"a": {}}}'])
def test_figures_that_are_none_are_not_completed(figures: Path, text: str) -> None:
    figures.write_text(text)

    with pytest.raises(SystemExit, match=r"expected figures by part, got .*; run `make bench` without PARTS"):
        cli.earlier(figures, HERE)
