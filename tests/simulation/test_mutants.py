"""Each mutant of the scorer and of the redrive must be noticed; one that survives is a hole in the simulation."""

from collections.abc import Callable

import pytest

from tests.simulation.ledger import Violation
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import run

SEEDS, EVENTS = range(24), 1_000


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(name: str, record_property: Callable[[str, object], None]) -> None:
    with MUTANTS[name]():
        for seed in SEEDS:
            try:
                run(seed, EVENTS)
            except Violation as violation:
                record_property("figures", f"mutant killed: {name:44} seed {seed:>2}: {violation.invariant}")
                return
    pytest.fail(f"the mutant {name!r} survived the seeds {SEEDS.start} to {SEEDS.stop - 1}: fix the simulation")


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 24
    assert all(mutant.__doc__ for mutant in MUTANTS.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_code_as_it_is_passes_the_same_seeds(seed: int) -> None:
    assert run(seed, EVENTS).failure == ""
