"""One LocalStack and one `terraform apply` for the whole session."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from millrace.demo import training
from millrace.deployment.local import LocalPlace
from millrace.deployment.terraform import Terraform
from millrace.model.catalogue import current
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.packaging import authorizer as package_authorizer
from millrace.packaging import evaluator as package_evaluator
from millrace.packaging import release as package_release
from millrace.packaging import scorer as package
from millrace.packaging.flavour import Flavour
from millrace.paths import ROOT
from millrace.stack import Stack
from millrace_localstack.launcher import LocalStack
from model_store.artifact import Artifact
from stream_producers.synthetic import LABEL, Sessions
from tests.fakes.issuer import Issuer
from tests.fakes.ports import held_port
from tests.integration.harness import Harness
from tests.integration.pace import PACE
from tests.integration.proxy import FaultProxy

STACKS = Path(__file__).parent / "stacks"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.integration)
    items.sort(
        key=lambda item: item.path.name == "test_grants.py"
    )  # what all others did, it compares with what is granted


@pytest.fixture(scope="session")
def proxy() -> Iterator[FaultProxy]:
    """What the scorer calls instead of LocalStack."""
    with FaultProxy() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def localstack(proxy: FaultProxy) -> Iterator[LocalStack]:
    settings = {"MILLRACE_FUNCTION_ENDPOINT_URL": proxy.url, "MILLRACE_LOCALSTACK_PACE": str(PACE)}
    with held_port() as port, LocalStack(ROOT, port, instance="tests", settings=settings) as localstack:
        proxy.upstream = localstack.endpoint_url
        yield localstack


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """The identity provider whose tokens the stack `direct` accepts."""
    with Issuer("https://id.example", "predictions") as issuer:
        yield issuer


@pytest.fixture(scope="session")
def terraform(localstack: LocalStack, issuer: Issuer) -> Terraform:
    """The tests' root module, initialised with its state in LocalStack."""
    architecture = package.host_architecture()
    for flavour in (Flavour(), Flavour(onnx=True)):  # the second for users' journeys
        package.build(architecture, flavour)
    for entry in (package.HTTP, package.BATCH):
        package.build(architecture, entry=entry)
    package_authorizer.build(architecture)
    package_evaluator.build(architecture)
    package_release.build(architecture)
    _zip(STACKS / "training_task.py", ROOT / "build" / "it-trainer.zip")
    place = LocalPlace(localstack.environment(), localstack)
    place.make_state_bucket()
    terraform = Terraform(
        "tests",
        {**localstack.environment(), "TF_CLI_ARGS_apply": "-parallelism=40"},
        {"architecture": architecture, "jwks_url": issuer.keys_url},
        STACKS,
    )
    terraform.init(place.backend("tests"))
    return terraform


@pytest.fixture(scope="session")
def apply_log(terraform: Terraform, localstack: LocalStack) -> str:
    """What LocalStack logged during the session's apply."""
    log = localstack.folders.log_file
    before = log.stat().st_size
    terraform.apply(lambda progress: None)
    with log.open("rb") as file:
        file.seek(before)
        return file.read().decode(errors="replace")


@pytest.fixture(scope="session")
def outputs(terraform: Terraform, apply_log: str) -> dict[str, Any]:
    assert apply_log, "the stacks are applied by now"
    return terraform.outputs()


@pytest.fixture(scope="session")
def stacks(outputs: dict[str, Any], localstack: LocalStack) -> dict[str, Stack]:
    names = ("queued", "direct", "topic_sink", "attached")
    return {name: Stack(name, localstack.environment(), outputs[name]) for name in names}


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    """A model of the built-in task, small enough to train in a moment."""
    return train_version("v1")


def train_version(version: str, rounds: int = 40, name: str = "purchase-intent") -> Artifact:
    table = labelled(Sessions(training.SEED).table(8_000), LABEL)
    return train(table, Recipe(name, version, rounds=rounds))


@pytest.fixture
def harness(
    stacks: dict[str, Stack], outputs: dict[str, Any], artifact: Artifact
) -> Iterator[Callable[[str], Harness]]:
    """Opens a stack by name, with a model that serves."""
    opened: list[Harness] = []

    def open_stack(name: str) -> Harness:
        observer = outputs["observer_url"] if name == "topic_sink" else None
        harness = Harness(stacks[name], observer_url=observer)
        if stacks[name].outputs["model"]["name"] == artifact.manifest.name:
            release = current(stacks[name].model_store())
            serves = release is not None and release.champion.version == artifact.manifest.version
            (harness.publish if serves else harness.serve)(artifact)
        opened.append(harness.__enter__())
        return harness

    yield open_stack
    for harness in opened:
        harness.__exit__(None, None, None)


def _zip(module: Path, target: Path) -> None:
    """A Lambda package of one module, the same bytes each time."""
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo(module.name), module.read_bytes())
