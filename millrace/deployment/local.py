"""The local stack: LocalStack without Docker, or the emulator that AWS_ENDPOINT_URL names, and Terraform on it."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from millrace.deployment import disk, parts
from millrace.deployment.terraform import MODULE, Progress, Terraform
from millrace.errors import UserError
from millrace.packaging import scorer as package
from millrace.paths import ROOT, SCRATCH
from millrace.stack import Stack
from millrace_localstack.launcher import LocalStack
from millrace_localstack.launcher.environment import REGION, client_environment

NAME = "local"
STATE_BUCKET = "millrace-terraform-state"
Report = Callable[[Progress], None]


@dataclass(slots=True)
class LocalPlace:
    """Where the local stack runs. `localstack` is None where the user brought an emulator of their own.

    started : LocalStack was started here. deployed : so was the stack, where none was known before.
    model : the name of the model that the stack serves; what the stack that is up serves, or the default, where empty.
    parts : optional parts of the stack that are deployed too (millrace.deployment.parts).
    """

    environment: Mapping[str, str]
    localstack: LocalStack | None
    started: bool = False
    deployed: bool = False
    model: str = ""
    parts: tuple[str, ...] = ()

    @classmethod
    def choose(cls, port: int) -> "LocalPlace":
        """The user's own emulator where AWS_ENDPOINT_URL is set, else LocalStack without Docker on `port`."""
        if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
            return cls(_with_users_own(client_environment(endpoint)), None)
        localstack = LocalStack(ROOT, port)
        return cls(localstack.environment(), localstack)

    @classmethod
    def standing(cls, port: int) -> "list[LocalPlace]":
        """Where there is something to take down, whatever AWS_ENDPOINT_URL is now.

        It is the emulator that the known stack was deployed to, and this project's LocalStack if it runs; without
        either, the emulator that AWS_ENDPOINT_URL names, where an interrupted deploy may have left its state.
        """
        localstack, known = LocalStack(ROOT, port), _known_stack()
        places = []
        if known is not None and not known.launched:
            places.append(cls(known.environment, None))
        if localstack.process() is not None or (known is not None and known.launched):
            places.append(cls(localstack.environment(), localstack))
        if not places and os.environ.get("AWS_ENDPOINT_URL"):
            places.append(cls.choose(port))
        return places

    def check(self) -> None:
        """Raises UserError where a stack is up elsewhere, or LocalStack runs on another port or does not answer."""
        self._check_known()
        if self.localstack is None or self.localstack.running() or not (process := self.localstack.process()):
            return
        if process.port == self.localstack.port:
            raise UserError(f"LocalStack runs on port {process.port}, but does not answer: end it with `make down`")
        raise UserError(
            f"LocalStack runs here already, on port {process.port}: "
            f"use that one with PORT={process.port} make ..., or end it with `make down`"
        )

    def start(self) -> None:
        """Start LocalStack unless it runs already. Raises LauncherError."""
        self.check()
        if self.localstack is not None and not self.localstack.running():
            self.started = True  # said before, as a start that is broken off must be ended too
            self.localstack.start()

    @property
    def folders(self) -> list[Path]:
        """What a deploy writes to: our own folders, and LocalStack's."""
        return disk.places(SCRATCH, ROOT / "build", *([self.localstack.log_file.parent] if self.localstack else []))

    def terraform(self) -> Terraform:
        arguments = {"architecture": package.host_architecture()}
        if model := self.model or self.known_model():
            arguments["model"] = json.dumps({"name": model})
        return Terraform(NAME, self.environment, arguments, files=tuple(parts.file(part) for part in self.parts))

    def deploy(self, report: Report) -> Stack:
        """Apply the root module; its state is in the emulator, in the same kind of bucket as on AWS."""
        self.deployed = self.deployed or not self._known()
        terraform = self._initialised()
        terraform.apply(report)
        stack = Stack(NAME, self.environment, terraform.outputs(), launched=self.localstack is not None)
        stack.save()
        return stack

    def stop(self, report: Report) -> None:
        """End everything. LocalStack takes its resources with it; another emulator's are destroyed one by one."""
        if self.localstack is None:
            self._initialised().destroy(report)
        else:
            self.localstack.stop()
            if process := self.localstack.process():
                raise UserError(f"LocalStack still runs (process {process.pid}, port {process.port}): end that process")
        Stack(NAME, {}, {}).forget()

    def undo(self, report: Report) -> None:
        """End what was begun here; what was there before stays."""
        if self.started:
            self.stop(report)
        elif self.deployed:
            self._initialised().destroy(report)
            Stack(NAME, {}, {}).forget()

    def _initialised(self) -> Terraform:
        self.make_state_bucket()
        terraform = self.terraform()
        terraform.init(self.backend(NAME))
        return terraform

    def known_model(self) -> str:
        """The model of the stack that is up: applied again without a name, it keeps serving it.

        Where the environment's tfvars name one, that counts.
        """
        known = _known_stack()
        sizes = MODULE / "environments" / f"{NAME}.tfvars"
        if (
            re.search(r"^\s*model\s*=", sizes.read_text(), re.MULTILINE)
            or known is None
            or _endpoint(known) != self.environment["AWS_ENDPOINT_URL"]
        ):
            return ""
        name: str = (known.outputs.get("model") or {}).get("name", "")
        return name

    def _known(self) -> bool:
        """Whether the stack that was deployed last is here."""
        known = _known_stack()
        return known is not None and _endpoint(known) == self.environment["AWS_ENDPOINT_URL"]

    def _check_known(self) -> None:
        """A second stack under the same name would leave the first one without a command that ends it."""
        known = _known_stack()
        if (
            known is not None
            and not known.launched
            and _endpoint(known) not in ("", self.environment["AWS_ENDPOINT_URL"])
        ):
            raise UserError(f"the local stack is up at {_endpoint(known)}: end it with `make down` first")

    @staticmethod
    def backend(state: str) -> dict[str, str]:
        """Settings of the S3 backend for the state of that name, in the emulator."""
        return {"bucket": STATE_BUCKET, "key": f"{state}/terraform.tfstate", "region": REGION, "use_lockfile": "true"}

    def make_state_bucket(self) -> None:
        s3: Any = boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_REGION"],
        )
        names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        if STATE_BUCKET not in names:
            s3.create_bucket(Bucket=STATE_BUCKET)


def _known_stack() -> Stack | None:
    try:
        return Stack.load(NAME)
    except UserError:
        return None


def _endpoint(stack: Stack) -> str:
    return stack.environment.get("AWS_ENDPOINT_URL", "")


def _with_users_own(environment: dict[str, str]) -> dict[str, str]:
    return {name: os.environ.get(name, value) for name, value in environment.items()}
