"""Item workflows on AWS in memory: a state machine of Python around the tasks."""

import json
from typing import Any

from batches.versions import Versions
from model_store.errors import ModelStoreError
from serving.models import Loader
from tests.fakes.batches import BUCKET, INPUT, FakeBatch
from workflows.errors import ItemMissing, ItemTooLarge, ItemUnreadable
from workflows.run import A, B
from workflows.tasks import WorkflowTasks

OUTCOME_OF = {ItemMissing: "missing", ItemTooLarge: "oversized", ItemUnreadable: "corrupt"}


class FakeWorkflow:
    """A state machine of Python around the tasks: what the definition says of each error."""

    def __init__(self, batch: FakeBatch) -> None:
        self.batch = batch
        versions = Versions(Loader(batch.store, threads=1, clock=batch.clock), most=2)
        self.tasks = WorkflowTasks(batch.s3, BUCKET, batch.store, versions, batch.clock, "aws")

    def task(self, name: str, **members: Any) -> dict[str, Any]:
        return self.tasks.run({"task": name, **members}, self.batch.clock.deadline(60))

    def run(self, name: str = "w1", **given: Any) -> dict[str, Any]:
        done = self.task("split", execution=name, input={"bucket": INPUT, "prefix": "in/", **given})
        lines = self.batch.body(done["items"]["key"]).splitlines()
        assert len(lines) == done["items"]["count"]
        for item in map(json.loads, lines):
            self._item({"run": name, "item": item})
        return self.task("compare", run=name)

    def _item(self, state: dict[str, Any], *, fallback: bool = False) -> None:
        state |= {"fallback": fallback}
        try:
            self.task("preprocess", **state)
            state |= {"predicted": self.task("predict", **state), "outcome": "predicted"}
        except (ItemMissing, ItemTooLarge, ItemUnreadable) as error:
            state |= {"outcome": OUTCOME_OF[type(error)], "error": self._error(error)}
        except ModelStoreError as error:
            if state["item"]["place"] == B:
                self._item(state | {"item": state["item"] | {"place": A}}, fallback=True)
                return
            state |= {"outcome": "failed", "error": self._error(error)}
        self.task("store", state=state)

    @staticmethod
    def _error(error: Exception) -> dict[str, str]:
        return {"Error": type(error).__name__, "Cause": json.dumps({"errorMessage": str(error)})}


class FakeWorkflowStates:
    """Runs an execution at once. failing : the error that it ends with."""

    def __init__(self, workflow: FakeWorkflow) -> None:
        self._workflow = workflow
        self.failing = ""
        self.ended: dict[str, dict[str, Any]] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: N803
        arn = f"{stateMachineArn}:{name}"
        if self.failing:
            self.ended[arn] = {"status": "FAILED", "error": self.failing, "cause": "no input"}
        else:
            self._workflow.run(name, **json.loads(input))
            self.ended[arn] = {"status": "SUCCEEDED"}
        return {"executionArn": arn}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return self.ended[executionArn]

    def get_paginator(self, operation: str) -> "FakeWorkflowStates":
        assert operation == "get_execution_history"
        return self

    def paginate(self, *, executionArn: str) -> list[dict[str, Any]]:  # noqa: N803
        done = {"taskSucceededEventDetails": {"resourceType": "sns", "resource": "publish"}}
        other = {"taskSucceededEventDetails": {"resourceType": "lambda", "resource": "invoke"}}
        return [{"events": [{}, other, done]}]
