"""Starting runs, and reading what became of them: from their folders in S3, and from Step Functions."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from batches import layout
from batches.item import RunSpec
from batches.tasks import FAILED, QUARANTINED
from millrace.batch.place import Address, BatchPlace
from millrace.errors import UserError
from model_store import names
from model_store.errors import DocumentInvalid

POLL_SECONDS = 1.0
RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"
SEPARATOR = "-again-"


@dataclass(frozen=True, slots=True)
class RunProgress:
    """status : Step Functions'. done, items : of what is planned so far; failed ones are done."""

    status: str
    done: int
    items: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run. counts : once it has ended; complete : whether they add up and nothing failed the run."""

    run: str
    status: str
    version: str
    source: str
    started_at: str
    ended_at: str = ""
    error: str = ""
    counts: dict[str, int] | None = None
    failed_items: tuple[dict[str, Any], ...] = ()
    complete: bool = False

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def name_now(clock: Callable[[], float] = time.time) -> str:
    return datetime.fromtimestamp(clock(), UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]


class Runs:
    """The runs of a stack."""

    def __init__(self, place: BatchPlace) -> None:
        self.place = place
        self._s3, self._states = place.stack.client("s3"), place.stack.client("stepfunctions")

    def start(self, run: str, address: Address, version: str | None, form: str) -> str:
        """Start a run; the ARN of its execution. Raises UserError where another run has the name."""
        if SEPARATOR in run:
            raise UserError(f"--name: expected a name without {SEPARATOR!r}, which redrives have, got {run!r}")
        given = {"run": run, "bucket": address.bucket, "prefix": address.prefix, "format": form}
        return self._start(run, given | ({"version": version} if version else {}))

    def redrive(self, run: str, *, quarantined: bool = False) -> str:
        """Score again what failed; with `quarantined` also items with faulty rows. The ARN of the execution."""
        self._check_ended(run)
        given = {"run": run, "redrive": QUARANTINED if quarantined else FAILED}
        return self._start(f"{run}{SEPARATOR}{name_now()}", given)

    def _start(self, name: str, given: dict[str, Any]) -> str:
        try:
            names.check(name, "--name")
            started = self._states.start_execution(
                stateMachineArn=self.place.machine, name=name, input=json.dumps(given)
            )
        except DocumentInvalid as error:
            raise UserError(str(error)) from None
        except self._states.exceptions.ExecutionAlreadyExists:
            raise UserError(f"run {name}: expected a new name, got that of another run; choose another") from None
        arn: str = started["executionArn"]
        return arn

    def _check_ended(self, run: str) -> None:
        if self.status(run).status == RUNNING:
            raise UserError(f"run {run} has not ended: wait for it with `millrace batch status {run} --wait`")

    def progress(self, execution: str) -> RunProgress:
        described = self._states.describe_execution(executionArn=execution)
        counts = [
            self._states.describe_map_run(mapRunArn=listed["mapRunArn"])["itemCounts"]
            for listed in self._states.list_map_runs(executionArn=execution)["mapRuns"]
        ]
        done = sum(count[name] for count in counts for name in ("succeeded", "failed", "timedOut", "aborted"))
        error = ": ".join(filter(None, (described.get("error"), described.get("cause"))))
        return RunProgress(described["status"], done, sum(count["total"] for count in counts), error)

    def wait(
        self,
        execution: str,
        on_progress: Callable[[RunProgress], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> RunProgress:
        """Until the execution ends."""
        while (progress := self.progress(execution)).status == RUNNING:
            on_progress(progress)
            sleep(POLL_SECONDS)
        on_progress(progress)
        return progress

    def executions(self) -> dict[str, Any]:
        """The last execution of each run, by its name: as long as Step Functions keeps them, 90 days."""
        pages = self._states.get_paginator("list_executions").paginate(stateMachineArn=self.place.machine)
        found: dict[str, Any] = {}
        for execution in (entry for page in pages for entry in page["executions"]):
            run = execution["name"].partition(SEPARATOR)[0]
            if run not in found or execution["startDate"] > found[run]["startDate"]:
                found[run] = execution
        return found

    def status(self, run: str) -> RunStatus:
        """Raises UserError where there is no such run."""
        execution = self.executions().get(run)
        spec, manifest = self._document(layout.spec(run)), self._document(layout.manifest(run))
        if execution is None and spec is None:
            raise UserError(f"run {run}: expected one of this stack, found none; `millrace batch list` lists them")
        return _status(run, execution, spec, manifest)

    def execution(self, run: str) -> str:
        """The ARN of its last execution. Raises UserError."""
        found = self.executions().get(run)
        if found is None:
            raise UserError(f"run {run}: expected an execution, found none: Step Functions forgets them after 90 days")
        arn: str = found["executionArn"]
        return arn

    def all(self) -> Iterator[RunStatus]:
        """Every run, the last first."""
        executions = self.executions()
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.place.bucket, Prefix=layout.RUNS, Delimiter="/"
        )
        folders = (entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", []))
        runs = {folder.removeprefix(layout.RUNS).rstrip("/") for folder in folders} | executions.keys()
        for run in sorted(runs, reverse=True):
            spec, manifest = self._document(layout.spec(run)), self._document(layout.manifest(run))
            yield _status(run, executions.get(run), spec, manifest)

    def _document(self, key: str) -> dict[str, Any] | None:
        try:
            body = self._s3.get_object(Bucket=self.place.bucket, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        read: dict[str, Any] = json.loads(body)
        return read


def _status(
    run: str, execution: dict[str, Any] | None, spec: dict[str, Any] | None, manifest: dict[str, Any] | None
) -> RunStatus:
    known = RunSpec.read(spec) if spec else None
    ended = manifest if manifest and (execution is None or execution["status"] != RUNNING) else {}
    complete = bool(ended.get("complete"))
    status = execution["status"] if execution else SUCCEEDED if complete else "FAILED"
    return RunStatus(
        run,
        status,
        known.pointer["version"] if known else "",
        str(Address(known.bucket, known.prefix)) if known else "",
        known.started_at if known else "",
        ended.get("ended_at", ""),
        ended.get("error", ""),
        ended.get("counts"),
        tuple(ended.get("failed_items", ())),
        complete,
    )
