"""Trainings by the function of a stack: a table goes up, a version of the model comes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from millrace.errors import UserError
from millrace.model.operator import operator
from millrace.model.releases import Changed, Releases
from millrace.stack import Stack

# Lambda's longest timeout, and some seconds for the answer.
SECONDS = 910
REFUSED = "TrainingRefused"


@dataclass(frozen=True, slots=True)
class StackTrainer:
    """The trainer of a stack."""

    stack: Stack

    def train(self, table: str, **members: Any) -> dict[str, Any]:
        """The response to a training request (docs/contracts.md). Raises UserError.

        table : s3://bucket/key, or a file, which is put into the model store's bucket first. members : of the request;
            None is left out.
        """
        trainer = self._outputs()
        request = {name: value for name, value in members.items() if value is not None}
        request["table"] = table if table.startswith("s3://") else self._put(Path(table), trainer)
        client = self.stack.client("lambda", Config(read_timeout=SECONDS, retries={"total_max_attempts": 1}))
        try:
            answer = client.invoke(FunctionName=trainer["alias_arn"], Payload=json.dumps(request).encode())
        except ClientError as error:
            raise UserError(f"the trainer could not be invoked: {error}") from None
        response: dict[str, Any] = json.load(answer["Payload"])
        if "FunctionError" in answer:
            refused = response.get("errorType") == REFUSED
            more = "" if refused else f": its log is {trainer['log_group']}"
            raise UserError(f"{response.get('errorMessage', 'the training ended without an answer')}{more}")
        return response

    def release(self, version: str, why: str = "") -> Changed:
        """Make a version in the model store the champion, signed where artifacts are signed."""
        store = self.stack.model_store()
        return Releases(store, operator(self.stack)).publish(store.artifact(store.pointer(version)), why)

    def _outputs(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] | None = self.stack.outputs.get("trainer")
        if not found:
            raise UserError(
                f"stack {self.stack.name} has no trainer: set `trainer = {{}}` and `onnx = true` in its variables, or "
                '`trainer = { framework = "xgboost" }` for trees, and deploy it'
            )
        return found

    def _put(self, path: Path, trainer: Mapping[str, Any]) -> str:
        place = trainer["tables"]
        key = f"{place['prefix']}{path.name}"
        try:
            body = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path}: expected a table, or s3://bucket/key: {error.strerror}") from None
        self.stack.client("s3").put_object(Bucket=place["bucket"], Key=key, Body=body)
        return f"s3://{place['bucket']}/{key}"
