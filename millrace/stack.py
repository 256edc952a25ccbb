"""A stack: where it runs, what Terraform says of it, and clients for it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Self
from urllib.parse import urlsplit

import botocore.session
import botocore.utils
from botocore.config import Config

from millrace.errors import UserError
from millrace.model import fit, signing
from millrace.model.covered import CoveredOnly
from millrace.paths import SCRATCH
from model_store import names
from model_store.store import ModelStore

# A session makes one client at a time; the clients are for all threads.
_CREATING = Lock()


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack.

    environment : variables that AWS clients need in addition to the user's own: none on AWS, the endpoint locally.
    outputs : Terraform's outputs, by name.
    launched : it runs on the LocalStack that this project starts, and ends with it.
    """

    name: str
    environment: Mapping[str, str]
    outputs: Mapping[str, Any]
    launched: bool = False

    @classmethod
    def load(cls, name: str) -> Self:
        """The stack that was deployed last under this environment's name. Raises UserError."""
        path = _path(name)
        if not path.exists():
            command = "make up" if name == "local" else f"make deploy ENV={name}"
            others = f"; known here: {', '.join(names_here)}" if (names_here := known()) else ""
            raise UserError(
                f"no stack {name!r} is known here: deploy it first with `{command}`, or add one that Terraform applied "
                f"with `millrace stack add`{others}"
            )
        return cls(name, **json.loads(path.read_text()))

    def switched_on(self, output: str, part: str, wording: str) -> Any:
        """The output of an optional part. Raises UserError where the stack was deployed without it.

        part : what `up --with` takes for it. wording : what is missing, and what to do, up to "with".
        """
        if found := self.outputs.get(output):
            return found
        how = (
            f"`millrace up --with {part}`"
            if self.name == "local"
            else f"{output} = {{}} in {self.name}.tfvars, and deploy"
        )
        raise UserError(f"stack {self.name}: expected one with {wording} with {how}")

    def save(self) -> None:
        _path(self.name).parent.mkdir(parents=True, exist_ok=True)
        _path(self.name).write_text(
            json.dumps(
                {"environment": dict(self.environment), "outputs": dict(self.outputs), "launched": self.launched},
                indent=2,
            )
        )

    def forget(self) -> None:
        _path(self.name).unlink(missing_ok=True)

    def client(self, service: str, config: Config | None = None) -> Any:
        """A botocore client for this stack, wherever it runs."""
        environment = {**os.environ, **self.environment}
        with _CREATING:
            return _session().create_client(
                service,
                region_name=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
                endpoint_url=environment.get("AWS_ENDPOINT_URL"),
                aws_access_key_id=self.environment.get("AWS_ACCESS_KEY_ID"),
                aws_secret_access_key=self.environment.get("AWS_SECRET_ACCESS_KEY"),
                config=config,
            )

    def http_url(self) -> str:
        """The address of the stack's endpoint from here, without a slash at its end. Raises UserError without one."""
        http, endpoint = self.outputs.get("http"), self.environment.get("AWS_ENDPOINT_URL")
        if not http:
            raise UserError(f"stack {self.name} has no HTTP endpoint: set `http` in its variables")
        if not endpoint:
            return str(http["url"])
        if http["api_id"]:
            return f"{endpoint}/_aws/execute-api/{http['api_id']}/{http['stage']}"
        # https://<id>.lambda-url.…
        return f"{endpoint}/_aws/lambda-url/{urlsplit(http['url']).netloc.partition('.')[0]}"

    def http_service(self) -> str:
        """The service that checks the signatures of requests to the stack's endpoint: its kind decides."""
        http = self.outputs.get("http") or {}
        return "execute-api" if http.get("api_id") else "lambda"

    def http_key(self, name: str = "default") -> str:
        """The value of an API key of the endpoint; empty where it has no such key."""
        ids = (self.outputs.get("http") or {}).get("key_ids") or {}
        if name not in ids:
            return ""
        value: str = self.client("apigateway").get_api_key(apiKey=ids[name], includeValue=True)["value"]
        return value

    def model_store(self) -> ModelStore:
        """The stack's model store, which signs what is published where signing is on.

        It takes what the scorer can score with the libraries in its package. A stack that was deployed before there was
        a choice has XGBoost.
        """
        signer = signing.signer(self.outputs, lambda: self.client("kms"))
        bucket, name = self.outputs["model_store"]["bucket"], self.outputs["model"]["name"]
        scorer = self.outputs.get("scorer", {})
        return CoveredOnly(
            self.client("s3"),
            bucket,
            name,
            signer,
            xgboost=scorer.get("xgboost", True),
            onnx=scorer.get("onnx", False),
            images=scorer.get("images", False),
            memory=fit.memory(self.outputs),
        )


@cache
def _session() -> botocore.session.Session:
    """The program's session: it reads what describes a service, which is most of a client's cost, and asks the user's
    profile for credentials, once.

    It reads times as UTC: botocore's own way by the local zone is most of the cost of a record.
    """
    session = botocore.session.Session()
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_utc)
    return session


def _utc(value: Any) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    parsed: datetime = botocore.utils.parse_timestamp(value)
    return parsed


def known() -> list[str]:
    """The names of the stacks that are known here."""
    return sorted(path.stem for path in (SCRATCH / "stacks").glob("*.json"))


def _path(name: str) -> Path:
    return SCRATCH / "stacks" / f"{names.check(name, '--stack')}.json"
