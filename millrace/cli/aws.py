"""Commands that deploy to AWS with the user's own credentials."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from millrace.cli.common import build_package, one_line_errors
from millrace.errors import UserError

Environment = Annotated[str, typer.Argument(help="The environment: terraform/environments/<name>.tfvars.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing, as in a pipeline.")]
Backend = Annotated[Path | None, typer.Option(help="File with the settings of the S3 backend.")]


def bootstrap(environment: Environment, backend_config: Backend = None) -> None:
    """Make the bucket for Terraform's state, private, versioned and encrypted, and the file that names it."""
    with one_line_errors():
        from millrace.console import show
        from millrace.deployment import aws, state_bucket
        from millrace.stack import Stack

        settings = aws.backend_file(environment, backend_config)
        account, s3 = aws.check_account(_note), Stack(environment, {}, {}).client("s3")
        for done in state_bucket.bootstrap(account, s3, environment, settings):
            show.CONSOLE.print(done, markup=False)


def plan(environment: Environment, backend_config: Backend = None) -> None:
    """Show what a deploy to AWS would change, and check that the account can have it."""
    with one_line_errors():
        from millrace.deployment import aws

        raise typer.Exit(aws.plan(environment, _prepared(environment, backend_config), _note))


def deploy(environment: Environment, backend_config: Backend = None, yes: Yes = False) -> None:
    """Deploy to AWS: show the plan, ask, and apply exactly that.

    The exit code is 0 when the stack is as planned, else 1.
    """
    with one_line_errors():
        from millrace.deployment import aws

        settings = _prepared(environment, backend_config, yes=yes)
        raise typer.Exit(aws.deploy(environment, settings, _note, lambda: yes or _agreed()))


def destroy(environment: Environment, backend_config: Backend = None, yes: Yes = False) -> None:
    """Destroy what deploy made on AWS; Terraform asks.

    Refused before anything is changed where a bucket without force_destroy holds anything, or a table has deletion
    protection.
    """
    with one_line_errors():
        from millrace.deployment import aws

        settings = _prepared(environment, backend_config, yes=yes)
        raise typer.Exit(aws.destroy(environment, settings, confirmed=yes))


def _prepared(environment: str, backend_config: Path | None, *, yes: bool = True) -> Path:
    """The backend's settings, once there is everything that Terraform needs. `yes`: no question will be asked."""
    from millrace.deployment import aws

    architecture, settings = aws.architecture(environment), aws.backend(environment, backend_config)
    if not yes and not sys.stdin.isatty():
        raise UserError("expected a terminal to ask on, got none; set YES=1 (--yes) to ask nothing")
    aws.check_account(_note)
    further = aws.further_packages(environment)
    build_package(architecture, aws.flavour(environment), **further)
    return settings


def _agreed() -> bool:
    return str(typer.prompt("Apply this plan? Only 'yes' is accepted", default="no")).strip() == "yes"


def _note(text: str) -> None:
    from millrace.console import show

    show.ERRORS.print(f"note: {text}", markup=False)
