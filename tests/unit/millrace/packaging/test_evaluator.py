"""The evaluator's package: built alike each time, and enough for a Lambda container by itself."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millrace.packaging import archive
from millrace.packaging import evaluator as package_evaluator
from millrace.packaging.archive import Budget, PackageError
from millrace.packaging.evaluator import Package, build
from tests.fakes.evaluation import ENVIRONMENT

# What a container does: import the handler, and build all but the client's connections.
IMPORT = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import evaluator.handler
from evaluator.container import build

build(json.loads(sys.argv[2]))
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps(sorted(path for path in files if "site-packages" in path)))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return build(folder=tmp_path_factory.mktemp("first"))


def test_it_needs_the_standard_library_only(built):
    command = [sys.executable, "-I", "-c", IMPORT, str(built.path), json.dumps(ENVIRONMENT)]
    region = {"AWS_REGION": "eu-central-1"}  # Lambda's own variable, which the client reads
    done = subprocess.run(command, env=region, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_it_holds_python_alone_each_module_with_its_bytecode(built):
    names = zipfile.ZipFile(built.path).namelist()
    assert "evaluator/handler.py" in names
    assert "evaluation/quality.py" in names
    assert {Path(name).suffix for name in names} == {".py", ".pyc"}


def test_it_is_the_same_byte_for_byte(built, tmp_path):
    assert build(folder=tmp_path).path.read_bytes() == built.path.read_bytes()


def test_it_is_built_again_only_when_asked_or_changed(built, monkeypatch):
    assert not build(folder=built.path.parent).built
    assert build(folder=built.path.parent, force=True).built
    monkeypatch.setattr(archive, "digest", lambda _: "other")
    assert build(folder=built.path.parent).built


def test_it_has_a_budget(built, monkeypatch):
    monkeypatch.setattr(package_evaluator, "BUDGET", Budget(zipped=1, unzipped=2_000_000))
    with pytest.raises(PackageError, match=r"evaluator\.zip: expected at most 1 bytes zipped, got"):
        build(folder=built.path.parent)
