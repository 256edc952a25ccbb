"""The examples for users' own Terraform, applied as they are: nothing is left to change, and a destroy leaves nothing.

All of terraform/examples are planned in tests/terraform. `service` is applied in localstack/test_containers.py; others
need a network, another account, or what the local stack does not have (web ACLs, endpoints of SageMaker).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from millrace.deployment.terraform import MODULE, Terraform
from millrace.packaging import scorer
from millrace_localstack.launcher import LocalStack

EXAMPLES = MODULE / "examples"
APPLIED = ("minimal", "existing-stream")


@pytest.fixture
def example(request: pytest.FixtureRequest, localstack: LocalStack, tmp_path: Path) -> Iterator[Terraform]:
    """Terraform in an example's folder, with its state elsewhere; destroyed afterwards."""
    package = scorer.build(scorer.host_architecture()).path
    state = f"-state={tmp_path / 'state.json'}"
    settings = {f"TF_CLI_ARGS_{command}": state for command in ("apply", "destroy", "plan")}
    environment = {**localstack.environment(), **settings, "TF_VAR_scorer_package": str(package)}
    terraform = Terraform(f"examples/{request.param}", environment, {}, module=EXAMPLES / request.param)
    terraform.run("init", "-backend=false", "-input=false")
    yield terraform
    terraform.run("destroy", "-auto-approve", "-input=false")


@pytest.mark.long(only=True)
@pytest.mark.parametrize("example", APPLIED, indirect=True)
def test_an_example_is_applied(example: Terraform) -> None:
    example.run("apply", "-auto-approve", "-input=false")

    # Exit status 2 would mean changes: an error here.
    assert "No changes" in example.run("plan", "-input=false", "-detailed-exitcode")
