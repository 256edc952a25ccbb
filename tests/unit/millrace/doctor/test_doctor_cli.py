"""`millrace doctor` and `millrace report`: what they print, and how they end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import millrace.cli.report
from millrace.doctor import examination as doctor
from millrace.doctor.finding import Finding, Status
from millrace.stack import Stack
from tests.fakes.commands import run
from tests.fakes.kept_run import keep
from tests.fakes.stack import outputs, stack

FINDINGS = [
    Finding("credentials", Status.OK, "arn:aws:iam::1:user/[ada]"),
    Finding("event_stream age", Status.UNKNOWN, "no data"),
    Finding("event_topic dead letters", Status.WARNING, "12 messages wait for a redrive", "millrace redrive"),
]
FAULT = Finding("release", Status.FAULT, "there is none", "millrace model publish <folder>")


@pytest.fixture
def findings(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    Stack("local", {}, outputs()).save()
    findings = list(FINDINGS)
    monkeypatch.setattr(doctor, "examine", lambda stack: findings)
    return findings


def test_without_faults_it_ends_well(findings: list[Finding]) -> None:
    code, out, _ = run("doctor")

    assert code == 0
    assert "arn:aws:iam::1:user/[ada]" in out
    assert "→ millrace redrive" in out


def test_a_fault_is_exit_code_1_and_told_with_its_mend(findings: list[Finding]) -> None:
    findings.append(FAULT)

    code, out, _ = run("doctor")

    assert code == 1
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "release fault there is none" in lines
    assert lines[lines.index("release fault there is none") + 1] == "→ millrace model publish <folder>"


def test_json_is_json_and_nothing_else(findings: list[Finding]) -> None:
    findings.append(FAULT)

    code, out, err = run("doctor", "--json")

    assert (code, err) == (1, "")
    assert json.loads(out)[-1] == {
        "check": "release",
        "status": "fault",
        "what": "there is none",
        "fix": "millrace model publish <folder>",
    }


def test_an_unknown_stack_is_one_line(scratch: Path) -> None:
    code, _, err = run("doctor", "--stack", "nowhere")

    assert code == 1
    assert "no stack 'nowhere' is known here" in " ".join(err.split())


def test_a_stack_in_moto_is_looked_at_with_real_clients(
    aws: Callable[[str], Any], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No function, no release, no alarms: each is told, and nothing raises."""
    made = stack(aws)
    Stack("local", {}, made.outputs).save()

    code, out, _ = run("doctor", "--json")

    status = {finding["check"]: finding["status"] for finding in json.loads(out)}
    assert code == 1
    assert status["event_stream"] == "warning", "moto's stream is not encrypted"
    assert status["release"] == status["scorer alias"] == status["failure_store"] == "fault"
    assert status["event_topic dead letters"] == status["on-failure store"] == "ok"
    assert status["alarms"] == "warning"


def test_a_report_is_written_and_where_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(millrace.cli.report, "SCRATCH", tmp_path)
    folder = keep(tmp_path / "runs" / "20261121-124107")

    code, out, _ = run("report")

    assert code == 0
    assert out.rstrip().endswith("20261121-124107/report.html")
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


def test_a_report_goes_where_it_is_told(tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")

    code, _, _ = run("report", str(folder), "--out", str(tmp_path / "page.html"))

    assert code == 0
    assert (tmp_path / "page.html").exists()
    assert not (folder / "report.html").exists()


def test_no_run_and_no_prices_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(millrace.cli.report, "SCRATCH", tmp_path)
    folder = keep(tmp_path / "run")

    for arguments, told in (
        (["report"], "no run is kept"),
        (["report", str(tmp_path)], "expected a run"),
        (["report", str(folder), "--prices", str(tmp_path / "none.json")], "expected prices as in"),
    ):
        code, _, err = run(*arguments)
        assert code == 1
        assert told in err
