"""A world for each seed, in pytest: `pytest_plugins = ["simulator.pytest_plugin"]` in your top conftest.py.

A test that takes `simulated_world` runs once for each seed; a failure shows the world's last happenings.
"""

from collections.abc import Generator
from typing import Any

import pytest

from .world import World

SEEDS = 10


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("simulator")
    group.addoption("--simulated-seeds", type=int, metavar="N", help="simulate the seeds 0 to N - 1")
    group.addoption("--simulated-seed", type=int, metavar="N", help="simulate this seed alone")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"seeds(n): how many seeds `simulated_world` has in this test ({SEEDS})")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "simulated_world" not in metafunc.fixturenames:
        return
    only, count = metafunc.config.getoption("--simulated-seed"), metafunc.config.getoption("--simulated-seeds")
    marker = metafunc.definition.get_closest_marker("seeds")
    if count is None:
        count = marker.args[0] if marker else SEEDS
    seeds = range(count) if only is None else [only]
    metafunc.parametrize("simulated_world", seeds, indirect=True, ids=[f"seed {seed}" for seed in seeds])


@pytest.fixture
def simulated_world(request: pytest.FixtureRequest) -> World:
    """A World of this seed."""
    return World(request.param)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    world = getattr(item, "funcargs", {}).get("simulated_world")
    if report.failed and world is not None:
        report.sections.append((f"simulation, seed {world.seed}: last happenings", world.trace()))
    return report
