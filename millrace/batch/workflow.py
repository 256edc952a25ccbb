"""Item workflows as operators run them: started, followed, and what they leave read."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from millrace.batch.runs import POLL_SECONDS, RUNNING
from millrace.errors import UserError
from millrace.stack import Stack
from workflows import run as workflow

NOTIFIED = "sns:publish"


@dataclass(frozen=True, slots=True)
class WorkflowEnd:
    """status : Step Functions'. comparison : what the run leaves; None where it failed before."""

    status: str
    error: str
    comparison: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Workflows:
    """The item workflow of a stack."""

    stack: Stack
    bucket: str
    machine: str

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Raises UserError where the stack has none."""
        found = stack.outputs.get("batch") or {}
        if not found.get("workflow"):
            raise UserError(
                f"stack {stack.name}: expected one with an item workflow; set batch.workflow = true, deploy"
            )
        return cls(stack, found["bucket"], found["workflow"]["state_machine_arn"])

    def start(self, name: str, given: dict[str, Any]) -> str:
        """The ARN of the execution. given : docs/workflows.md, Start a run."""
        states = self.stack.client("stepfunctions")
        arn: str = states.start_execution(stateMachineArn=self.machine, name=name, input=json.dumps(given))[
            "executionArn"
        ]
        return arn

    def wait(self, execution: str, *, sleep: Callable[[float], None] = time.sleep) -> WorkflowEnd:
        """Until the execution ends."""
        states = self.stack.client("stepfunctions")
        while (described := states.describe_execution(executionArn=execution))["status"] == RUNNING:
            sleep(POLL_SECONDS)
        error = ": ".join(filter(None, (described.get("error"), described.get("cause"))))
        return WorkflowEnd(described["status"], error, self._comparison(execution.rpartition(":")[2]))

    def notifications(self, execution: str) -> int:
        """How many of its messages SNS accepted."""
        states = self.stack.client("stepfunctions")
        pages = states.get_paginator("get_execution_history").paginate(executionArn=execution)
        events = [event for page in pages for event in page["events"]]
        done = [event.get("taskSucceededEventDetails", {}) for event in events]
        return sum(f"{one.get('resourceType')}:{one.get('resource')}" == NOTIFIED for one in done)

    def _comparison(self, name: str) -> dict[str, Any] | None:
        s3 = self.stack.client("s3")
        try:
            body = s3.get_object(Bucket=self.bucket, Key=workflow.folder(name) + workflow.COMPARISON)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        read: dict[str, Any] = json.loads(body)
        return read
