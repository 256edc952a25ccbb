import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from stream_producers import Sessions, read_receipts
from stream_producers.cli import app

RUNNER = CliRunner()
DEADLINE = 30.0


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


def run(*arguments: object) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_standard_output_gets_the_events_and_nothing_else() -> None:
    code, out, err = run("synthetic", "--to", "stdout", "--count", 700, "--seed", 9)
    assert code == 0
    assert out.encode().splitlines() == [event.data for event in islice(Sessions(9).events(), 700)]
    assert "Sent 700 events to standard output in " in err
    assert "resent 0, failed 0" in err


def test_start_and_keys() -> None:
    _, out, _ = run("synthetic", "--to", "stdout", "--count", 1, "--start", 5_000)
    assert json.loads(out)["event_id"] == "session-7-000005000"


@pytest.mark.usefixtures("aws")
def test_kinesis_with_bad_events_and_receipts(tmp_path: Path) -> None:
    boto3.client("kinesis").create_stream(StreamName="events", ShardCount=1)
    code, out, err = run(
        "synthetic", "--to", "kinesis", "--stream", "events", "--count", 1_000, "--bad-fraction", 0.1,
        "--receipts", tmp_path / "r.jsonl", "--json", "--calls", 1,  # moto gives one sequence number to two threads
    )  # fmt: skip
    assert (code, err) == (0, "")
    report, receipts = json.loads(out), list(read_receipts(tmp_path / "r.jsonl"))
    assert (report["sent"], report["failed"], report["resent"], report["reasons"]) == (1_000, 0, 0, {})
    assert len({receipt.position for receipt in receipts}) == 1_000
    assert sum(receipt.expected_code is not None for receipt in receipts) == report["bad"] > 50


@pytest.mark.usefixtures("aws")
def test_sns_gets_only_bad_events_that_it_can_carry() -> None:
    topic = boto3.client("sns").create_topic(Name="events")["TopicArn"]
    code, out, _ = run("synthetic", "--to", "sns", "--topic", topic, "--count", 200, "--bad-fraction", 1, "--json")
    assert (code, json.loads(out)["sent"], json.loads(out)["bad"]) == (0, 200, 200)


def test_replay(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("key,x,y,z\na,1,TRUE,9\nb,,FALSE,9\nc,3,TRUE,9\n")
    code, out, err = run(
        "replay", tmp_path / "rows.csv", "--to", "stdout", "--label", "y", "--id", "key", "--leave-out", "z",
        "--skip", 1, "--receipts", tmp_path / "r.jsonl",
    )  # fmt: skip
    assert (code, out.splitlines()) == (
        0,
        ['{"event_id":"b","features":{"x":null}}', '{"event_id":"c","features":{"x":3}}'],
    )
    assert [receipt.outcome for receipt in read_receipts(tmp_path / "r.jsonl")] == [0, 1]
    assert "Sent 2 events" in err


def test_replay_with_bad_events_never_leaves_the_features(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,y\n" + "0.5,1\n" * 200)
    code, out, _ = run("replay", tmp_path / "rows.csv", "--to", "stdout", "--label", "y", "--bad-fraction", 1)
    assert code == 0
    assert '"y"' not in out


@pytest.mark.usefixtures("aws")
def test_a_missing_stream_is_one_line_and_exit_code_1() -> None:
    code, out, err = run("synthetic", "--to", "kinesis", "--stream", "none", "--count", 1)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("error: event stream none answers ResourceNotFoundException")


def test_an_input_that_does_not_fit_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x\n1\n")
    code, _, err = run("replay", tmp_path / "rows.csv", "--to", "stdout", "--label", "y")
    assert (code, err) == (1, "error: expected a column y, got x\n")


def test_events_that_failed_give_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"x": "y" * 2**24}) + '\n{"x": "small"}\n')
    code, out, err = run("replay", tmp_path / "rows.jsonl", "--to", "stdout")
    assert (code, len(out.splitlines())) == (1, 1)
    assert "1 failed: larger than the 16,777,216 bytes" in err


def test_receipts_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    code, _, err = run("synthetic", "--to", "stdout", "--count", 1, "--receipts", tmp_path)
    assert (code, err) == (1, f"error: receipts cannot be written to {tmp_path}: Is a directory\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "kinesis"], "--to kinesis needs --stream"),
        (["--to", "sns"], "--to sns needs --topic"),
        (["--to", "nowhere"], "nowhere"),
        (["--to", "stdout", "--rate", "0"], "expected a rate above 0"),
        (["--to", "stdout", "--bad-fraction", "2"], "expected a number from 0 to 1"),
        (["--to", "stdout", "--seed", "-1"], "expected a whole number from 0"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], message: str) -> None:
    code, out, err = run("synthetic", *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_ctrl_c_ends_with_the_report_and_130(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stream_producers", "synthetic", "--to", "stdout", "--rate", "1000", "--json"]
    command += ["--receipts", str(tmp_path / "r.jsonl")]
    # Its own group: the signal must not reach whoever runs the tests. An ignored SIGINT would be inherited.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, process_group=0,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.read(1)  # it is under way
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE)
    report = json.loads(err)
    assert process.returncode == 130
    assert report["interrupted"]
    sent = [json.loads(line)["event_id"] for line in (first + out).splitlines()]
    assert report["sent"] == len(sent) > 0
    assert [receipt.event_id for receipt in read_receipts(tmp_path / "r.jsonl")] == sent
