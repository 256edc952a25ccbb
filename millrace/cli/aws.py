"""Commands that build for AWS, and deploy there with the user's own credentials."""

from pathlib import Path
from typing import Annotated

import typer

from millrace.cli.common import build_package, one_line_errors

Environment = Annotated[str, typer.Argument(help="The environment: terraform/environments/<name>.tfvars.")]
Backend = Annotated[Path | None, typer.Option(help="File with the settings of the S3 backend.")]


def package(
    architectures: Annotated[list[str], typer.Argument(help="arm64, x86_64")],
    without_xgboost: Annotated[
        bool, typer.Option("--without-xgboost", help="Leave libxgboost out: only what the native engine covers scores.")
    ] = False,
) -> None:
    """Build the scorer's Lambda packages."""
    with one_line_errors():
        for architecture in architectures:
            build_package(architecture, xgboost=not without_xgboost)


def plan(environment: Environment, backend_config: Backend = None) -> None:
    """Show what a deploy to AWS would change."""
    _terraform("plan", environment, backend_config)


def deploy(environment: Environment, backend_config: Backend = None) -> None:
    """Deploy to AWS; Terraform shows its plan and asks."""
    _terraform("apply", environment, backend_config)


def destroy(environment: Environment, backend_config: Backend = None) -> None:
    """Destroy what deploy made on AWS; Terraform shows its plan and asks."""
    _terraform("destroy", environment, backend_config)


def _terraform(command: str, environment: str, backend_config: Path | None) -> None:
    from millrace.deployment import aws

    with one_line_errors():
        architecture, settings = aws.architecture(environment), aws.backend(environment, backend_config)
        aws.check_credentials()
        build_package(architecture, xgboost=aws.xgboost(environment))
        raise typer.Exit(aws.run(command, environment, settings))
