"""The workflow example of the demo; AWS is in memory, and Step Functions a fake."""

from typing import Any, cast

import pytest

from millrace.batch.workflow import Workflows
from millrace.demo.examples.workflow import WORKFLOW, WorkflowExample
from millrace.demo.traffic import Load
from millrace.deployment import parts
from millrace.errors import UserError
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.stack import Stack
from stream_producers.synthetic import LABEL, Sessions
from tests.fakes.batches import BUCKET, OUTPUTS, FakeBatch
from tests.fakes.workflows import FakeWorkflow, FakeWorkflowStates

MACHINE = {"state_machine_arn": "arn:aws:states:eu-central-1:123456789012:stateMachine:mill-workflow", "topic_arn": "t"}
WITH = OUTPUTS | {"batch": {"bucket": BUCKET, "workflow": MACHINE}}


@pytest.fixture
def states(s3: Any, monkeypatch: pytest.MonkeyPatch) -> FakeWorkflowStates:
    batch = FakeBatch(s3, train(labelled(Sessions(1).table(2_000), LABEL), Recipe("sessions", "v1", rounds=5)))
    states = FakeWorkflowStates(FakeWorkflow(batch))
    clients = {"s3": s3, "stepfunctions": states}
    monkeypatch.setattr(Stack, "client", lambda self, service, config=None: clients[service])
    return states


def run() -> bool:
    return WorkflowExample().run(cast("Any", None), Stack("local", {}, WITH), Load({WORKFLOW: 30}, None, 0.0, seed=7))


def test_every_item_has_its_outcome(states: FakeWorkflowStates, capsys: pytest.CaptureFixture[str]) -> None:
    assert run()
    shown = capsys.readouterr().out
    for line in ("corrupt: corrupt.json", "oversized: oversized.json", "missing: missing.json", "notifications: 1"):
        assert line in shown


def test_a_workflow_that_fails_is_shown(states: FakeWorkflowStates, capsys: pytest.CaptureFixture[str]) -> None:
    states.failing = "BatchRefused"
    assert not run()
    assert "BatchRefused: no input" in capsys.readouterr().err


def test_a_stack_without_one_is_refused() -> None:
    with pytest.raises(UserError, match=r"batch\.workflow = true"):
        Workflows.of(Stack("local", {}, OUTPUTS))


def test_its_part_of_the_stack_exists() -> None:
    assert parts.check(WorkflowExample.parts, "--with") == WorkflowExample.parts
