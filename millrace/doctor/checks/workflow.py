"""The release workflow: its state machine, the rule that restores the release after a stop, and who holds the lock."""

from typing import Any

from millrace.doctor.ask import Absent, Answer
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok
from model_store.errors import DocumentInvalid
from releases.record import WorkflowRecord

RUNNING = "RUNNING"


def rule(place: ExaminedStack, answer: Answer[dict[str, Any]]) -> Finding:
    """Of events:DescribeRule: whether executions that are stopped, or time out, bring the release back."""
    check = "release workflow rule"

    def judge(found: dict[str, Any]) -> Finding:
        if found["State"] != "ENABLED":
            return fault(check, "disabled: after a stopped workflow its challenger keeps serving", place.deploy)
        return ok(check, "enabled")

    return judged(check, answer, judge, place.deploy)


def record(place: ExaminedStack, answer: Answer[dict[str, Any]]) -> tuple[Finding, str]:
    """Of s3:GetObject: the workflow that runs, or the last one; and the execution that holds the lock, or ""."""
    check, execution = "release workflow record", ""
    if isinstance(answer, Absent):
        return ok(check, "no workflow yet"), execution

    def judge(found: dict[str, Any]) -> Finding:
        nonlocal execution
        try:
            read = WorkflowRecord.from_bytes(found["Body"].read())
        except DocumentInvalid as error:
            return fault(check, f"it cannot be read: {error}", 'docs/runbook.md, "A release workflow failed"')
        execution = read.execution if read.running else ""
        return ok(check, f"{read.execution} of {read.version} is {read.state}")

    return judged(check, answer, judge, place.deploy), execution


def run(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of states:DescribeExecution: whether the workflow that holds the lock still runs."""
    check, abort = "release workflow run", place.millrace("release abort")

    def judge(found: dict[str, Any]) -> Finding:
        if found["status"] != RUNNING:
            what = f"{name} is {found['status']}, and the release was not brought back: no other workflow can begin"
            return fault(check, what, abort)
        return ok(check, f"{name} runs")

    return judged(check, answer, judge, abort)
