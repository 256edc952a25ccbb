"""What became of the child executions of a map run: the tolerance for failures, and the files of a ResultWriter.

https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SUCCEEDED, FAILED, PENDING = "SUCCEEDED", "FAILED", "PENDING"
TIMED_OUT, ABORTED = "TIMED_OUT", "ABORTED"
STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Child:
    """A child execution. items : how many items its input has. error : of one that failed: `error` and `cause`."""

    index: int
    input: Any
    items: int
    status: str = PENDING
    output: Any = None
    error: dict[str, Any] = field(default_factory=dict)
    began: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailureTolerance:
    """How many items may fail; a map run that exceeds either of its thresholds fails. Without any, none may fail."""

    count: int | None = None
    percentage: float | None = None

    def exceeded(self, failed: int, items: int) -> bool:
        if not failed:
            return False
        if self.count is None and self.percentage is None:
            return True
        too_many = self.count is not None and failed > self.count
        return too_many or (self.percentage is not None and failed * 100 > self.percentage * items)


def files(children: Iterable[Child], folder: str, machine_arn: str) -> dict[str, tuple[str, bytes]]:
    """Key and body of the result file of each status that has children, as WriterConfig's default writes them."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for child in children:
        rows.setdefault(_file(child.status), []).append(_row(child, machine_arn))
    return {status: (f"{folder}/{status}_0.json", _json(found)) for status, found in rows.items()}


def manifest(bucket: str, map_run_arn: str, written: dict[str, tuple[str, bytes]]) -> bytes:
    listed = {
        status: [{"Key": written[status][0], "Size": len(written[status][1])}] if status in written else []
        for status in (FAILED, PENDING, SUCCEEDED)
    }
    return _json({"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": listed})


def _file(status: str) -> str:
    return status if status in (SUCCEEDED, PENDING) else FAILED


def _row(child: Child, machine_arn: str) -> dict[str, Any]:
    """Input and output are texts of JSON, as AWS writes them."""
    given = {"Input": _json(child.input).decode(), "InputDetails": {"Included": True}}
    if child.status == PENDING or child.began is None or child.ended is None:
        return {**given, "Status": PENDING}
    row = {
        "ExecutionArn": f"{machine_arn.replace(':stateMachine:', ':execution:')}:{child.index}",
        **given,
        "Name": str(child.index),
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE" if child.status == SUCCEEDED else "REDRIVABLE",
        "StartDate": child.began.strftime(STAMP),
        "StateMachineArn": machine_arn,
        "Status": child.status,
        "StopDate": child.ended.strftime(STAMP),
    }
    if child.status == SUCCEEDED:
        return {**row, "Output": _json(child.output).decode(), "OutputDetails": {"Included": True}}
    return {**row, "Cause": child.error.get("cause"), "Error": child.error.get("error")}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
