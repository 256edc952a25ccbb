"""A stack: where it runs, what Terraform says of it, and clients for it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config

from millrace.errors import UserError
from millrace.paths import SCRATCH
from model_store.store import ModelStore


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack.

    environment : variables that AWS clients need beside the user's own: none on AWS, the endpoint locally.
    outputs : Terraform's outputs, by name.
    """

    name: str
    environment: Mapping[str, str]
    outputs: Mapping[str, Any]

    @classmethod
    def load(cls, name: str) -> Self:
        """The stack that was deployed last under this environment's name. Raises UserError."""
        path = _path(name)
        if not path.exists():
            command = "make up" if name == "local" else f"make deploy ENV={name}"
            raise UserError(f"no stack {name!r} is known here: deploy it first with `{command}`")
        return cls(name, **json.loads(path.read_text()))

    def save(self) -> None:
        _path(self.name).parent.mkdir(parents=True, exist_ok=True)
        _path(self.name).write_text(
            json.dumps({"environment": dict(self.environment), "outputs": dict(self.outputs)}, indent=2)
        )

    def forget(self) -> None:
        _path(self.name).unlink(missing_ok=True)

    def client(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client for this stack, wherever it runs."""
        environment = {**os.environ, **self.environment}
        session = boto3.session.Session(
            aws_access_key_id=self.environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.environment.get("AWS_SECRET_ACCESS_KEY"),
            region_name=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
        )
        return session.client(service, endpoint_url=environment.get("AWS_ENDPOINT_URL"), config=config)

    def model_store(self) -> ModelStore:
        return ModelStore(self.client("s3"), self.outputs["model_store"]["bucket"], self.outputs["model"]["name"])


def _path(name: str) -> Path:
    return SCRATCH / "stacks" / f"{name}.json"
