"""Every run of a small scope: here with one fault, on demand (`make simulate SMALL=1`) with two."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.exploration import Kind
from tests.simulation import cli
from tests.simulation.kept import KeptScopes
from tests.simulation.ledger import Violation
from tests.simulation.mutants import MUTANTS
from tests.simulation.small_scope import Scope, search

# Each with the scope that is enough.
ONE, TWO = Scope(bounds={"fault": 1}), Scope(bounds={"fault": 2})
KILLED = {
    "skip faulty events": ONE,
    "swallow the sinks exception": ONE,
    "ignore failed record count": ONE,
    "take a timeout for a success": ONE,
    "drop the calls that were not made": ONE,
    "publish under the prediction id": ONE,
    "name quarantine objects by the clock": ONE,
    "drop the quarantines result": TWO,
    "leave a failed record out of the response": TWO,
    "respond with a misspelt key": TWO,
}
KILLED_LATE = {
    "report the highest sequence number": TWO,
    "report the record behind": TWO,
    "give up in silence": TWO,
    "resend everything": TWO,
    "resend the entry behind": TWO,
}


@pytest.mark.parametrize("bisect", [True, False], ids=["bisect", "no bisect"])
def test_every_run_with_one_fault(bisect: bool, record_property: Callable[[str, object], None]) -> None:
    scope = Scope(bisect=bisect, bounds={"fault": 1})
    explored = search(scope)
    record_property("figures", f"small scope: {scope.name}: {explored.runs} runs")
    assert explored.complete
    assert explored.runs > 60
    assert explored.longest > 15


def test_without_faults_each_order_is_run() -> None:
    explored = search(Scope(bounds={"fault": 0}))
    assert explored.complete
    assert explored.runs >= 2


@pytest.mark.parametrize("name", KILLED)
def test_a_mutant_is_killed(name: str) -> None:
    _killed(name, KILLED[name])


@pytest.mark.long(only=True)
@pytest.mark.parametrize("name", KILLED_LATE)
def test_a_mutant_is_killed_late(name: str) -> None:
    _killed(name, KILLED_LATE[name])


@pytest.mark.parametrize(
    ("minutes", "said", "code"), [("1", "runs, 0 violations", 0), ("0.01", "not complete: the time was up", 1)]
)
def test_the_command_runs_the_scopes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, minutes: str, said: str, code: int
) -> None:
    bounds: dict[Kind, int] = {"fault": 1 if minutes == "1" else 2}
    monkeypatch.setattr(cli, "SCOPES", (Scope(bisect=False, retries=0, bounds=bounds),))
    monkeypatch.setattr(cli, "KeptScopes", partial(KeptScopes, file=tmp_path / "scopes.jsonl"))
    command = ["--small-scope", "--minutes", minutes, "--jobs", "1", "--resume"]
    result = CliRunner().invoke(cli.app, command)
    assert (result.exit_code, said in result.output) == (code, True), result.output
    if code == 0:
        again = CliRunner().invoke(cli.app, command)
        assert "0 of 1 scopes" in again.output, "it is explored already"
        assert said in again.output


def _killed(name: str, scope: Scope) -> None:
    with MUTANTS[name](), pytest.raises(Violation) as caught:
        search(scope)
    assert any("path" in note for note in caught.value.__notes__), "it says how to run it again"
