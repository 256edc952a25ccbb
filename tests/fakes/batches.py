"""The tasks of a batch on AWS in memory, and a state machine of Python around them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from batches import layout
from batches.tasks import Tasks
from batches.versions import Versions
from model_store.artifact import Artifact
from model_store.release import Release
from model_store.store import ModelStore
from scoring.engine import NATIVE, choose
from serving.loader import Loader
from telemetry.metrics import Metrics
from tests.fakes.clock import FakeClock
from tests.fakes.envelopes import STREAM_ARN

BUCKET, INPUT = "batches", "input"


class WithinS3:
    """A botocore client that answers as aws_client's: with `within`, and of an object with what that reads.

    Calls in memory take no time.
    """

    OBJECT = ("Body", "ContentLength", "ETag", "VersionId", "ResponseMetadata")

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def within(self, seconds: float) -> "WithinS3":
        return self

    def get_object(self, **given: Any) -> dict[str, Any]:
        found = self._s3.get_object(**given)
        return {name: found[name] for name in self.OBJECT if name in found}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)


class FakeBatch:
    """s3 : with the bucket `models`. The buckets `batches` and `input` are made."""

    def __init__(self, s3: Any, artifact: Artifact, *, versioned: bool = True, engine: str = NATIVE) -> None:
        self.s3, self.clock = WithinS3(s3), FakeClock()
        region = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
        for bucket in (BUCKET, INPUT):
            s3.create_bucket(Bucket=bucket, **region)
        if versioned:
            s3.put_bucket_versioning(Bucket=INPUT, VersioningConfiguration={"Status": "Enabled"})
        self.store = ModelStore(self.s3, "models", artifact.manifest.name)
        pointer = self.store.publish(artifact)
        self.store.put_release(Release(pointer, "2026-01-02T03:04:05.000Z"), replacing=None)
        loader = Loader(self.store, threads=1, clock=self.clock)
        metrics = Metrics("batch", lambda line: None, self.clock)
        self.tasks = Tasks(self.s3, BUCKET, self.store, Versions(loader), choose(engine), metrics, self.clock, "aws")
        self._attempts = 0
        self.states: FakeStates

    def put(self, key: str, lines: Iterable[str | bytes], end: bytes = b"\n") -> None:
        body = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + end
        self.s3.put_object(Bucket=INPUT, Key=key, Body=body)

    def task(self, name: str, **members: Any) -> dict[str, Any]:
        return self.tasks.run({"task": name, **members}, self.clock.deadline(600))

    def run(self, given: dict[str, Any], failing: Iterable[int] = ()) -> dict[str, Any]:
        """As the state machine does: what `finish` returned. failing : parts whose items fail in this attempt."""
        self._attempts += 1
        place, failing = None, set(failing)
        who = {"input": given, "execution": f"e{self._attempts}", "attempt": f"2026-01-02T00:00:{self._attempts:02}"}
        while True:
            planned = self.task("plan", place=place, **who)
            self._map(planned, failing)
            place = planned["place"]
            if not planned["more"]:
                return self.task("finish", **who)

    def _map(self, planned: dict[str, Any], failing: set[int]) -> None:
        """A Distributed Map with a batch for each item, and its ResultWriter."""
        rows: dict[str, list[Any]] = {"SUCCEEDED": [], "FAILED": []}
        lines = self.body(planned["items"]["key"]).splitlines()
        assert len(lines) == planned["items"]["count"]
        for item in map(json.loads, lines):
            given = {"BatchInput": {"run": planned["run"]}, "Items": [item]}
            if item["part"] in failing:
                cause = json.dumps({"errorMessage": "no memory"})
                rows["FAILED"].append(
                    {"Status": "FAILED", "Error": "Crash", "Cause": cause, "Input": json.dumps(given)}
                )
            else:
                rows["SUCCEEDED"].append({"Output": json.dumps(self.task("score", **given))})
        for status, found in rows.items():
            if found:
                key = f"{planned['results']}/uuid/{status}_0.json"
                self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(found).encode())

    def body(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def lines(self, run: str, folder: str) -> list[dict[str, Any]]:
        """The JSON lines of all objects of a folder of the run, part by part."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=layout.folder(run) + folder).get("Contents", [])
        return [json.loads(line) for entry in listed for line in self.body(entry["Key"]).splitlines()]

    def manifest(self, run: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body(layout.manifest(run)))
        return read


MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:mill-batch"
SETTINGS = {"architecture": "arm64", "items_per_invocation": 4, "maximum_concurrency": 50, "memory_mb": 1769}
OUTPUTS = {
    "batch": {"bucket": BUCKET, "state_machine_arn": MACHINE, "settings": SETTINGS, "function_name": "mill-batch"},
    "model_store": {"bucket": "models"},
    "model": {"name": "sessions"},
    "capture": {"bucket": "captured"},
    "sources": {"event_stream": {"type": "kinesis", "arn": STREAM_ARN}},
    "evaluator": {"outcomes_stream": {"arn": "arn:outcomes"}},
}


class AlreadyThere(Exception):
    pass


class FakeStates:
    """Runs an execution at once, by the fake batch."""

    class exceptions:  # noqa: N801 - botocore's
        ExecutionAlreadyExists = AlreadyThere

    def __init__(self, batch: FakeBatch) -> None:
        self._batch = batch
        self.executions: dict[str, dict[str, Any]] = {}
        self.failing: list[int] = []

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: N803
        if name in self.executions:
            raise AlreadyThere
        arn = f"{stateMachineArn}:{name}"
        began = datetime(2026, 1, 2, 0, len(self.executions), tzinfo=UTC)
        try:
            done = self._batch.run(json.loads(input), self.failing)
        except Exception as error:
            done = {"complete": False, "error": str(error)}
        status = "SUCCEEDED" if done["complete"] else "FAILED"
        self.executions[name] = {"executionArn": arn, "name": name, "startDate": began, "status": status} | (
            {} if done["complete"] else {"error": "BatchIncomplete", "cause": done["error"]}
        )
        return {"executionArn": arn}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return next(one for one in self.executions.values() if one["executionArn"] == executionArn)

    def list_map_runs(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"mapRuns": [{"mapRunArn": f"{executionArn}:map"}]}

    def describe_map_run(self, *, mapRunArn: str) -> dict[str, Any]:  # noqa: N803
        return {"itemCounts": {"total": 4, "succeeded": 3, "failed": 1, "timedOut": 0, "aborted": 0}}

    def get_paginator(self, operation: str) -> "FakeStates":
        assert operation == "list_executions"
        return self

    def paginate(self, *, stateMachineArn: str) -> list[dict[str, Any]]:  # noqa: N803
        return [{"executions": list(self.executions.values())}]
