"""The packages that are weighed are built by the project's own command."""

import subprocess

import pytest

from benchmarks.paths import ROOT
from benchmarks.sizes import build_arguments


@pytest.mark.parametrize("xgboost", [True, False])
def test_the_command_that_builds_a_package_exists(xgboost: bool) -> None:
    command = [ROOT / ".venv" / "bin" / "millrace", *build_arguments("arm64", xgboost=xgboost), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "Build the packages" in done.stdout) == (0, True), done.stderr
