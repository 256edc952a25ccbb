"""The examples for users' own Terraform, applied as they are: nothing is left to change, and a destroy leaves nothing.

All of terraform/examples are planned in tests/terraform.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from millrace.deployment.terraform import MODULE, Terraform
from millrace.packaging import scorer
from millrace_localstack.launcher import LocalStack

EXAMPLES = MODULE / "examples"
APPLIED = ("minimal", "existing-stream", "several-models", "batch", "in-vpc")
NOT_APPLIED = {
    "cross-account": "the local stack has one account",
    "http-api": "the local stack has no web ACL",
    "sagemaker": "the local stack has no endpoints of SageMaker",
    "service": "applied in localstack/test_containers.py",
}


@pytest.fixture
def example(request: pytest.FixtureRequest, localstack: LocalStack, tmp_path: Path) -> Iterator[Terraform]:
    """Terraform in an example's folder, with its state elsewhere; destroyed afterwards."""
    package = scorer.build(scorer.host_architecture()).path
    state = f"-state={tmp_path / 'state.json'}"
    settings = {f"TF_CLI_ARGS_{command}": state for command in ("apply", "destroy", "plan")}
    values = {"scorer_package": str(package)} | (_network(localstack) if request.param == "in-vpc" else {})
    inputs = {
        f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value) for name, value in values.items()
    }
    environment = {**localstack.environment(), **settings, **inputs}
    terraform = Terraform(f"examples/{request.param}", environment, {}, module=EXAMPLES / request.param)
    terraform.run("init", "-backend=false", "-input=false")
    yield terraform
    terraform.run("destroy", "-auto-approve", "-input=false")


def _network(localstack: LocalStack) -> dict[str, Any]:
    """What the example in a VPC takes as given."""
    session, settings = botocore.session.get_session(), localstack.environment()

    def client(name: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return session.create_client(name, "us-east-1", endpoint_url=settings["AWS_ENDPOINT_URL"], **keys)

    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return {
        "permissions_boundary": client("iam").create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"][
            "Arn"
        ],
        "route_table_ids": [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]],
        "subnet_ids": [subnet],
        "vpc_id": vpc,
    }


@pytest.mark.long(only=True)
@pytest.mark.parametrize("example", APPLIED, indirect=True)
def test_an_example_is_applied(example: Terraform) -> None:
    example.run("apply", "-auto-approve", "-input=false")

    # Exit status 2 would mean changes: an error here.
    assert "No changes" in example.run("plan", "-input=false", "-detailed-exitcode")


def test_every_example_is_applied_or_says_why_not() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {*APPLIED, *NOT_APPLIED}
