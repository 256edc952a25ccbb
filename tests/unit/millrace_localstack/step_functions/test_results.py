import json
from datetime import UTC, datetime

import pytest

from millrace_localstack.plugin.step_functions.results import Child, FailureTolerance, files, manifest

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:flow/Each"


@pytest.mark.parametrize(
    ("tolerance", "failed", "exceeded"),
    [
        (FailureTolerance(), 0, False),
        (FailureTolerance(), 1, True),
        (FailureTolerance(count=3), 3, False),
        (FailureTolerance(count=3), 4, True),
        (FailureTolerance(percentage=5.0), 5, False),
        (FailureTolerance(percentage=5.0), 6, True),
        (FailureTolerance(count=0), 1, True),
        (FailureTolerance(count=50, percentage=5.0), 6, True),  # either threshold
        (FailureTolerance(count=1, percentage=100.0), 2, True),
        (FailureTolerance(percentage=100.0), 100, False),
    ],
)
def test_a_run_fails_above_either_threshold(tolerance: FailureTolerance, failed: int, exceeded: bool) -> None:
    assert tolerance.exceeded(failed, 100) is exceeded


def test_each_status_has_its_file() -> None:
    children = [
        Child(0, {"x": 1}, 1, "SUCCEEDED", output=[2], began=NOW, ended=NOW),
        Child(1, {"x": 2}, 1, "FAILED", error={"error": "ValueError", "cause": "bad"}, began=NOW, ended=NOW),
        Child(2, {"x": 3}, 1, "TIMED_OUT", error={"error": "States.Timeout"}, began=NOW, ended=NOW),
        Child(3, {"x": 4}, 1),
    ]
    written = files(children, "results/run", MACHINE)
    rows = {status: json.loads(body) for status, (_, body) in written.items()}

    assert [json.loads(row["Output"]) for row in rows["SUCCEEDED"]] == [[2]]
    assert [(row["Status"], row["Error"]) for row in rows["FAILED"]] == [
        ("FAILED", "ValueError"),
        ("TIMED_OUT", "States.Timeout"),
    ]
    assert rows["PENDING"] == [{"Input": '{"x":4}', "InputDetails": {"Included": True}, "Status": "PENDING"}]
    listed = json.loads(manifest("bucket", "arn:run", written))["ResultFiles"]
    assert listed["FAILED"] == [{"Key": "results/run/FAILED_0.json", "Size": len(written["FAILED"][1])}]


def test_a_run_without_failures_lists_none() -> None:
    written = files([Child(0, 1, 1, "SUCCEEDED", 1, {}, NOW, NOW)], "f", MACHINE)
    listed = json.loads(manifest("bucket", "arn:run", written))["ResultFiles"]
    assert (listed["FAILED"], listed["PENDING"], len(listed["SUCCEEDED"])) == ([], [], 1)
