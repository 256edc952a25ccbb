"""The commands: usage, errors in one line, exit codes."""

import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.exceptions import EndpointConnectionError

from millrace.cli import app
from millrace.cli.common import one_line_errors
from millrace.errors import UserError
from millrace.packaging.flavour import Flavour
from millrace.stack import Stack
from millrace_localstack.launcher.errors import PortTaken
from model_store.errors import ReleaseMissing
from stream_producers.cli import app as producers
from stream_producers.errors import TargetFailed
from stream_producers.report import Report
from tests.fakes.commands import RUNNER, plain, run
from tests.fakes.stack import outputs, stack

COMMANDS = (
    "demo",
    "up",
    "produce",
    "replay",
    "watch",
    "down",
    "redrive",
    "report",
    "doctor",
    "package",
    "plan",
    "predict",
    "deploy",
)
COMMANDS += ("backtest", "batch", "bootstrap", "capacity", "destroy", "env", "explain", "forget", "model", "quarantine")
COMMANDS += ("release", "smoke", "stack")

# Asks nothing, as tests have no terminal.
YES: dict[str, list[str]] = {"plan": [], "deploy": ["--yes"], "destroy": ["--yes"]}


@pytest.mark.parametrize(
    "command",
    [[name] for name in COMMANDS]
    + [["model", "train"], ["model", "train-on-stack"], ["model", "publish"], ["batch", "run"]],
    ids=" ".join,
)
def test_every_command_explains_itself(command: list[str]) -> None:
    code, out, _ = run(*command, "--help")

    assert code == 0
    assert f"Usage: root {' '.join(command)}" in plain(out)


def test_the_commands_are_these() -> None:
    _, out, _ = run("--help")

    assert set(re.findall(r"^│ (\w+)", plain(out), re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("program", ["millrace", "stream-producers"])
def test_the_version_is_printed(program: str) -> None:
    apps = {"millrace": app, "stream-producers": producers}
    result = RUNNER.invoke(apps[program], ["--version"])

    assert (result.exit_code, result.stdout) == (0, f"{program} {metadata.version('millrace')}\n")


@pytest.mark.parametrize("command", ["plan", "deploy", "destroy"])
def test_credentials_are_checked_before_packages_are_built(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backend").touch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(
        "millrace.packaging.scorer.build", lambda architecture, entry, xgboost, onnx: pytest.fail("built a package")
    )

    code, out, err = run(command, "dev", "--backend-config", tmp_path / "backend", *YES[command])

    assert (code, out) == (1, "")
    assert err.startswith("error: no AWS credentials were found: set AWS_PROFILE")


def test_credentials_that_aws_refuses_are_one_line(monkeypatch: pytest.MonkeyPatch, aws: Callable[[str], Any]) -> None:
    from millrace.deployment.aws import check_account

    check_account(pytest.fail)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    notes: list[str] = []
    with pytest.raises(UserError, match="AWS does not accept your credentials: Could not connect"):
        check_account(notes.append)
    assert len(notes) == 1
    assert notes[0].startswith("whether the account has opted in to eu-central-1 was not checked")


def test_help_imports_nothing_heavy() -> None:
    """It answers at once."""
    heavy = {"boto3", "botocore", "numpy", "polars", "scipy", "xgboost"}
    script = f"""
import sys
sys.argv = ["millrace", "--help"]
from millrace.cli import app
try:
    app()
finally:
    print("heavy:", *sorted({heavy} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "Usage" in done.stdout
    assert done.stdout.splitlines()[-1] == "heavy:"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--events", "-1"], "expected a whole number from 0"),
        (["demo", "--rate", "-1"], "expected a number from 0"),
        (["demo", "--bad-fraction", "1.5"], "expected a number from 0 to 1"),
        (["produce", "--count", "-1"], "expected a whole number from 0"),
        (["produce", "--seed", "-1"], "expected a whole number from 0"),
        (["up", "--port", "x"], "expected a whole number from 1 to 65,535"),
        (["deploy"], "missing argument"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], message: str) -> None:
    code, _, err = run(*arguments)

    assert code == 2
    assert message in plain(err)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("expected [a], got b"), "error: expected [a], got b"),
        (UserError("column 'a\x1b[2J\r\u202e'"), r"error: column 'a\u001b[2J\u000d\u202e'"),
        (PortTaken("Port 4566 is taken"), "error: Port 4566 is taken"),
        (ReleaseMissing("no release"), "error: no release"),
        (TargetFailed("event stream events does not answer"), "error: event stream events does not answer"),
        (IsADirectoryError(21, "Is a directory", "a/manifest.json"), "error: a/manifest.json: Is a directory"),
        (
            EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
            'error: Could not connect to the endpoint URL: "http://127.0.0.1:1" '
            "(is the stack up, and are endpoint, region and credentials right?)",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_user_can_mend_is_one_line_and_exit_code_1(
    error: Exception, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as raised, one_line_errors():
        raise error

    assert raised.value.exit_code == 1
    assert capsys.readouterr() == ("", line + "\n")


def test_an_error_of_aws_is_one_line_too(aws: Callable[[str], Any], capsys: pytest.CaptureFixture[str]) -> None:
    """These classes are made by botocore as they are needed."""
    with pytest.raises(typer.Exit), one_line_errors():
        aws("kinesis").describe_stream(StreamName="none")

    assert "ResourceNotFoundException" in capsys.readouterr().err


def test_our_own_mistakes_are_not_made_nice() -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors():
        _ = 1 / 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_is_exit_code_130(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    # As a terminal would: who started the tests may have had the signal ignored.
    former = signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    try:
        with pytest.raises(typer.Exit) as raised, one_line_errors():
            signal.raise_signal(number)
    finally:
        signal.signal(number, former)

    assert raised.value.exit_code == 130
    assert capsys.readouterr().err == "error: interrupted\n"


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("arguments", [["produce"], ["watch"], ["watch", "--stack", "local"]], ids=" ".join)
def test_without_a_stack_there_is_nothing_to_do(arguments: list[str]) -> None:
    assert run(*arguments) == (
        1,
        "",
        "error: no stack 'local' is known here: deploy it first with `make up`, or add one that Terraform applied with "
        "`millrace stack add`\n",
    )


@pytest.mark.usefixtures("scratch")
def test_the_known_stacks_are_listed_for_one_that_is_not() -> None:
    for name in ("prod", "local"):
        Stack(name, {}, outputs()).save()

    code, out, err = run("watch", "--stack", "locla")

    assert (code, out) == (1, "")
    assert err.startswith("error: no stack 'locla' is known here: deploy it first with `make deploy ENV=locla`")
    assert err.endswith("; known here: local, prod\n")


@pytest.mark.usefixtures("scratch")
def test_env_prints_what_a_consumer_needs() -> None:
    evaluator = {"outcomes_stream": {"arn": "arn:…", "name": "outcomes"}}
    there = outputs("a b") | {"evaluator": evaluator}
    there["prediction_sink"]["target"] = there["prediction_sink"]["arn"]
    Stack("local", {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_REGION": "us-east-1"}, there).save()

    assert run("env") == (
        0,
        "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\nexport AWS_REGION=us-east-1\nexport MILLRACE_MODEL=sessions\n"
        "export MILLRACE_EVENT_STREAM=events\nexport MILLRACE_EVENT_TOPIC='a b'\n"
        "export MILLRACE_PREDICTION_SINK_TYPE=kinesis\nexport MILLRACE_PREDICTION_SINK=predictions\n"
        "export MILLRACE_OUTCOMES_STREAM=outcomes\n",
        "",
    )


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("form", ["terraform", "plain", "module"])
def test_a_stack_that_terraform_applied_can_be_added(tmp_path: Path, form: str) -> None:
    wrapped = {name: {"sensitive": False, "type": "x", "value": value} for name, value in outputs().items()}
    module = {"millrace": {"sensitive": False, "type": "x", "value": outputs()}}
    document = {"terraform": wrapped, "plain": outputs(), "module": module}[form]
    (tmp_path / "outputs.json").write_text(json.dumps(document))

    code, out, err = run("stack", "add", "theirs", "--outputs", tmp_path / "outputs.json", "--region", "eu-west-1")

    assert (code, out, err) == (0, "added: --stack theirs is the stack of model sessions\n", "")
    assert Stack.load("theirs").outputs == outputs()
    assert run("stack", "list")[1] == "theirs  eu-west-1  model sessions\n"
    assert run("stack", "forget", "theirs")[0] == 0
    assert run("stack", "list")[1] == ""


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a", "{", "expected what `terraform output -json` prints"),
        ("a", "[]", "expected an object of outputs"),
        ("a", "{}", "got none called failure_store, model, model_store, prediction_sink, scorer: add"),
        ("local", json.dumps(outputs()), "expected another name than 'local'"),
        ("../a", json.dumps(outputs()), "--stack: expected 1 to 100 letters"),
    ],
)
def test_what_is_no_stack_is_not_added(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / "outputs.json").write_text(text)
    code, _, err = run("stack", "add", name, "--outputs", tmp_path / "outputs.json")
    assert (code, len(err.splitlines())) == (1, 1)
    assert message in err


@pytest.fixture
def deployed(aws: Callable[[str], Any], scratch: Path) -> Stack:
    """A stack known as `local`, in memory."""
    running = stack(aws, shards=1)
    saved = Stack("local", {}, running.outputs)
    saved.save()
    return saved


@pytest.mark.usefixtures("deployed")
def test_produce_tells_what_was_sent() -> None:
    code, out, err = run("produce", "--count", 30, "--topic-count", 5, "--rate", 0, "--bad-fraction", 0)

    assert (code, err) == (0, "")
    assert re.search(r"event_stream: sent 30 \(of them bad on purpose: 0\), resent 0, failed 0, [\d,]+ a second", out)
    assert "event_topic: sent 5 " in out


@pytest.mark.usefixtures("deployed")
def test_produce_with_events_that_were_not_taken_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = [Report(sent=9, failed=1), Report(sent=5)]
    monkeypatch.setattr("millrace.demo.traffic.send", lambda *arguments: (reports, []))

    code, out, _ = run("produce")

    assert code == 1
    assert "event_stream: sent 9 (of them bad on purpose: 0), resent 0, failed 1" in out


def test_produce_to_a_stack_that_is_gone_is_one_line(deployed: Stack, aws: Callable[[str], Any]) -> None:
    aws("kinesis").delete_stream(StreamName="events")

    code, _, err = run("produce", "--count", 5, "--topic-count", 0)

    assert code == 1
    assert err.startswith("error: event stream events answers ResourceNotFoundException")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", ["plan", "deploy", "destroy"])
def test_an_environment_that_is_not_there_is_said_before_anything_is_built(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "millrace.packaging.scorer.build", lambda architecture, entry, xgboost, onnx: pytest.fail("built a package")
    )

    code, out, err = run(command, "nope")

    assert (code, out) == (1, "")
    assert err.startswith("error: ENV=nope: expected terraform/environments/nope.tfvars")

    code, out, err = run(command, "dev", "--backend-config", "/nonexistent")

    assert (code, out) == (1, "")
    assert err.startswith("error: no backend settings in /nonexistent: write bucket")


@pytest.mark.parametrize("command", ["plan", "deploy", "destroy"])
@pytest.mark.parametrize("status", [0, 1])
def test_the_exit_code_of_a_deploy_is_terraforms(
    command: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backend").touch()
    calls: list[object] = []
    monkeypatch.setattr("millrace.cli.aws.build_package", lambda *flavour, **options: calls.append((*flavour, options)))

    def terraform(*arguments: object, **_: object) -> int:
        calls.append(arguments[:2])
        return status

    monkeypatch.setattr(f"millrace.deployment.aws.{command}", terraform)
    monkeypatch.setattr("millrace.deployment.aws.check_account", lambda note: calls.append("account"))

    code, _, _ = run(command, "dev", "--backend-config", tmp_path / "backend", *YES[command])

    assert code == status
    further = dict.fromkeys(("batch", "http", "evaluator", "release", "authorizer"), False) | {"trainer": ()}
    assert calls == ["account", ("arm64", Flavour(), further), ("dev", tmp_path / "backend")]


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_without_a_terminal_the_answer_must_be_given(command: str, tmp_path: Path) -> None:
    (tmp_path / "backend").touch()

    code, _, err = run(command, "dev", "--backend-config", tmp_path / "backend")

    assert (code, err) == (1, "error: expected a terminal to ask on, got none; set YES=1 (--yes) to ask nothing\n")


@pytest.mark.parametrize(("answer", "agreed"), [("yes", True), ("y", False), ("no", False), ("", False)])
def test_only_yes_is_accepted(answer: str, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from millrace.cli.aws import _agreed

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    assert _agreed() is agreed


def test_bootstrap_makes_the_bucket_and_the_file(aws: Callable[..., Any], tmp_path: Path) -> None:
    settings = tmp_path / "dev.s3.tfbackend"

    code, out, err = run("bootstrap", "dev", "--backend-config", settings)

    bucket = "millrace-state-123456789012-eu-central-1"
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"made the bucket {bucket}"
    assert bucket in settings.read_text()
    aws("s3").head_bucket(Bucket=bucket)


def test_an_unknown_architecture_is_one_line() -> None:
    assert run("package", "build", "z80") == (1, "", "error: architecture: expected one of arm64, x86_64, got 'z80'\n")


@pytest.mark.usefixtures("deployed")
def test_publishing_what_is_not_there_is_one_line(tmp_path: Path) -> None:
    code, out, err = run("model", "publish", tmp_path / "nothing")

    assert (code, out) == (1, "")
    assert str(tmp_path / "nothing") in err
    assert len(err.splitlines()) == 1


def test_training_on_what_is_not_there_is_one_line(tmp_path: Path) -> None:
    code, _, err = run("model", "train", "--table", tmp_path / "nothing.csv")

    assert code == 1
    assert "nothing.csv" in err
    assert len(err.splitlines()) == 1


def test_a_trained_model_can_be_published(tmp_path: Path, deployed: Stack) -> None:
    table = "visits,purchased\n" + "".join(f"{number % 7},{int(number % 7 > 3)}\n" for number in range(400))
    (tmp_path / "table.csv").write_text(table)

    code, out, _ = run(
        "model", "train", "--table", tmp_path / "table.csv", "--name", "sessions", "--version", "1",
        "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert code == 0
    assert "  auc 1.0000" in out
    assert {path.name for path in (tmp_path / "artifact").iterdir()} == {"model.ubj", "manifest.json"}

    code, out, _ = run("model", "publish", tmp_path / "artifact")
    assert code == 0
    assert out == "champion 1\n"

    (tmp_path / "artifact" / "model.ubj").write_bytes(b"damaged")
    code, _, err = run("model", "publish", tmp_path / "artifact")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "refused" in err
