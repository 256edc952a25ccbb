"""What Terraform made: nothing left to change."""

from typing import Any

from millrace.deployment.terraform import Terraform


def test_a_plan_after_the_first_apply_shows_no_change(terraform: Terraform, outputs: dict[str, Any]) -> None:
    # Exit status 2 would mean changes: an error here.
    result = terraform.run("plan", "-input=false", "-detailed-exitcode", *_inputs(terraform))

    assert "No changes" in result


def _inputs(terraform: Terraform) -> list[str]:
    return [f"-var={name}={value}" for name, value in terraform.arguments.items()]
