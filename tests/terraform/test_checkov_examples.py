"""checkov finds nothing on the plans of the examples that are stacks of their own: the service and the endpoint."""

import json
import subprocess
from pathlib import Path

import pytest
from moto import mock_aws

from millrace.deployment.local import LocalPlace
from millrace.deployment.terraform import MODULE, Terraform
from millrace.paths import ROOT
from millrace_localstack.launcher.environment import client_environment
from tests.fakes.moto_server import moto_server
from tests.terraform.provider import attached

DIGEST = "sha256:" + "0" * 64
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
SHARED = {"key_arn": KEY, "model_bucket": "models", "model_name": "sessions"}
VARIABLES = {
    "service": SHARED
    | {
        "access_logs_bucket": "logs",
        "api_key_hashes": {"shop": "0" * 64},
        "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "image_digest": DIGEST,
        "subnet_ids": ["subnet-1", "subnet-2"],
        "vpc_id": "vpc-1",
    },
    "sagemaker": SHARED
    | {
        "image": f"registry/web@{DIGEST}",
        "next_image": f"registry/web@{DIGEST}",
        "repository_arn": "arn:aws:ecr:us-east-1:123456789012:repository/web",
    },
}


@pytest.mark.parametrize("example", VARIABLES)
def test_checkov_finds_nothing(tmp_path: Path, example: str) -> None:
    with mock_aws(), moto_server() as url:
        place = LocalPlace(client_environment(url), None)
        variables = tmp_path / "variables.tfvars.json"
        variables.write_text(json.dumps(VARIABLES[example]))
        made = Terraform(f"checkov/{example}", place.environment, {}, module=MODULE / "examples" / example)
        made.run("init", "-backend=false", "-input=false")
        plan, written = tmp_path / "plan", tmp_path / "plan.json"
        with attached(made) as terraform:
            terraform.run("plan", "-input=false", "-lock=false", f"-var-file={variables}", f"-out={plan}")
            written.write_text(terraform.run("show", "-json", str(plan)))

    done = subprocess.run([ROOT / "scripts" / "checkov", written], capture_output=True, text=True, check=False)

    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert [f"{check['check_id']} {check['resource']}" for check in report["results"]["failed_checks"]] == []
    assert report["summary"]["passed"] > 5, report["summary"]
