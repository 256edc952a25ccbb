"""What Terraform made: nothing left to change, and nothing that checkov objects to."""

import json
import subprocess
from pathlib import Path
from typing import Any

from millrace import package
from millrace.local import LocalPlace
from millrace.paths import ROOT
from millrace.terraform import MODULE, Terraform


def test_a_plan_after_the_first_apply_shows_no_change(terraform: Terraform, outputs: dict[str, Any]) -> None:
    # Exit status 2 would mean changes: an error here.
    result = terraform.run("plan", "-input=false", "-detailed-exitcode", "-var", _architecture())

    assert "No changes" in result


# Every environment, and both deliveries.
PLANS = (("local", "queued"), ("dev", "direct"), ("prod", "queued"), ("prod", "direct"))


def test_checkov_finds_nothing(terraform: Terraform, tmp_path: Path) -> None:
    """On plans of the environments as they are; one run of checkov for all of them."""
    plans = [_plan(terraform, environment, delivery, tmp_path) for environment, delivery in PLANS]

    done = subprocess.run([ROOT / "scripts" / "checkov", *plans], capture_output=True, text=True, check=False)

    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    failed = [f"{check['check_id']} {check['resource']}" for check in report["results"]["failed_checks"]]
    assert failed == []
    # It did read them: each plan has more than 50 checks that pass.
    assert report["summary"]["passed"] > 50 * len(PLANS), report["summary"]


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
    plan = folder / root.environment
    root.run("plan", "-input=false", f"-var=event_topic={event_topic}", f"-out={plan}")
    written = plan.with_suffix(".json")
    written.write_text(root.run("show", "-json", str(plan)))
    return written


def _architecture() -> str:
    return f"architecture={package.host_architecture()}"
