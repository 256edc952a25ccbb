"""State machines on a LocalStack, and what became of their executions."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.integration.localstack.lab import Lab, unique, wait_for

# Fails for an item that is, or has, "bad"; else returns what it was given.
ECHO = """\
def handle(event, context):
    items = event["Items"] if isinstance(event, dict) and "Items" in event else [event]
    if any(item == "bad" or (isinstance(item, dict) and item.get("bad")) for item in items):
        raise ValueError("a bad item")
    return event
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """An execution that ended. events : the types of its history's events."""

    status: str
    output: Any
    error: str
    arn: str


class Machines:
    def __init__(self, lab: Lab) -> None:
        self.lab, self.client = lab, lab.client("stepfunctions")
        self.role = lab.role([{"Effect": "Allow", "Action": "*", "Resource": "*"}], "states.amazonaws.com")

    def make(self, definition: dict[str, Any], **settings: Any) -> str:
        """The ARN of a machine."""
        made = self.client.create_state_machine(
            name=unique("flow"), definition=json.dumps(definition), roleArn=self.role, **settings
        )
        arn: str = made["stateMachineArn"]
        return arn

    def refused(self, definition: dict[str, Any]) -> bool:
        try:
            self.make(definition)
        except ClientError:
            return True
        return False

    def run(self, arn: str, given: Any = None) -> Ended:
        started = self.client.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]

        found = wait_for(lambda: self.ended(started))
        assert found, "the execution did not end"
        output = json.loads(found["output"]) if "output" in found else None
        return Ended(found["status"], output, found.get("error", ""), started)

    def ended(self, execution: str) -> Any:
        """Its description, or None while it runs."""
        described = self.client.describe_execution(executionArn=execution)
        return None if described["status"] == "RUNNING" else described

    def history(self, execution: str) -> list[str]:
        """The types of its events so far."""
        return [event["type"] for event in self.client.get_execution_history(executionArn=execution)["events"]]

    def map_run(self, execution: str, status: str = "") -> Any:
        """Its only one; with `status`, None unless it has that."""
        (listed,) = self.client.list_map_runs(executionArn=execution)["mapRuns"]
        described = self.client.describe_map_run(mapRunArn=listed["mapRunArn"])
        return described if status in ("", described["status"]) else None


def task(function: str, lab: Lab) -> dict[str, Any]:
    arn = lab.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    return {"Type": "Task", "Resource": arn, "End": True}


PASS = {"Type": "Pass", "End": True}


def distributed(step: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A machine of one distributed map of one step."""
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "One"}
    each = {"Type": "Map", "ItemProcessor": {**processor, "States": {"One": step or PASS}}, "End": True, **fields}
    return {"StartAt": "Each", "States": {"Each": each}}


def object_reader(bucket: str, key: str, **config: Any) -> dict[str, Any]:
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": bucket, "Key": key},
        "ReaderConfig": config,
    }


def writer(bucket: str, prefix: str = "results") -> dict[str, Any]:
    return {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": prefix}}
