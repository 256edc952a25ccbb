"""Deploying to AWS: the same root module, the user's own credentials, an S3 backend that the user names."""

import re
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from millrace.deployment.terraform import MODULE, Terraform
from millrace.errors import UserError
from millrace.paths import ROOT
from millrace.stack import Stack
from model_store import names


def architecture(environment: str) -> str:
    """The architecture that an environment's tfvars name; the root module's own default where they name none.

    Raises UserError where there are no tfvars of that name.
    """
    found = re.search(r'^\s*architecture\s*=\s*"(\w+)"', _sizes(environment).read_text(), re.MULTILINE)
    return found[1] if found else "arm64"


def xgboost(environment: str) -> bool:
    """Whether the package of an environment brings libxgboost: what its tfvars say, else the root module's default."""
    found = re.search(r"^\s*xgboost\s*=\s*(\w+)", _sizes(environment).read_text(), re.MULTILINE)
    return not found or found[1] == "true"


def run(command: str, environment: str, settings: Path) -> int:
    """Run plan, apply or destroy on the user's terminal, with the backend's `settings`; Terraform's exit status."""
    terraform = Terraform(environment, {}, {})
    terraform.init(settings)
    status = terraform.interactive(command)
    if status == 0 and command == "apply":
        Stack(environment, {}, terraform.outputs()).save()
    if status == 0 and command == "destroy":
        Stack(environment, {}, {}).forget()
    return status


def check_credentials() -> None:
    """Raises UserError where AWS does not accept the user's credentials: packages take minutes to build."""
    session = botocore.session.Session()
    try:
        if session.get_credentials() is None:
            raise UserError("no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret")
        config = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2})
        region = session.get_config_variable("region") or "us-east-1"  # any region answers
        session.create_client("sts", region_name=region, config=config).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"AWS does not accept your credentials: {error}") from None


def backend(environment: str, named: Path | None) -> Path:
    """The file with the backend's settings: the one that was named, else the environment's. Raises UserError."""
    path = named or MODULE / "environments" / f"{environment}.s3.tfbackend"
    if not path.is_file():
        raise UserError(
            f"no backend settings in {path}: write bucket, key, region and use_lockfile = true there "
            "(docs/aws.md shows how), or name another file with BACKEND=..."
        )
    return path


def _sizes(environment: str) -> Path:
    path = MODULE / "environments" / f"{names.check(environment, 'ENV')}.tfvars"
    if not path.is_file():
        raise UserError(f"ENV={environment}: expected {path.relative_to(ROOT)}; make one, dev.tfvars is an example")
    return path
