"""The evaluator's package: enough for a Lambda container by itself, without what the evaluator does not import."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millrace.packaging import evaluator as package_evaluator
from millrace.packaging.archive import Budget, PackageError
from millrace.packaging.evaluator import Package, build
from millrace.packaging.native import host_architecture
from tests.fakes.evaluation import ENVIRONMENT

# What a container does: import the handler, build all but the client's connections, write a Parquet file.
IMPORT = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import evaluator.handler
from evaluator.container import build

made = build(json.loads(sys.argv[2]))
body = made.collector._tables.parquet({"a": "DOUBLE[]"}, [{"a": [0.5]}])
found = made.collector._tables.load("CREATE TABLE t AS SELECT * FROM read_parquet($paths)", {"file": body})
assert made.collector._tables.columns("SELECT a[1] AS a FROM t")[0].tolist() == [0.5]
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps(sorted(path for path in files if "site-packages" in path)))
"""


@pytest.fixture(scope="module")
def built() -> Package:
    """In the project's own folder: built once, and kept for other tests."""
    return build(host_architecture())


def test_it_needs_nothing_else(built, tmp_path):
    zipfile.ZipFile(built.path).extractall(tmp_path)
    command = [sys.executable, "-I", "-c", IMPORT, str(tmp_path), json.dumps(ENVIRONMENT)]
    region = {"AWS_REGION": "eu-central-1"}  # Lambda's own variable, which the client reads
    done = subprocess.run(command, env=region, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_it_holds_what_is_imported_each_module_with_its_bytecode(built):
    names = {Path(name) for name in zipfile.ZipFile(built.path).namelist()}
    assert Path("evaluator/handler.py") in names
    assert Path("evaluation/quality.py") in names
    modules = {name for name in names if name.suffix == ".py"}
    assert len({name for name in names if name.suffix == ".pyc"}) == len(modules)
    assert not [name for name in names if set(name.parts) & {"tests", "scipy", "f2py"}]
    assert not [name for name in names if "_native" in name.name]


def test_it_fits_a_direct_upload(built):
    assert built.zipped < 50_000_000
    assert built.unzipped < 240_000_000


def test_it_is_not_built_again_unless_it_is_changed(built):
    assert not build(host_architecture()).built


def test_it_has_a_budget(built, monkeypatch):
    monkeypatch.setattr(package_evaluator, "BUDGET", Budget(zipped=1, unzipped=2_000_000))
    with pytest.raises(PackageError, match=r"evaluator-\w+\.zip: expected at most 1 bytes zipped, got"):
        build(host_architecture())


def test_an_architecture_that_lambda_does_not_have_is_refused():
    with pytest.raises(PackageError, match="expected one of arm64, x86_64, got 'sparc'"):
        build("sparc")
