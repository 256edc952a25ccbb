"""Each mutant of the scorer and of the redrive must be noticed; one that survives is a hole in the simulation."""

from collections.abc import Callable, Iterator

import pytest
from tests.simulation.killed_by import KILLED_BY

from tests.simulation import mutants_paths
from tests.simulation.ledger import Violation
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import run

SEEDS, EVENTS = range(50), 1_000


def _seeds(name: str) -> Iterator[int]:
    """The seed that is known to detect the mutant, then all."""
    if name in KILLED_BY:
        yield KILLED_BY[name]
    yield from SEEDS


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(name: str, record_property: Callable[[str, object], None]) -> None:
    for seed in _seeds(name):
        with MUTANTS[name]():
            violation = _violation(seed)
        if violation is not None:
            assert seed in KILLED_BY.values() or _violation(seed) is None, "the code as it is fails, too"
            record_property("figures", f"mutant killed: {name:44} seed {seed:>2}: {violation.invariant}")
            return
    pytest.fail(f"the mutant {name!r} survived the seeds {SEEDS.start} to {SEEDS.stop - 1}: fix the simulation")


@pytest.mark.parametrize("seed", sorted(set(KILLED_BY.values())))
def test_the_code_as_it_is_passes_the_same_seeds(seed: int) -> None:
    assert run(seed, EVENTS).failure == ""


def test_there_are_enough_mutants() -> None:
    ours = [mutant for mutant in MUTANTS.values() if mutant.__module__ == mutants_paths.__name__]
    assert len(ours) >= 25
    assert len(MUTANTS) - len(ours) >= 24
    assert all(mutant.__doc__ for mutant in MUTANTS.values())
    assert set(KILLED_BY) <= set(MUTANTS)
    assert set(KILLED_BY.values()) <= set(SEEDS)


def _violation(seed: int) -> Violation | None:
    try:
        run(seed, EVENTS)
    except Violation as violation:
        return violation
    return None
