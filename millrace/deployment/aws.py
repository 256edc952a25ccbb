"""Deploying to AWS: the same root module, the user's own credentials, an S3 backend that the user names."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from millrace.deployment import held_data, quotas
from millrace.deployment.terraform import MODULE, Terraform
from millrace.errors import UserError
from millrace.packaging import trainer
from millrace.packaging.flavour import Flavour
from millrace.paths import ROOT
from millrace.stack import Stack
from model_store import names

Note = Callable[[str], None]
# The only partition with regions that an account opts in to, and a region of it that every account has.
OPT_IN_PARTITION, OPT_IN_REGION = "aws", "us-east-1"
# Exit statuses of `terraform plan -detailed-exitcode`.
CHANGES = 2
NO_ERROR = (0, CHANGES)


class AwsAccount(NamedTuple):
    """Where credentials lead to: the account's id, the partition and the region."""

    id: str
    partition: str
    region: str


def architecture(environment: str) -> str:
    """The architecture that an environment's tfvars name; the root module's own default where they name none.

    Raises UserError where there are no tfvars of that name.
    """
    found = re.search(r'^\s*architecture\s*=\s*"(\w+)"', _sizes(environment).read_text(), re.MULTILINE)
    return found[1] if found else "arm64"


def flavour(environment: str, files: Sequence[Path] = ()) -> Flavour:
    """The libraries in the package of an environment: what the last of its tfvars and of further files of variables
    say, else the root module's defaults. Raises UserError.
    """
    text = "\n".join(path.read_text() for path in (_sizes(environment), *files))
    switches = re.findall(r"^\s*(xgboost|onnx|images)\s*=\s*(\w+)", text, re.MULTILINE)
    return Flavour(**{name: value == "true" for name, value in switches})


def further_packages(environment: str, files: Iterable[Path] = ()) -> dict[str, Any]:
    """Which packages an environment needs besides the scorer's: what its tfvars set, and further files of variables."""
    text = "\n".join(path.read_text() for path in (_sizes(environment), *files))
    return {
        "batch": bool(re.search(r"^\s*batch\s*=\s*\{", text, re.MULTILINE)),
        "http": bool(re.search(r"^\s*http\s*=\s*\{", text, re.MULTILINE)),
        "evaluator": bool(re.search(r"^\s*evaluator\s*=\s*(?!null)\S", text, re.MULTILINE)),
        "release": bool(re.search(r"^\s*release_workflow\s*=\s*(?!null)\S", text, re.MULTILINE)),
        "trainer": _trainers(text),
        "authorizer": bool(re.search(r"^\s*(http\s*=\s*\{.*)?\bjwt\s*=\s*\{", text, re.MULTILINE)),
    }


def _trainers(text: str) -> tuple[str, ...]:
    """The framework of the trainer's models; () without a trainer."""
    if not (found := re.search(r"^\s*trainer\s*=\s*(?!null)(\{[^}]*\}|\S+)", text, re.MULTILINE)):
        return ()
    framework = re.search(r'\bframework\s*=\s*"(\w+)"', re.sub(r"#.*", "", found[1]))
    return (framework[1] if framework else trainer.DEFAULT,)


def plan(environment: str, settings: Path, note: Note) -> int:
    """Show on the user's terminal what a deploy would change, with the backend's `settings`; the exit status."""
    return 0 if _planned(_initialised(environment, settings), note) in NO_ERROR else 1


def deploy(environment: str, settings: Path, note: Note, agreed: Callable[[], bool]) -> int:
    """Show the plan, and apply exactly that where `agreed`; the exit status, 1 where it was not."""
    terraform = _initialised(environment, settings)
    status = _planned(terraform, note)
    if status == CHANGES:
        status = terraform.apply_plan() if agreed() else 1
    if status == 0:
        Stack(environment, {}, terraform.outputs()).save()
    return status


def destroy(environment: str, settings: Path, *, confirmed: bool) -> int:
    """Destroy what deploy made; Terraform asks unless it is `confirmed`. The exit status.

    Raises UserError, before anything is changed, where a bucket that Terraform would not empty holds anything.
    """
    terraform = _initialised(environment, settings)
    held_data.refuse(terraform.state(), Stack(environment, {}, {}).client("s3"), environment)
    status = terraform.show_destroy(confirmed=confirmed)
    if status == 0:
        Stack(environment, {}, {}).forget()
    return status


def _initialised(environment: str, settings: Path) -> Terraform:
    terraform = Terraform(environment, {}, {}, MODULE)
    terraform.init(settings)
    return terraform


def _planned(terraform: Terraform, note: Note) -> int:
    """Plan on the terminal, then compare the plan with the account's quotas; Terraform's exit status.

    Raises UserError where the account cannot have what is planned.
    """
    status = terraform.show_plan()
    if status == CHANGES:
        for text in quotas.check(terraform.planned(), Stack(terraform.environment, {}, {}).client):
            note(text)
    return status


def check_account(note: Note) -> AwsAccount:
    """The account and region of the user's credentials.

    Raises UserError where AWS does not accept them, or the account has not opted in to the region: packages take
    minutes to build.
    """
    session = botocore.session.Session()
    config = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2})
    try:
        if session.get_credentials() is None:
            raise UserError("no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret")
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region")
        if not region:
            raise UserError("no AWS region was found: set AWS_REGION and AWS_DEFAULT_REGION, or region in the profile")
        partition = session.get_partition_for_region(region)
        if partition == OPT_IN_PARTITION:
            for text in quotas.check_region(region, session.create_client("ec2", OPT_IN_REGION, config=config)):
                note(text)
        caller = session.create_client("sts", region, config=config).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"AWS does not accept your credentials: {error}") from None
    return AwsAccount(caller["Account"], partition, region)


def backend_file(environment: str, named: Path | None) -> Path:
    """Where the backend's settings belong: the file that was named, else the environment's."""
    return named or MODULE / "environments" / f"{names.check(environment, 'ENV')}.s3.tfbackend"


def backend(environment: str, named: Path | None) -> Path:
    """The file with the backend's settings: the one that was named, else the environment's. Raises UserError."""
    path = backend_file(environment, named)
    if not path.is_file():
        raise UserError(
            f"no backend settings in {path}: write bucket, key, region and use_lockfile = true there "
            f"(`make bootstrap ENV={environment}` does, and makes the bucket), or name another file with BACKEND=..."
        )
    return path


def _sizes(environment: str) -> Path:
    path = MODULE / "environments" / f"{names.check(environment, 'ENV')}.tfvars"
    if not path.is_file():
        raise UserError(f"ENV={environment}: expected {path.relative_to(ROOT)}; make one, dev.tfvars is an example")
    return path
