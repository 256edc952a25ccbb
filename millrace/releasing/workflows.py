"""A stack's release workflow: its state machine, and its record in the model store."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from botocore.config import Config

from millrace.batch.runs import name_now
from millrace.errors import UserError
from millrace.stack import Stack
from model_store import names
from model_store.errors import DocumentInvalid
from releases.decide import PROMOTE, ROLL_BACK
from releases.past import MOST_NAME
from releases.record import PROMOTED, Records, WorkflowRecord, WorkflowStep

POLL_SECONDS = 1.0
RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"
ABORTED = "Aborted"
# Of Step Functions' StopExecution.
MOST_CAUSE = 1_000


@dataclass(frozen=True, slots=True)
class WorkflowStatus:
    """A workflow. status : Step Functions' of its execution. error : why that failed.

    record : None where it never began, or where another one began after it.
    """

    execution: str
    status: str
    error: str = ""
    record: WorkflowRecord | None = None

    @property
    def promoted(self) -> bool:
        return self.record is not None and self.record.state == PROMOTED

    @property
    def steps(self) -> tuple[WorkflowStep, ...]:
        return self.record.steps if self.record else ()

    def to_json(self) -> dict[str, Any]:
        # The token is for Step Functions; who has it can approve.
        record = None if self.record is None else self.record.to_json() | {"token": bool(self.record.token)}
        return {"execution": self.execution, "status": self.status, "error": self.error, "record": record}


class ReleaseWorkflows:
    """The workflows of a stack."""

    def __init__(self, stack: Stack, machine: str, function: str, *, trains: bool) -> None:
        self._stack, self._machine, self._function, self._trains = stack, machine, function, trains
        self._states = stack.client("stepfunctions")
        outputs = stack.outputs
        self._records = Records(stack.client("s3"), outputs["model_store"]["bucket"], outputs["model"]["name"])

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Raises UserError where the stack has none."""
        found = stack.switched_on("release_workflow", "release", "a release workflow; switch it on")
        return cls(stack, found["state_machine_arn"], found["function_name"], trains=found["training"])

    def start(
        self,
        version: str,
        by: str,
        *,
        why: str = "",
        metric: str | None = None,
        approval: bool = False,
        training: dict[str, Any] | None = None,
        backtest: dict[str, str] | None = None,
        name: str | None = None,
    ) -> str:
        """Start a workflow; the name of its execution. Raises UserError, also where another one runs."""
        self.check(version, trains=training is not None, name=name)
        given: dict[str, Any] = {"version": version, "by": by, "why": why, "approval": approval}
        more = {"metric": metric or None, "training": training, "backtest": backtest}
        given |= {name: value for name, value in more.items() if value is not None}
        name = name or name_now()
        try:
            self._states.start_execution(stateMachineArn=self._machine, name=name, input=json.dumps(given))
        except self._states.exceptions.ExecutionAlreadyExists:
            raise UserError(f"release {name}: expected a new name, got that of another; choose another") from None
        return name

    def check(self, version: str, *, trains: bool, name: str | None = None) -> None:
        """Whether such a workflow can be started. Raises UserError, also where another one runs."""
        try:
            names.check(version, "--version")
            if name is not None:
                names.check(name, "--name")
        except DocumentInvalid as error:
            raise UserError(str(error)) from None
        if name is not None and len(name) > MOST_NAME:
            raise UserError(f"--name: expected up to {MOST_NAME} characters, got {len(name)}; choose a shorter one")
        if trains and not self._trains:
            raise UserError(
                "expected a stack with a training task, this one has none; set release_workflow.training, or name a "
                "version of the model store with --version"
            )
        running = self.record()
        if running is not None and running.running:
            raise UserError(
                f"expected no other release workflow, found {running.execution} running (version {running.version}, "
                f"by {running.by}); wait for it, or end it with `millrace release abort`"
            )

    def record(self) -> WorkflowRecord | None:
        """Of the workflow that runs, or of the last one."""
        stored = self._records.read()
        return None if stored is None else stored.record

    def status(self, name: str | None = None) -> WorkflowStatus:
        """Of a workflow; of the one that runs, or the last one. Raises UserError where there is none."""
        record = self.record()
        if name is None:
            if record is None:
                raise UserError("no release workflow yet: start one with `millrace release start`")
            name = record.execution
        try:
            described = self._states.describe_execution(executionArn=self._arn(name))
        except (self._states.exceptions.ExecutionDoesNotExist, self._states.exceptions.InvalidArn):
            raise UserError(f"release {name}: expected one of this stack, found none") from None
        error = ": ".join(filter(None, (described.get("error"), described.get("cause"))))
        ours = record if record is not None and record.execution == name else None
        return WorkflowStatus(name, described["status"], error, ours)

    def wait(
        self,
        name: str,
        on_step: Callable[[WorkflowStep], None],
        on_look: Callable[[str], None] = lambda line: None,
        *,
        until: Callable[[WorkflowStatus], bool] = lambda status: False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> WorkflowStatus:
        """Until the workflow has ended, release and all, or `until` holds.

        on_step, on_look : called with each step, and with the evidence whenever it changes.
        """
        shown, evidence = 0, ""
        while True:
            status = self.status(name)
            for step in status.steps[shown:]:
                on_step(step)
            shown = len(status.steps)
            if status.record is not None and status.record.running and status.record.evidence != evidence:
                evidence = status.record.evidence
                on_look(evidence)
            ended = status.status != RUNNING and not (status.record is not None and status.record.running)
            if ended or until(status):
                return status
            sleep(POLL_SECONDS)

    def approve(self, by: str, *, yes: bool, why: str = "") -> WorkflowRecord:
        """Give, or deny, the approval that the workflow waits for. Raises UserError where it waits for none."""
        record = self.record()
        if record is None or not record.running or not record.token:
            state = "no release workflow" if record is None else f"{record.execution}, {record.state}"
            raise UserError(f"expected a release workflow that waits for approval, found {state}")
        reason = f"{'approved' if yes else 'denied'} by {by}{f': {why}' if why else ''}"
        answer = {"next": PROMOTE if yes else ROLL_BACK, "stage": 0, "reason": reason}
        try:
            self._states.send_task_success(taskToken=record.token, output=json.dumps(answer))
        except (self._states.exceptions.TaskTimedOut, self._states.exceptions.TaskDoesNotExist):
            raise UserError(f"release {record.execution}: expected one that still waits for approval") from None
        return record

    def abort(self, by: str, why: str = "") -> WorkflowStatus:
        """Stop the workflow that runs, and bring the release back. Raises UserError where none runs."""
        record = self.record()
        if record is None or not record.running:
            raise UserError("expected a release workflow that runs, found none")
        cause = f"by {by}{f': {why}' if why else ''}"[:MOST_CAUSE]
        name = record.execution
        if self.status(name).status == RUNNING:
            self._states.stop_execution(executionArn=self._arn(name), error=ABORTED, cause=cause)
        # A rule does the same; who aborts does not wait for it, and also ends what was stopped long ago.
        self._recover({"name": name, "status": "ABORTED", "error": ABORTED, "cause": cause})
        return self.status(name)

    def _recover(self, detail: dict[str, str]) -> None:
        """Have the function bring back what a stopped execution left; again where the rule's call was at it too."""
        client = self._stack.client("lambda", Config(retries={"max_attempts": 0}))
        payload = json.dumps({"detail-type": "Step Functions Execution Status Change", "detail": detail})
        for _ in range(3):
            answer = client.invoke(FunctionName=self._function, Qualifier="live", Payload=payload)
            body = json.loads(answer["Payload"].read())
            if not answer.get("FunctionError"):
                return
            if body.get("errorType") != "RecordConflict":
                break
        raise UserError(f"the release could not be brought back: {body.get('errorMessage', body)}")

    def _arn(self, name: str) -> str:
        return f"{self._machine.replace(':stateMachine:', ':execution:')}:{name}"
