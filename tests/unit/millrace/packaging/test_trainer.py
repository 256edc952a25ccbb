"""The trainer's packages: within Lambda's limit, and each enough for a container by itself."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millrace.errors import UserError
from millrace.packaging import trainer as package_trainer
from millrace.packaging.archive import LAMBDAS_LIMIT, Package
from millrace.packaging.native import host_architecture
from millrace.packaging.trainer import FLAVOURS, build

# What a container does: train, export, and verify in a child process.
TRAIN = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import numpy as np
import trainer.handler
from trainer import learners, tables, training_run
from trainer.request import TrainingRequest
from model_store import isolated

family = learners.of(sys.argv[2])
pick = np.random.default_rng(1).normal(size=(60, 2))
rows = "\\n".join(f"{a},{b},{'yes' if a > b else 'no'}" for a, b in pick.tolist())
made = {}
for learner, raw in {
    "logistic": f"a,b,label\\n{rows}",
    "network": f"a,b,label\\n{rows}",
    "linear": "a,b,label\\n" + "\\n".join(f"{a},{b},{2 * a - b}" for a, b in pick.tolist()),
    "text": "text,label\\n" + "\\n".join(f"word{i % 2} and,{i % 2}" for i in range(40)),
    "trees": "a,label\\n" + "\\n".join(f"{i % 50},{i % 50 > 20}" for i in range(200)),
}.items():
    if learner not in family:
        continue
    options = {"epochs": 200} if learner == "network" else {}
    request = TrainingRequest.read({"table": "s3://b/t.csv", "learner": learner, "options": options}, 0.0)
    mixed = family[learner].mixed
    done = training_run.run(tables.read(raw.encode(), "t.csv", "label", mixed=mixed), request, "m", family)
    isolated.check(done.artifact)
    metrics = done.artifact.manifest.metrics
    made[learner] = metrics.get("accuracy", metrics.get("r2"))
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps([made, sorted(path for path in files if "site-packages" in path)]))
"""
LEARNERS = {"onnx": {"logistic", "network", "linear", "text"}, "xgboost": {"trees"}}


@pytest.fixture(scope="module", params=FLAVOURS)
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def built(framework: str) -> Package:
    """In the project's own folder: built once, and kept for other tests."""
    return build(host_architecture(), framework)


def test_it_needs_nothing_else(built: Package, framework: str, tmp_path: Path) -> None:
    zipfile.ZipFile(built.path).extractall(tmp_path)
    command = [sys.executable, "-I", "-S", "-c", TRAIN, str(tmp_path), framework]
    done = subprocess.run(command, env={"AWS_REGION": "eu-central-1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    made, foreign = json.loads(done.stdout)
    assert made.keys() == LEARNERS[framework]
    assert min(made.values()) > 0.8
    assert foreign == []


def test_it_fits_into_lambda(built: Package, framework: str) -> None:
    budget = FLAVOURS[framework].budget
    assert budget.unzipped < LAMBDAS_LIMIT
    assert budget.unzipped * 0.9 < built.unzipped < budget.unzipped
    assert budget.zipped * 0.8 < built.zipped < budget.zipped


def test_no_tests_and_compilers_are_in_it(built: Package) -> None:
    names = [Path(name) for name in zipfile.ZipFile(built.path).namelist()]
    assert not [name for name in names if set(name.parts) & {*package_trainer.LEFT_OUT, "include"}]


def test_a_package_has_the_libraries_of_its_framework_only(built: Package, framework: str) -> None:
    names = zipfile.ZipFile(built.path).namelist()
    assert any(name.startswith("xgboost/") for name in names) == (framework == "xgboost")
    assert any(name.startswith(("sklearn/", "onnxruntime/")) for name in names) == (framework == "onnx")
    assert ("predictors/onnx/runtime.py" in names) == (framework == "onnx")


def test_another_framework_is_refused() -> None:
    with pytest.raises(UserError, match="expected the framework onnx or xgboost, got 'lightgbm'"):
        build(host_architecture(), "lightgbm")
