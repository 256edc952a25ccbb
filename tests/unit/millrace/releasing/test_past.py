"""Past events of a release workflow: nothing is uploaded before all that may refuse it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from millrace.cli import app
from millrace.stack import Stack
from model_store.release import Release
from releases.record import RUNNING, Records, WorkflowRecord
from tests.fakes.batches import BUCKET, OUTPUTS, FakeBatch
from tests.fakes.envelopes import MODEL, STREAM_ARN, event
from tests.unit.millrace.backtest.test_backtest import NOON, FakeKinesis
from tests.unit.millrace.batch.conftest import batch, clients
from tests.unit.millrace.releasing.test_workflows import MACHINE, AlreadyExists, Unknown

__all__ = ["batch", "clients"]

WORKFLOW = {"function_name": "f", "stages": [0.5], "state_machine_arn": MACHINE, "training": False}
EVENTS = 40


class StartedExecutions:
    """Step Functions, as far as something is started."""

    class exceptions:  # noqa: N801 - botocore's
        ExecutionAlreadyExists, ExecutionDoesNotExist, InvalidArn = AlreadyExists, Unknown, Unknown

    def __init__(self) -> None:
        self.inputs: list[dict[str, Any]] = []

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: N803
        self.inputs.append(json.loads(input))


class Caller:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::123456789012:user/ada"}


@pytest.fixture
def started(batch: FakeBatch, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> StartedExecutions:
    """A stack with batches, a release workflow, and a stream that keeps events."""
    kinesis, states = FakeKinesis(), StartedExecutions()
    for number in range(EVENTS):
        kinesis.put(STREAM_ARN, json.dumps(event(number)).encode(), NOON + timedelta(seconds=number))
    clients |= {"kinesis": kinesis, "stepfunctions": states, "sts": Caller()}
    monkeypatch.setattr(Stack, "load", lambda name: Stack(name, {}, OUTPUTS | {"release_workflow": WORKFLOW}))
    return states


def start(*arguments: str) -> Any:
    given = ["release", "start", "--stack", "dev", "--backtest-from", "2026-11-27T12:00", *arguments]
    return CliRunner().invoke(app, given)


def uploads(batch: FakeBatch) -> list[str]:
    found = batch.s3.list_objects_v2(Bucket=BUCKET, Prefix="uploads/")
    return [one["Key"] for one in found.get("Contents", [])]


def test_events_and_outcomes_are_where_the_workflow_is_told(batch: FakeBatch, started: StartedExecutions) -> None:
    done = start("--version", "2")
    assert done.exit_code == 0, done.output
    assert f"{EVENTS} past events by both versions: about " in done.output
    (given,) = started.inputs
    assert given["backtest"]["bucket"] == BUCKET
    assert uploads(batch) == [given["backtest"]["prefix"], given["backtest"]["outcomes"]]
    assert len(batch.body(given["backtest"]["prefix"]).splitlines()) == EVENTS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--version", "no/version"), "--version: expected 1 to 100 letters"),
        (("--version", "2", "--name", "no/name"), "--name: expected 1 to 100 letters"),
        (("--version", "2", "--name", "n" * 71), "--name: expected up to 70 characters, got 71"),
        (("--train", "s3://tables/t.csv"), "this one has none; set release_workflow.training"),
        (("--version", "2", "--max-cost", "0"), "expected a cost of up to 0, got 40 past events"),
        (("--version", "2", "--backtest-from", "2026-12-01"), "found none"),
    ],
)
def test_what_is_refused_uploads_nothing(
    batch: FakeBatch, started: StartedExecutions, arguments: tuple[str, ...], message: str
) -> None:
    done = start(*arguments)
    assert done.exit_code == 1
    assert message in " ".join(done.output.split())
    assert (uploads(batch), started.inputs) == ([], [])


def test_while_another_workflow_runs_nothing_is_uploaded(batch: FakeBatch, started: StartedExecutions) -> None:
    stored = batch.store.release()
    assert stored is not None
    before: Release = stored.release
    record = WorkflowRecord("first", "2", "ada", "", "2026-11-27T12:00:00.000Z", RUNNING, before)
    Records(batch.s3, "models", MODEL).write(record, replacing=None)

    done = start("--version", "3")

    assert (done.exit_code, "found first running" in done.output) == (1, True)
    assert (uploads(batch), started.inputs) == ([], [])
