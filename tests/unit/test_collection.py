"""What tests there are depends on no clock, process or hash seed: workers of pytest-xdist compare names and order."""

import os
import subprocess
import sys

import pytest

from millrace.paths import ROOT
from tests import scheduler


def collected(paths: list[str]) -> list[str]:
    """The names of the tests below some paths, as another process finds them later."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *paths]
    environment = {**os.environ, "PYTHONHASHSEED": "random", "PYTEST_ADDOPTS": ""}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return [line for line in found.stdout.splitlines() if "::" in line]


def test_another_process_collects_the_same_tests(request: pytest.FixtureRequest) -> None:
    here = [item.nodeid for item in request.session.items]
    chosen = set(here)  # a run may leave out some

    others = [name for name in collected(request.config.args) if name in chosen]

    assert sorted(others, key=scheduler.turn) == sorted(here, key=scheduler.turn)
