"""Models that a stack's trainer made, and their predictions: the demos `digits` and `text`, and trees.

The root module on a LocalStack of its own, with the trainer's real packages. Needs npm and PyPI, for the data.
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from millrace.cli.common import build_package
from millrace.demo import training
from millrace.demo.examples import example
from millrace.demo.traffic import Load
from millrace.deployment import aws, parts
from millrace.deployment.local import NAME, LocalPlace
from millrace.deployment.terraform import Terraform
from millrace.model import catalogue
from millrace.model.on_stack import StackTrainer
from millrace.packaging.scorer import host_architecture
from millrace.paths import ROOT
from millrace.stack import Stack
from millrace_localstack.launcher import LocalStack
from stream_producers.synthetic import LABEL, Sessions
from tests.fakes.ports import held_port
from tests.integration.harness import Harness

pytestmark = pytest.mark.long(only=True)

TREES = 'trainer = {\n  framework = "xgboost"\n  log_retention_days = 1\n}\n'
Deploy = Callable[[str, list[Path]], Stack]


@pytest.fixture(scope="module")
def place() -> Iterator[LocalPlace]:
    with held_port() as port, LocalStack(ROOT, port, instance="trained") as localstack:
        place = LocalPlace(localstack.environment(), localstack)
        place.make_state_bucket()
        yield place


@pytest.fixture
def deploy(place: LocalPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deploy:
    """Applies the root module with further files of variables, for a model of that name: the stack changes."""
    monkeypatch.setattr("millrace.deployment.terraform.SCRATCH", tmp_path)

    def deployed(model: str, files: list[Path]) -> Stack:
        build_package(host_architecture(), aws.flavour(NAME, files), **aws.further_packages(NAME, files))
        arguments = {"architecture": host_architecture(), "model": json.dumps({"name": model})}
        terraform = Terraform(NAME, place.environment, arguments, files=tuple(files))
        terraform.init(place.backend("trained"))
        terraform.apply(lambda progress: None)
        return Stack(NAME, place.environment, terraform.outputs())

    return deployed


@pytest.mark.parametrize("name", ["digits", "text"])
def test_a_demo_trains_in_the_stack_and_is_right_about_what_it_never_saw(
    name: str, place: LocalPlace, deploy: Deploy
) -> None:
    shown = example(name)
    stack = deploy(shown.model, [parts.file(part) for part in shown.parts])
    artifact = shown.release(stack, lambda *_: None)
    shown.check(stack.model_store())
    assert (artifact.manifest.name, artifact.manifest.framework.name) == (shown.model, "onnx")
    assert shown.run(place, stack, Load(dict(shown.events), None, 0.0, 7))


def test_trees_are_trained_in_the_stack_and_score_its_stream(deploy: Deploy, tmp_path: Path) -> None:
    (tmp_path / "trees.tfvars").write_text(TREES)
    stack = deploy("purchase-intent", [tmp_path / "trees.tfvars"])
    Sessions(training.SEED).table(8_000).write_csv(tmp_path / "sessions.csv")
    trainer = StackTrainer(stack)
    response = trainer.train(str(tmp_path / "sessions.csv"), label=LABEL, version="trees")
    trainer.release("trees")

    assert (response["learner"], response["rows"]) == ("trees", {"trained": 6_400, "held_out": 1_600})
    assert response["metrics"]["auc"] > 0.9
    manifest = stack.model_store().artifact(catalogue.released(stack.model_store()).champion).manifest
    assert (manifest.framework.name, manifest.metrics) == ("xgboost", response["metrics"])
    assert {feature.type for feature in manifest.features} == {"float", "bool", "category"}
    with Harness(stack) as harness:
        sent = harness.send(islice(Sessions(101).events(), 1_000), harness.stream)
        account = harness.settle()
    assert account.predictions == len(sent) == 1_000
    assert {prediction.version for prediction in harness.predictions.values()} == {"trees"}
    assert account.roc_auc is not None
    assert account.roc_auc > 0.9
