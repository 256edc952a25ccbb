"""What tests there are depends on no clock, process or hash seed: workers of pytest-xdist compare names and order."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from millrace.paths import ROOT
from tests import scheduler


def collected(files: list[Path]) -> list[str]:
    """The names of the tests of some files, as another process finds them later."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *map(str, files)]
    environment = {**os.environ, "PYTHONHASHSEED": "random"}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return [line for line in found.stdout.splitlines() if "::" in line]


def test_another_process_collects_the_same_tests(request: pytest.FixtureRequest) -> None:
    here = [item.nodeid for item in request.session.items]
    files = list(dict.fromkeys(item.path for item in request.session.items))  # as they were asked for

    chosen = set(here)  # a run may be of a part of a file
    others = [name for name in collected(files) if name in chosen]

    assert sorted(others, key=scheduler.turn) == sorted(here, key=scheduler.turn)
