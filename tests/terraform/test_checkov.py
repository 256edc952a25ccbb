"""checkov finds nothing on the plans of the environments as they are.

They ask AWS whose account it is: moto answers.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from millrace.deployment.local import LocalPlace
from millrace.deployment.terraform import MODULE, Terraform
from millrace.paths import ROOT
from millrace_localstack.launcher.environment import client_environment
from tests.fakes.moto_server import moto_server
from tests.terraform.provider import attached

# Every environment, and both deliveries.
PLANS = (("local", "queued"), ("dev", "direct"), ("prod", "queued"), ("prod", "direct"))


@pytest.fixture
def root() -> Iterator[Terraform]:
    """The root module, initialised with an empty state. Any file will do for its package: nothing is deployed."""
    with mock_aws(), moto_server() as url:
        place = LocalPlace(client_environment(url), None)
        place.make_state_bucket()
        root = Terraform("checkov", {**place.environment, "TF_VAR_packages": '{"scorer": "./main.tf"}'}, {})
        root.init(place.backend(root.environment))
        yield root


def test_checkov_finds_nothing(root: Terraform, tmp_path: Path) -> None:
    """In one run for all of them."""
    plans = [_plan(root, environment, delivery, tmp_path) for environment, delivery in PLANS]

    done = subprocess.run([ROOT / "scripts" / "checkov", *plans], capture_output=True, text=True, check=False)

    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    failed = [f"{check['check_id']} {check['resource']}" for check in report["results"]["failed_checks"]]
    assert failed == []
    # It did read them: each plan has more than 50 checks that pass.
    assert report["summary"]["passed"] > 50 * len(PLANS), report["summary"]


def _plan(root: Terraform, environment: str, delivery: str, folder: Path) -> Path:
    """The plan's JSON for an environment's own sizes."""
    plan = folder / f"{environment}-{delivery}"
    sizes = f"-var-file={MODULE}/environments/{environment}.tfvars"
    event_topic = json.dumps({"delivery": delivery})
    with attached(root) as terraform:
        terraform.run("plan", "-input=false", "-lock=false", sizes, f"-var=event_topic={event_topic}", f"-out={plan}")
        shown = terraform.run("show", "-json", str(plan))
    written = plan.with_suffix(".json")
    written.write_text(shown)
    return written
