"""Deploying to AWS: the same root module, the user's own credentials, an S3 backend that the user names."""

import re
from pathlib import Path

from millrace.errors import UserError
from millrace.paths import ROOT
from millrace.stack import Stack
from millrace.terraform import MODULE, Terraform


def architecture(environment: str) -> str:
    """The architecture that an environment's tfvars name; the root module's own default where they name none."""
    found = re.search(r'^\s*architecture\s*=\s*"(\w+)"', _sizes(environment).read_text(), re.MULTILINE)
    return found[1] if found else "arm64"


def run(command: str, environment: str, backend_config: Path | None) -> int:
    """Run plan, apply or destroy for an environment on the user's terminal; Terraform's exit status.

    Raises UserError where the environment or the backend's settings are not there.
    """
    _sizes(environment)
    terraform = Terraform(environment, {}, {})
    terraform.init(_backend(environment, backend_config))
    status = terraform.interactive(command)
    if status == 0 and command == "apply":
        Stack(environment, {}, terraform.outputs()).save()
    if status == 0 and command == "destroy":
        Stack(environment, {}, {}).forget()
    return status


def _sizes(environment: str) -> Path:
    path = MODULE / "environments" / f"{environment}.tfvars"
    if not path.is_file():
        raise UserError(f"ENV={environment}: expected {path.relative_to(ROOT)}; make one, dev.tfvars is an example")
    return path


def _backend(environment: str, named: Path | None) -> Path:
    path = named or MODULE / "environments" / f"{environment}.s3.tfbackend"
    if not path.is_file():
        raise UserError(
            f"no backend settings in {path}: write bucket, key, region and use_lockfile = true there "
            "(docs/aws.md shows how), or name another file with BACKEND=..."
        )
    return path
