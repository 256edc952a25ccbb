"""The release function's entry point, and its package: enough for a Lambda container by itself."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millrace.packaging.archive import Package
from millrace.packaging.native import host_architecture
from millrace.packaging.release import build as build_package
from records.settings import ConfigInvalid
from release_workflow.handler import build
from tests.fakes.release_workflow import ENVIRONMENT

IMPORT = """
import json, sys
sys.path[:0] = [sys.argv[1]]
from release_workflow.handler import build

build(json.loads(sys.argv[2]))
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps(sorted(path for path in files if "site-packages" in path)))
"""


@pytest.mark.parametrize("missing", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(ConfigInvalid, match=missing):
        build(ENVIRONMENT | {missing: ""}, clients=lambda service, attempts=1: service)


@pytest.mark.parametrize("shares", ["0.25,0.05", "0.1,0.1", "0", "1.5", "a half", "0.1,", "nan"])
def test_stages_are_growing_shares(shares: str) -> None:
    with pytest.raises(ConfigInvalid, match="STAGE_SHARES: expected growing shares above 0, up to 1"):
        build(ENVIRONMENT | {"STAGE_SHARES": shares}, clients=lambda service, attempts=1: service)


@pytest.fixture(scope="module")
def package() -> Package:
    """In the project's own folder: built once, and kept for other tests."""
    return build_package(host_architecture())


def test_the_package_needs_nothing_else(package: Package, tmp_path: Path) -> None:
    zipfile.ZipFile(package.path).extractall(tmp_path)
    region = {"AWS_REGION": "eu-central-1"}  # Lambda's own variable, which the client reads
    command = [sys.executable, "-I", "-c", IMPORT, str(tmp_path), json.dumps(ENVIRONMENT | region)]
    done = subprocess.run(command, env=region, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_package_has_no_framework_and_no_database(package: Package) -> None:
    names = {Path(name) for name in zipfile.ZipFile(package.path).namelist()}
    assert Path("releases/tasks.py") in names
    assert not [name for name in names if set(name.parts) & {"duckdb", "scorer", "tests", "scipy"}]
    assert not [name for name in names if "libxgboost" in name.name or "_native" in name.name]
