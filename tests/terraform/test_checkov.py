"""checkov finds nothing on the plans of the environments as they are.

They ask AWS whose account it is: moto answers.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from millrace.deployment.local import LocalPlace
from millrace.deployment.terraform import MODULE, Terraform
from millrace.paths import ROOT
from millrace_localstack.launcher.environment import client_environment
from tests.fakes.moto_server import moto_server
from tests.terraform.provider import attached

# Any file will do: nothing is deployed.
PACKAGES = json.dumps(dict.fromkeys(("authorizer", "batch", "evaluator", "http", "release", "scorer"), "./main.tf"))
# What is set on top of an environment: both deliveries, batches, and endpoints of each kind.
TOKENS = {"issuer": "https://id.example", "audience": "predictions", "jwks_url": "https://id.example/jwks.json"}
DOMAIN = {"certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1", "name": "scores.example"}
SETTINGS: dict[str, dict[str, Any]] = {
    "queued": {"event_topic": {"delivery": "queued"}},
    "direct": {"event_topic": {"delivery": "direct"}, "batch": {"input_bucket_arns": ["arn:aws:s3:::events"]}},
    "release": {
        "evaluator": {},
        "release_workflow": {"training": {"function": {"arn": "arn:aws:lambda:eu-west-1:123456789012:function:train"}}},
    },
    "iam": {"http": {"health_routes": True, "public_page": True, "domain": DOMAIN}},
    "tokens": {"http": {"access": "jwt", "jwt": TOKENS, "account_log_role": True}},
    "function-url": {"http": {"kind": "function_url"}},
}
# Every environment.
PLANS = (
    *(("local", "queued"), ("dev", "direct"), ("prod", "queued"), ("prod", "direct")),
    *(("prod", "iam"), ("dev", "tokens"), ("dev", "function-url"), ("dev", "release")),
)


@pytest.fixture
def root() -> Iterator[Terraform]:
    """The root module, initialised with an empty state."""
    with mock_aws(), moto_server() as url:
        place = LocalPlace(client_environment(url), None)
        place.make_state_bucket()
        root = Terraform("checkov", {**place.environment, "TF_VAR_packages": PACKAGES}, {})
        root.init(place.backend(root.environment))
        yield root


def test_checkov_finds_nothing(root: Terraform, tmp_path: Path) -> None:
    """In one run for all of them."""
    plans = [_plan(root, environment, settings, tmp_path) for environment, settings in PLANS]

    done = subprocess.run([ROOT / "scripts" / "checkov", *plans], capture_output=True, text=True, check=False)

    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    failed = [f"{check['check_id']} {check['resource']}" for check in report["results"]["failed_checks"]]
    assert failed == []
    # It did read them: each plan has more than 50 checks that pass.
    assert report["summary"]["passed"] > 50 * len(PLANS), report["summary"]


def _plan(root: Terraform, environment: str, settings: str, folder: Path) -> Path:
    """The plan's JSON for an environment's own sizes, with what is set on top of them."""
    plan = folder / f"{environment}-{settings}"
    sizes = f"-var-file={MODULE}/environments/{environment}.tfvars"
    values = [f"-var={name}={json.dumps(value)}" for name, value in SETTINGS[settings].items()]
    with attached(root) as terraform:
        terraform.run("plan", "-input=false", "-lock=false", sizes, *values, f"-out={plan}")
        shown = terraform.run("show", "-json", str(plan))
    written = plan.with_suffix(".json")
    written.write_text(shown)
    return written
