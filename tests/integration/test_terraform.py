"""What Terraform made: nothing left to change."""

from typing import Any

from millrace.deployment.terraform import Terraform
from millrace.packaging import scorer as package


def test_a_plan_after_the_first_apply_shows_no_change(terraform: Terraform, outputs: dict[str, Any]) -> None:
    # Exit status 2 would mean changes: an error here.
    result = terraform.run("plan", "-input=false", "-detailed-exitcode", "-var", _architecture())

    assert "No changes" in result


def _architecture() -> str:
    return f"architecture={package.host_architecture()}"
