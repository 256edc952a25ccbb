"""What Terraform made: nothing left to change, and nothing that checkov objects to."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from millrace import package
from millrace.local import LocalPlace
from millrace.paths import ROOT
from millrace.terraform import MODULE, Terraform


def test_a_plan_after_the_first_apply_shows_no_change(terraform: Terraform, outputs: dict[str, Any]) -> None:
    # Exit status 2 would mean changes: an error here.
    result = terraform.run("plan", "-input=false", "-detailed-exitcode", "-var", _architecture())

    assert "No changes" in result


@pytest.mark.parametrize("delivery", ["queued", "direct"])
@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_checkov_finds_nothing(terraform: Terraform, environment: str, delivery: str, tmp_path: Path) -> None:
    """On the plan of each environment; `terraform` is asked for because the provider needs an endpoint."""
    plan = _plan(terraform, environment, delivery, tmp_path)

    done = subprocess.run([ROOT / "scripts" / "checkov", plan], capture_output=True, text=True, check=False)

    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    failed = [f"{check['check_id']} {check['resource']}" for check in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["passed"] > 50, report["summary"]


def _plan(terraform: Terraform, environment: str, delivery: str, folder: Path) -> Path:
    """The plan's JSON for an environment's own sizes, against an empty state."""
    root = Terraform(
        f"checkov-{environment}-{delivery}",
        {
            **terraform.variables,
            "TF_CLI_ARGS_plan": f"-var-file={MODULE}/environments/{environment}.tfvars",
            "TF_VAR_package": str(ROOT / "build" / f"scorer-{package.host_architecture()}.zip"),
        },
        {},
    )
    root.init(LocalPlace.backend(root.environment))
    event_topic = json.dumps({"delivery": delivery})
    root.run("plan", "-input=false", f"-var=event_topic={event_topic}", f"-out={folder / 'plan'}")
    (folder / "plan.json").write_text(root.run("show", "-json", str(folder / "plan")))
    return folder / "plan.json"


def _architecture() -> str:
    return f"architecture={package.host_architecture()}"
