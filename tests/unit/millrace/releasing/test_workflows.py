"""The operators' commands on workflows that run in memory; Step Functions and Lambda are fakes."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from millrace.cli import app
from millrace.stack import Stack
from records.values import as_dict
from releases.record import Records
from tests.fakes.release_workflow import MODEL, ReleaseMachine

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:mill-release"
OUTPUTS = {
    "model": {"name": MODEL},
    "model_store": {"bucket": "models"},
    "release_workflow": {
        "function_name": "mill-release",
        "stages": [0.05, 0.25],
        "state_machine_arn": MACHINE,
        "training": False,
    },
}


class AlreadyExists(Exception):
    pass


class Unknown(Exception):
    pass


class FakeReleaseStates:
    """Executions by name; one runs as far as `goes` when it is described."""

    exceptions = SimpleNamespace(
        ExecutionAlreadyExists=AlreadyExists,
        ExecutionDoesNotExist=Unknown,
        InvalidArn=Unknown,
        TaskTimedOut=Unknown,
        TaskDoesNotExist=Unknown,
    )

    def __init__(self, machine: ReleaseMachine) -> None:
        self.machine, self.executions = machine, dict[str, dict[str, Any]]()
        self.answers: list[dict[str, Any]] = []
        self.goes, self.evaluate = ("begin",), machine.more_and_more(0.3, 0.1)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: N803
        assert stateMachineArn == MACHINE
        if name in self.executions:
            raise AlreadyExists
        self.executions[name] = {"status": "RUNNING", "input": json.loads(input)}
        if self.goes:
            self.machine.step("begin", name, input=json.loads(input))
        return {}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        name = executionArn.rpartition(":")[2]
        if name not in self.executions:
            raise Unknown
        found = self.executions[name]
        if found["status"] == "RUNNING" and "end" in self.goes:
            ended = self.machine.run(self.evaluate, execution=name, **found["input"])
            found["status"] = "FAILED" if ended == "failed" else "SUCCEEDED"
        return found

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> None:  # noqa: N803
        self.executions[executionArn.rpartition(":")[2]] |= {"status": "ABORTED", "error": error, "cause": cause}

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        assert taskToken == "token"
        self.answers.append(json.loads(output))


class FakeReleaseFunction:
    def __init__(self, machine: ReleaseMachine) -> None:
        self._machine = machine

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, Qualifier) == ("mill-release", "live")
        body = self._machine.tasks.run(json.loads(Payload))
        return {"Payload": io.BytesIO(json.dumps(body).encode())}


@pytest.fixture
def machine(s3: Any) -> ReleaseMachine:
    return ReleaseMachine(s3)


@pytest.fixture
def states(machine: ReleaseMachine, s3: Any, monkeypatch: pytest.MonkeyPatch) -> FakeReleaseStates:
    states = FakeReleaseStates(machine)
    clients = {
        "s3": s3,
        "stepfunctions": states,
        "lambda": FakeReleaseFunction(machine),
        "sts": SimpleNamespace(get_caller_identity=lambda: {"Arn": "arn:aws:iam::123456789012:user/ada"}),
    }
    monkeypatch.setattr(Stack, "client", lambda self, service, config=None: clients[service])
    monkeypatch.setattr(Stack, "load", lambda name: Stack(name, {}, OUTPUTS))
    return states


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["release", *arguments, "--stack", "dev"])


def test_a_workflow_is_started_followed_and_shown(states: FakeReleaseStates) -> None:
    states.goes = ("begin", "end")
    done = invoke("start", "--version", "2", "--name", "first", "--wait", "-m", "twice the data")
    assert done.exit_code == 0, done.output
    assert "serve     2 serves 0.05 of the keys" in done.output
    assert "release first: 2 promoted: challenger 2 is better" in done.output
    assert states.executions["first"]["input"] == {
        "version": "2", "by": "arn:aws:iam::123456789012:user/ada", "why": "twice the data", "approval": False
    }  # fmt: skip
    shown = json.loads(invoke("status", "--json").output)
    assert (shown["execution"], shown["record"]["state"], shown["record"]["token"]) == ("first", "promoted", False)


def test_one_that_is_not_promoted_ends_with_exit_code_1(states: FakeReleaseStates) -> None:
    states.goes = ("begin", "end")
    states.evaluate = lambda step: None  # the evaluator is silent
    done = invoke("start", "--version", "2", "--wait")
    assert done.exit_code == 1
    assert "2 rolled back: no verdict within 2 h" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected --version V of the model store, or --train"),
        (("--train", "s3://tables/t.csv"), "this one has none; set release_workflow.training"),
        (("--version", "2", "--name", "no/name"), "--name: expected 1 to 100 letters"),
        (("--version", "2", "--name", "n" * 71), "--name: expected up to 70 characters, got 71"),
        (("--version", "2", "--train", "s3://t", "--training", "[]"), "--training: expected a JSON object"),
    ],
)
@pytest.mark.usefixtures("states")
def test_what_cannot_be_started_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = invoke("start", *arguments)
    assert done.exit_code == 1
    assert message in done.output.replace("\n", " ")


def test_a_second_workflow_is_refused_with_the_name_of_the_first(states: FakeReleaseStates) -> None:
    assert invoke("start", "--version", "2", "--name", "first").exit_code == 0
    done = invoke("start", "--version", "3", "--name", "second")
    assert (done.exit_code, list(states.executions)) == (1, ["first"])
    assert "found first running (version 2" in done.output


def test_a_workflow_is_aborted_and_the_release_is_as_it_was(states: FakeReleaseStates, machine: ReleaseMachine) -> None:
    invoke("start", "--version", "2", "--name", "first")
    machine.step("store", "first", pointer=as_dict(machine.pointers["2"]))
    machine.step("serve", "first", stage=0)
    done = invoke("abort", "-m", "the wrong table")
    assert done.exit_code == 0, done.output
    assert states.executions["first"]["status"] == "ABORTED"
    assert "2 failed: Aborted: by arn:aws:iam::123456789012:user/ada: the wrong table" in done.output
    assert machine.release.challenger is None
    assert "expected a release workflow that runs, found none" in invoke("abort").output


@pytest.mark.parametrize(("arguments", "step"), [((), "promote"), (("--deny",), "roll back")])
def test_an_approval_is_sent_to_step_functions(
    states: FakeReleaseStates, machine: ReleaseMachine, arguments: tuple[str, ...], step: str
) -> None:
    assert "expected a release workflow that waits for approval, found no" in invoke("approve").output
    invoke("start", "--version", "2", "--name", "first", "--approval")
    assert "waits for approval, found first, running" in invoke("approve").output
    machine.step("ask", "first", token="token")
    done = invoke("approve", *arguments, "-m", "seen")
    assert done.exit_code == 0, done.output
    (answer,) = states.answers
    assert answer["next"] == step
    assert answer["reason"].endswith("by arn:aws:iam::123456789012:user/ada: seen")


@pytest.mark.usefixtures("states")
def test_without_a_workflow_there_is_none_to_show() -> None:
    assert "no release workflow yet: start one" in invoke("status").output
    assert "release other: expected one of this stack, found none" in invoke("status", "other").output


@pytest.mark.usefixtures("states")
def test_a_stack_without_a_release_workflow_says_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "load", lambda name: Stack(name, {}, {}))
    assert "release_workflow = {} in dev.tfvars" in invoke("status").output


def test_the_record_has_a_token_that_is_not_shown(states: FakeReleaseStates, machine: ReleaseMachine, s3: Any) -> None:
    invoke("start", "--version", "2", "--name", "first", "--approval")
    machine.step("ask", "first", token="token")
    stored = Records(s3, "models", MODEL).read()
    assert stored is not None
    assert stored.record.token == "token"
    assert json.loads(invoke("status", "--json").output)["record"]["token"] is True
