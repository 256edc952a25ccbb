"""demo, up and down: what they leave behind, and what they say."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from copy import replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from millrace import report
from millrace.accounting.account import Account
from millrace.cli import local as commands
from millrace.console import show
from millrace.demo import examples, training
from millrace.demo import run as demo
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.deployment import local, parts
from millrace.deployment.local import LocalPlace
from millrace.deployment.terraform import Progress
from millrace.errors import UserError
from millrace.packaging import scorer as package
from millrace.packaging.scorer import Package
from millrace.paths import ROOT
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.errors import DocumentInvalid
from model_store.store import ModelStore
from tests.fakes import artifacts, kept_run
from tests.fakes.commands import plain, run
from tests.fakes.localstack import FakeLocalStack
from tests.fakes.store import FakeModelStore
from tests.fakes.terraform import FakeTerraform, diagnostic

EMULATOR = "http://127.0.0.1:1"
OUTPUTS = {"model": {"name": "sessions"}, "model_store": {"bucket": "models"}}
GOOD = Account({"event_stream": 10}, 10, {}, 0, (), (), (), 0, {50: 0.1, 95: 0.2, 99: 0.3}, 5.0, 0.9)


class Machine:
    """This machine: its LocalStack, its Terraform, and what comes of a run."""

    def __init__(self, folder: Path) -> None:
        self.localstack = FakeLocalStack(folder)
        self.terraform = FakeTerraform.install(folder / "bin")
        self.terraform.answers("show", {"resource_changes": []})
        self.terraform.answers("output", {name: {"value": value} for name, value in OUTPUTS.items()})
        self.outcome: demo.DemoOutcome | BaseException = demo.DemoOutcome([], GOOD, Counter())
        self.loads: list[Load] = []
        self.kept: BaseException | Path = Path("runs/1")
        self.page: BaseException | Path = ROOT / "runs" / "1" / "report.html"
        self.store = FakeModelStore()
        self.trained: list[str] = []

    @property
    def up(self) -> bool:
        return self.localstack.up is not None

    def run(self, stack: Stack, load: Load) -> Callable[[], demo.DemoOutcome]:
        """Stands for demo.Run."""
        self.loads.append(load)

        def call() -> demo.DemoOutcome:
            if isinstance(self.outcome, BaseException):
                raise self.outcome
            return self.outcome

        return call

    def keep(self, *arguments: object) -> Path:
        """Stands for demo.keep."""
        if isinstance(self.kept, BaseException):
            raise self.kept
        return self.kept

    def report(self, folder: Path) -> Path:
        """Stands for report.write."""
        assert folder == ROOT / "runs" / "1"
        if isinstance(self.page, BaseException):
            raise self.page
        return self.page


@pytest.fixture
def machine(tmp_path: Path, scratch: Path, artifact: Artifact, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(machine.terraform.folder), prepend=os.pathsep)

    def launcher(root: Path, port: int) -> FakeLocalStack:
        machine.localstack.port = port
        return machine.localstack

    monkeypatch.setattr(local, "LocalStack", launcher)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(
        package,
        "build",
        lambda architecture, flavour, *, entry: Package(Path("scorer.zip"), 1, 2, built=False, native=True),
    )

    def train(name: str, on_round: object) -> Artifact:
        machine.trained.append(name)
        return artifact

    monkeypatch.setattr(training, "train_built_in", train)
    monkeypatch.setattr("millrace.demo.example.publish", lambda store, artifact: store.release_as(champion=artifact))
    monkeypatch.setattr(Stack, "model_store", lambda stack: machine.store)
    monkeypatch.setattr(LocalPlace, "make_state_bucket", lambda place: None)
    monkeypatch.setattr(demo, "DemoRun", machine.run)
    monkeypatch.setattr(demo, "keep", machine.keep)
    monkeypatch.setattr(report, "write", machine.report)
    return machine


def test_demo(machine: Machine) -> None:
    code, out, err = run("demo", "--events", 20, "--topic-events", 3, "--rate", 0, "--seed", 9)

    assert (code, err) == (0, "")
    assert machine.localstack.calls == ["install", "start", "stop"]
    assert machine.loads == [Load({"event_stream": 20, "event_topic": 3}, None, 0.01, 9)]
    steps = ["Lambda package", "LocalStack's environment", "LocalStack without", "Terraform apply", "Model trained"]
    steps += ["Summary", "kept in runs/1", "report: runs/1/report.html", "Torn down"]
    places = [out.index(step) for step in steps]
    assert places == sorted(places)


class CountedExample(Example):
    """An example of another kind: its own model, a part of the stack, and requests in place of events."""

    parts = ("counted",)
    model = "counts"
    events = MappingProxyType({"requests": 300})
    right = True

    def check(self, store: ModelStore) -> None:
        assert store.release() is not None

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        show.CONSOLE.print(f"{stack.name}: {load.events}")
        return self.right


@pytest.fixture
def counted(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[CountedExample]:
    """The registry with one more example, and its part of the stack."""
    module = ModuleType("counted_example")
    module.EXAMPLE = CountedExample  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(examples.EXAMPLES, "counted", module.__name__)
    monkeypatch.setattr(parts, "FOLDER", tmp_path)
    (tmp_path / "local.counted.tfvars").write_text("counted = {}\n")
    return CountedExample


def test_demo_of_another_example(machine: Machine, counted: type[CountedExample], tmp_path: Path) -> None:
    machine.terraform.answers("output", {"model": {"value": {"name": "counts"}}})

    code, out, err = run("demo", "--example", "counted", "--events", 20, "--to", "orders=5")

    assert (code, err) == (0, "")
    assert machine.trained == ["counts"]
    assert "local: {'requests': 20, 'orders': 5}" in out
    planned = machine.terraform.call("plan")["arguments"]
    assert planned.index(f"-var-file={tmp_path}/local.counted.tfvars") < planned.index('-var=model={"name": "counts"}')


def test_an_example_whose_answers_are_wrong_is_exit_code_1(
    counted: type[CountedExample], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "right", False)

    assert run("demo", "--example", "counted")[0] == 1


def test_an_unknown_example_is_refused(machine: Machine) -> None:
    code, _, err = run("demo", "--example", "streams")

    assert (code, machine.localstack.calls) == (1, [])
    assert err == f"error: --example: expected one of {', '.join(examples.EXAMPLES)}, got 'streams'\n"


def test_every_example_can_be_loaded() -> None:
    for name in examples.EXAMPLES:
        found = examples.example(name)
        assert isinstance(found, Example)
        assert found.events, name
        assert parts.check(found.parts, name) == found.parts


def test_up_with_a_part(machine: Machine, counted: type[CountedExample], tmp_path: Path) -> None:
    code, _, err = run("up", "--with", "counted")

    assert (code, err) == (0, "")
    planned = machine.terraform.call("plan")["arguments"]
    assert f"-var-file={tmp_path}/local.counted.tfvars" in planned


def test_up_with_an_unknown_part_is_refused(machine: Machine, counted: type[CountedExample]) -> None:
    code, _, err = run("up", "--with", "count")

    assert (code, err) == (1, "error: --with: expected one of counted, got 'count'\n")
    assert machine.localstack.calls == []


def test_further_sources_get_events_by_name() -> None:
    assert commands._counts(20, 3, ["orders=5"]) == {"event_stream": 20, "event_topic": 3, "orders": 5}


@pytest.mark.parametrize("other", ["orders", "orders=", "=5", "orders=-1", "orders=many"])
def test_a_further_source_without_a_count_is_refused(other: str) -> None:
    with pytest.raises(UserError, match=r"--to: expected NAME=COUNT, such as orders=500, got "):
        commands._counts(20, 3, [other])


@pytest.mark.parametrize(
    "change",
    [{"unaccounted": ("a",)}, {"in_two_places": ("a",)}, {"wrong_code": ("a",)}],
    ids=lambda change: next(iter(change)),
)
def test_demo_with_an_event_out_of_place_is_exit_code_1(machine: Machine, change: dict[str, Any]) -> None:
    machine.outcome = demo.DemoOutcome([], replace(GOOD, **change), Counter())

    code, out, err = run("demo")

    assert (code, err) == (1, "error: not every event ended where it was due: see the summary\n")
    assert "Summary" in out
    assert not machine.up


def test_demo_with_refused_events_still_shows_the_summary(machine: Machine) -> None:
    machine.outcome = demo.DemoOutcome([], GOOD, Counter({"too large": 2, "throttled": 1}))

    code, out, err = run("demo")

    assert (code, err) == (1, "error: not every event was taken by the stack: 2 × too large, 1 × throttled\n")
    assert "Summary" in out
    assert "kept in runs/1" in out


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), UserError("no run")], ids=["disk", "run"])
def test_a_report_that_was_not_written_does_not_cost_the_result(machine: Machine, error: Exception) -> None:
    machine.page = error

    code, out, err = run("demo")

    assert (code, err) == (0, f"error: the report was not written: {error}\n")
    assert "kept in runs/1" in out


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), EndpointConnectionError(endpoint_url="x")], ids=["disk", "logs"]
)
def test_what_could_not_be_kept_does_not_cost_the_result(machine: Machine, error: Exception) -> None:
    machine.kept = error

    code, out, err = run("demo")

    assert code == 0
    assert "Summary" in out
    assert err == f"error: not all of the run's records were kept: {error}\n"
    assert not machine.up


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UserError("no"), 1, "error: no\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
    ids=["error", "Ctrl-C"],
)
def test_demo_tears_down_whatever_happens(machine: Machine, error: BaseException, code: int, line: str) -> None:
    machine.outcome = error

    ended, out, err = run("demo")

    assert (ended, err) == (code, line)
    assert "Torn down" in out
    assert not machine.up


def test_demo_tears_down_after_a_mistake_of_ours(machine: Machine) -> None:
    machine.outcome = ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError):
        run("demo")

    assert not machine.up


@pytest.mark.parametrize("error", [KeyboardInterrupt(), UserError("did not answer")], ids=["Ctrl-C", "error"])
def test_a_start_that_was_broken_off_is_ended(machine: Machine, error: BaseException) -> None:
    machine.localstack.broken = error

    assert run("demo")[0] in (1, 130)
    assert not machine.up


def test_an_apply_that_fails_says_so_and_tears_down(machine: Machine) -> None:
    machine.terraform.answers("apply", diagnostic("error", "no such key"), status=1)

    code, _, err = run("demo")

    assert (code, err) == (1, "error: terraform apply failed:\nno such key\n")
    assert not machine.up


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_break_the_tear_down_off(
    machine: Machine, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.outcome = KeyboardInterrupt()
    stop = machine.localstack.stop

    def interrupted_stop() -> None:
        signal.raise_signal(number)
        stop()

    monkeypatch.setattr(machine.localstack, "stop", interrupted_stop)

    assert run("demo")[0] == 130
    assert not machine.up


def test_a_tear_down_nobody_reads_is_a_tear_down(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is closed: every word is an error."""
    undo = LocalPlace.undo

    def spoken(place: LocalPlace, report: Any) -> None:
        report(Progress(1, 1, "x"))
        undo(place, report)

    def step(title: str) -> Any:
        if title == "Torn down":
            raise OSError(5, "Input/output error")
        return shown(title)

    from millrace.console import show

    shown = show.step
    monkeypatch.setattr(show, "step", step)
    monkeypatch.setattr(LocalPlace, "undo", spoken)

    run("demo")

    assert not machine.up


def test_the_first_error_is_told_when_the_tear_down_fails_too(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.outcome = UserError("the first")

    def broken() -> None:
        raise UserError("the second")

    monkeypatch.setattr(machine.localstack, "stop", broken)

    code, _, err = run("demo")

    assert (code, err) == (1, "error: not everything was torn down: the second\nerror: the first\n")


def test_a_good_run_that_cannot_be_torn_down_is_exit_code_1(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise UserError("still there")

    monkeypatch.setattr(machine.localstack, "stop", broken)

    code, out, err = run("demo")

    assert (code, err) == (1, "error: still there\n")
    assert "Summary" in out


@pytest.mark.parametrize("outcome", [None, UserError("no")], ids=["good", "failed"])
def test_demo_keep_leaves_it_up(machine: Machine, outcome: BaseException | None) -> None:
    machine.outcome = outcome or machine.outcome

    code, out, _ = run("demo", "--keep")

    assert code == (1 if outcome else 0)
    assert machine.up
    assert Stack.load("local").outputs == OUTPUTS
    assert "Torn down" not in out


@pytest.mark.parametrize("outcome", [None, KeyboardInterrupt()], ids=["good", "Ctrl-C"])
def test_demo_leaves_a_stack_that_was_up_as_it_was(machine: Machine, outcome: BaseException | None) -> None:
    assert run("up")[0] == 0
    machine.outcome = outcome or machine.outcome

    code, out, _ = run("demo")

    assert code == (130 if outcome else 0)
    assert machine.localstack.calls == ["install", "start", "install"]
    assert "destroy" not in machine.terraform.commands
    assert Stack.load("local")
    assert ("the stack was up before, and is left up: make down ends it" in out) == (outcome is None)


def test_demo_on_another_port_leaves_the_running_one_alone(machine: Machine) -> None:
    assert run("up")[0] == 0
    before = list(machine.localstack.calls)

    code, out, err = run("demo", "--port", 4570)

    assert (code, out) == (1, "")
    assert err.startswith("error: LocalStack runs here already, on port 4566: use that one with PORT=4566 make")
    assert machine.up
    assert machine.localstack.calls == before


def test_the_port_comes_from_the_environment(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "4599")

    assert run("up")[0] == 0
    assert machine.localstack.port == 4599


def test_up_says_where_and_what(machine: Machine) -> None:
    code, out, _ = run("up")

    assert code == 0
    assert "up at http://127.0.0.1:4566: make produce, make watch, make down\n" in out
    assert [line.split() for line in out.splitlines()[-3:]] == [
        ["output", "member", "value"],
        ["model", "name", "sessions"],
        ["model_store", "bucket", "models"],
    ]
    assert machine.up


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    """A model that reads the demo's events."""
    return kept_run.artifact()


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_release_that_is_there_is_kept(machine: Machine, artifact: Artifact, command: str) -> None:
    machine.store.release_as(champion=artifact)
    before = machine.store.stored

    code, out, err = run(command)

    assert (code, err) == (0, "")
    assert (machine.trained, machine.store.stored) == ([], before)
    assert "  kept: the release's champion is sessions 1\n" in out


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_release_that_cannot_be_read_is_not_replaced(machine: Machine, command: str) -> None:
    machine.store.failure = DocumentInvalid("release.share: expected 0 to 1")

    code, _, err = run(command)

    assert (code, err) == (1, "error: release.share: expected 0 to 1\n")
    assert machine.trained == []


def test_demo_sends_nothing_to_a_model_that_reads_other_features(machine: Machine) -> None:
    """Every event of the demo would be quarantined, and count as the user's."""
    machine.store.release_as(champion=artifacts.artifact())

    code, _, err = run("demo")

    assert code == 1
    assert err.startswith("error: expected a champion that reads the demo's events, got sessions 1")
    assert "millrace replay" in err
    assert machine.loads == []


def test_up_that_fails_leaves_nothing(machine: Machine) -> None:
    machine.terraform.answers("apply", diagnostic("error", "no such key"), status=1)

    code, out, err = run("up")

    assert (code, err) == (1, "error: terraform apply failed:\nno such key\n")
    assert "Torn down" in out
    assert not machine.up


def test_up_again_that_fails_leaves_the_stack_that_was_up(machine: Machine) -> None:
    assert run("up")[0] == 0
    machine.terraform.answers("apply", status=1)

    assert run("up")[0] == 1
    assert machine.up


def test_down(machine: Machine) -> None:
    assert run("up")[0] == 0

    code, out, err = run("down")

    assert (code, err) == (0, "")
    assert out.startswith("✓ Torn down")
    assert not machine.up
    with pytest.raises(UserError, match="no stack"):
        Stack.load("local")


def test_down_ends_it_whatever_its_port(machine: Machine) -> None:
    assert run("up", "--port", 4599)[0] == 0

    assert run("down")[0] == 0
    assert not machine.up


def test_down_where_nothing_runs(machine: Machine) -> None:
    """As after a crash of the machine: the process is gone, the stack is still known."""
    Stack("local", {}, {}, launched=True).save()

    code, out, err = run("down")

    assert (code, err) == (0, "")
    assert out.startswith("LocalStack was not running\n")
    with pytest.raises(UserError, match="no stack"):
        Stack.load("local")


def test_in_the_users_emulator_the_resources_are_destroyed_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", EMULATOR)

    code, out, _ = run("demo")

    assert code == 0
    assert machine.localstack.calls == []
    assert machine.terraform.commands[-1] == "destroy"
    assert "Torn down" in out


def test_in_the_users_emulator_down_destroys(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", EMULATOR)
    assert run("up")[0] == 0
    assert machine.terraform.commands[-1] == "output"

    assert run("down")[0] == 0
    assert machine.terraform.commands[-1] == "destroy"


def test_down_ends_what_up_started_whatever_the_endpoint_is_now(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("up")[0] == 0
    monkeypatch.setenv("AWS_ENDPOINT_URL", EMULATOR)

    assert run("down")[0] == 0
    assert not machine.up
    assert "destroy" not in machine.terraform.commands


def test_down_destroys_in_the_emulator_that_up_deployed_to(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", EMULATOR)
    assert run("up")[0] == 0
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    code, out, err = run("down")

    assert (code, err) == (0, "")
    assert out.startswith(f"at {EMULATOR}\n")
    assert machine.terraform.call("destroy")["environment"]["AWS_ENDPOINT_URL"] == EMULATOR
    assert run("down") == (0, "no local stack is up\n", "")


def test_a_destroy_that_fails_is_no_success_and_the_stack_stays_known(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", EMULATOR)
    assert run("up")[0] == 0
    machine.terraform.answers("destroy", diagnostic("error", "bucket not empty"), status=1)

    code, out, err = run("down")

    assert (code, err) == (1, "error: terraform destroy failed:\nbucket not empty\n")
    assert "Torn down" not in out
    assert Stack.load("local")
    assert run("down", "--forget") == (0, "", "")
    with pytest.raises(UserError, match="no stack"):
        Stack.load("local")


def test_a_localstack_that_does_not_end_is_no_success(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("up")[0] == 0
    monkeypatch.setattr(machine.localstack, "stop", lambda: None)

    code, out, err = run("down")

    assert (code, err) == (1, "error: LocalStack still runs (process 1234, port 4566): end that process\n")
    assert "Torn down" not in out
    assert Stack.load("local")


def test_up_elsewhere_does_not_lose_the_stack_in_an_emulator(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", EMULATOR)
    assert run("up")[0] == 0
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    code, _, err = run("up")

    assert (code, err) == (1, f"error: the local stack is up at {EMULATOR}: end it with `make down` first\n")
    assert Stack.load("local").environment["AWS_ENDPOINT_URL"] == EMULATOR


def test_up_for_a_model_of_the_users_trains_nothing(machine: Machine) -> None:
    code, out, err = run("up", "--model", "churn")

    assert (code, err) == (0, "")
    assert '-var=model={"name": "churn"}' in machine.terraform.call("plan")["arguments"]
    assert machine.trained == []
    assert "no release of sessions yet: millrace model publish FOLDER" in out  # the name is the fake's output


def test_up_again_keeps_the_name_of_the_model(machine: Machine) -> None:
    assert run("up", "--model", "churn")[0] == 0
    assert run("up")[0] == 0

    plans = [call["arguments"] for call in machine.terraform.calls if call["command"] == "plan"]
    assert '-var=model={"name": "sessions"}' in plans[1]


def test_up_for_another_model_says_which_one_is_served_no_more(machine: Machine) -> None:
    assert "note:" not in run("up")[1]
    before = Stack.load("local")
    before.outputs["model"]["name"] = "churn"
    before.save()

    code, out, err = run("up", "--model", "sessions")

    assert (code, err) == (0, "")
    assert "note: the stack served churn, and now serves sessions: MODEL=churn changes it back\n" in plain(out)


def test_up_for_a_name_that_is_none(machine: Machine) -> None:
    code, _, err = run("up", "--model", "../x")
    assert (code, len(err.splitlines())) == (1, 1)
    assert err.startswith("error: --model: expected 1 to 100 letters")
    assert machine.localstack.calls == []
