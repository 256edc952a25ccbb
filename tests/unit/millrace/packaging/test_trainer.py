"""The trainer's package: within Lambda's limit, and enough for a container by itself."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millrace.packaging import trainer as package_trainer
from millrace.packaging.archive import Package
from millrace.packaging.native import host_architecture
from millrace.packaging.trainer import BUDGET, LAMBDAS_LIMIT, build

# What a container does: train, export, and verify in a child process.
TRAIN = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import numpy as np
import trainer.handler
from trainer import tables, training_run
from trainer.request import TrainingRequest
from model_store import isolated

pick = np.random.default_rng(1).normal(size=(60, 2))
rows = "\\n".join(f"{a},{b},{'yes' if a > b else 'no'}" for a, b in pick.tolist())
made = {}
for learner, raw in {
    "logistic": f"a,b,label\\n{rows}",
    "network": f"a,b,label\\n{rows}",
    "linear": "a,b,label\\n" + "\\n".join(f"{a},{b},{2 * a - b}" for a, b in pick.tolist()),
    "text": "text,label\\n" + "\\n".join(f"word{i % 2} and,{i % 2}" for i in range(40)),
}.items():
    options = {"epochs": 200} if learner == "network" else {}
    request = TrainingRequest.read({"table": "s3://b/t.csv", "learner": learner, "options": options}, 0.0)
    done = training_run.run(tables.read(raw.encode(), "t.csv", "label"), request, "m")
    isolated.check(done.artifact)
    metrics = done.artifact.manifest.metrics
    made[learner] = metrics.get("accuracy", metrics.get("r2"))
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps([made, sorted(path for path in files if "site-packages" in path)]))
"""


@pytest.fixture(scope="module")
def built() -> Package:
    """In the project's own folder: built once, and kept for other tests."""
    return build(host_architecture())


def test_it_needs_nothing_else(built: Package, tmp_path: Path) -> None:
    zipfile.ZipFile(built.path).extractall(tmp_path)
    command = [sys.executable, "-I", "-S", "-c", TRAIN, str(tmp_path)]
    done = subprocess.run(command, env={"AWS_REGION": "eu-central-1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    made, foreign = json.loads(done.stdout)
    assert min(made.values()) > 0.8
    assert foreign == []


def test_it_fits_into_lambda(built: Package) -> None:
    assert BUDGET.unzipped < LAMBDAS_LIMIT
    assert built.unzipped < BUDGET.unzipped
    assert built.zipped > 50_000_000, "a direct upload would do: Terraform need not put it into S3"


def test_no_tests_and_compilers_are_in_it(built: Package) -> None:
    names = [Path(name) for name in zipfile.ZipFile(built.path).namelist()]
    assert not [name for name in names if set(name.parts) & {*package_trainer.LEFT_OUT, "include"}]
