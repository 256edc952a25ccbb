"""Each mutant of the scorer and of the redrive must be noticed; one that survives is a hole in the simulation."""

from collections.abc import Callable, Iterator

import pytest

from tests.simulation import mutants_drift, mutants_paths
from tests.simulation.killed_by import KILLED_BY
from tests.simulation.ledger import Violation
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import run

SEEDS, EVENTS = range(50), 1_000


def _runs(name: str) -> Iterator[tuple[int, int]]:
    """Seed and events of the run that is known to detect the mutant, then of all."""
    if name in KILLED_BY:
        yield KILLED_BY[name]
    yield from ((seed, EVENTS) for seed in SEEDS)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(name: str, record_property: Callable[[str, object], None]) -> None:
    for seed, events in _runs(name):
        with MUTANTS[name]():
            violation = _violation(seed, events)
        if violation is not None:
            known = (seed, events) in KILLED_BY.values()  # whose runs are tested below
            assert known or _violation(seed, events) is None, "the code as it is fails, too"
            record_property("figures", f"mutant killed: {name:44} seed {seed:>2}: {violation.invariant}")
            return
    pytest.fail(f"the mutant {name!r} survived the seeds {SEEDS.start} to {SEEDS.stop - 1}: fix the simulation")


@pytest.mark.parametrize(("seed", "events"), sorted(set(KILLED_BY.values())))
def test_the_code_as_it_is_passes_the_same_runs(seed: int, events: int) -> None:
    assert run(seed, events).failure == ""


def test_there_are_enough_mutants() -> None:
    ours = [mutant for mutant in MUTANTS.values() if mutant.__module__ == mutants_paths.__name__]
    assert len(ours) >= 25
    assert len([mutant for mutant in MUTANTS.values() if mutant.__module__ == mutants_drift.__name__]) >= 9
    assert len(MUTANTS) - len(ours) >= 33
    assert all(mutant.__doc__ for mutant in MUTANTS.values())
    assert set(KILLED_BY) <= set(MUTANTS)
    assert {seed for seed, _ in KILLED_BY.values()} <= set(SEEDS)


def _violation(seed: int, events: int) -> Violation | None:
    try:
        run(seed, events)
    except Violation as violation:
        return violation
    return None
