"""Who releases what, and how far it is: `models/<name>/workflow.json` in the model store, one object for each model.

It is the lock too: while `state` is running, no other workflow begins. Each write is conditional on what was read. Its
S3 versions are the history of workflows.
"""

from __future__ import annotations

from copy import replace

from aws_client.errors import error_code
from model_store.documents import canonical, parse
from model_store.release import Pointer, Release
from records.values import Value, as_dict
from releases.errors import RecordConflict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.documents import Document

SCHEMA_VERSION = 1
RUNNING, PROMOTED, ROLLED_BACK, FAILED = STATES = ("running", "promoted", "rolled back", "failed")
# Refused by the condition of a write: the object is another one, or another write is under way.
_CHANGED = ("PreconditionFailed", "412", "ConditionalRequestConflict", "OperationAborted", "409", "NoSuchKey", "404")
_MISSING = ("NoSuchKey", "404")
MOST_STEPS = 100


class WorkflowStep(Value):
    """A step that was done: when, which, and what came of it."""

    at: str
    name: str
    detail: str

    @classmethod
    def read(cls, document: Document) -> WorkflowStep:
        document.only(cls.__match_args__)
        return cls(*(document.get(name, str) for name in cls.__match_args__))


class WorkflowRecord(Value):
    """A workflow: the one that runs, or the last one.

    execution : the name of the state machine's execution. before : the release as it was.
    wrote : digests of the releases that the workflow wrote, or was about to write.
    candidate : what is released; None until it is verified. serving_at : since when it serves keys, and
    stage_at : since when at the last stage's share; empty: it does not.
    outcomes : of the candidate, when the last stage began. evidence : the verdict at the last look.
    token : of Step Functions, while an approval is awaited.
    """

    execution: str
    version: str
    by: str
    why: str
    began_at: str
    state: str
    before: Release
    metric: str = ""
    wrote: tuple[str, ...] = ()
    candidate: Pointer | None = None
    serving_at: str = ""
    stage_at: str = ""
    outcomes: int = 0
    steps: tuple[WorkflowStep, ...] = ()
    evidence: str = ""
    token: str = ""
    reason: str = ""

    @classmethod
    def from_bytes(cls, raw: bytes) -> WorkflowRecord:
        """Raises DocumentInvalid."""
        document = parse(raw, "workflow")
        document.only(("schema_version", *cls.__match_args__))
        texts = ("execution", "version", "by", "why", "began_at", "metric", "serving_at", "stage_at")
        return cls(
            **{name: document.get(name, str) for name in (*texts, "evidence", "token", "reason")},
            state=document.one_of("state", STATES),
            outcomes=document.get("outcomes", int),
            before=Release.from_bytes(canonical(document.child("before").members)),
            wrote=document.strings("wrote"),
            candidate=document.optional("candidate", Pointer.read),
            steps=tuple(WorkflowStep.read(step) for step in document.children("steps")),
        )

    def to_bytes(self) -> bytes:
        return canonical(self.to_json())

    def to_json(self) -> dict[str, Any]:
        before = parse(self.before.to_bytes(), "release").members
        return {"schema_version": SCHEMA_VERSION, **as_dict(self), "before": before}

    @property
    def running(self) -> bool:
        return self.state == RUNNING

    @property
    def writer(self) -> str:
        """What the history of the release names for its changes."""
        return f"release workflow {self.execution}, started by {self.by}"

    def done(self, at: str, name: str, detail: str, **changes: Any) -> WorkflowRecord:
        """After a step. changes : further members."""
        return replace(self, steps=(*self.steps, WorkflowStep(at, name, detail))[-MOST_STEPS:], **changes)


class StoredWorkflow(Value):
    """A record and the ETag under which it was read."""

    record: WorkflowRecord
    etag: str


class Records:
    """The record of one model's workflow. s3 : a client of botocore or of aws_client."""

    def __init__(self, s3: Any, bucket: str, model: str) -> None:
        self._s3, self.bucket, self.key = s3, bucket, record_key(model)

    def read(self) -> StoredWorkflow | None:
        """None: no workflow ever began. Raises DocumentInvalid, and what the client raises."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=self.key)
        except self._s3.exceptions.ClientError as error:
            if error_code(error) in _MISSING:
                return None
            raise
        return StoredWorkflow(WorkflowRecord.from_bytes(answer["Body"].read()), answer["ETag"])

    def write(self, record: WorkflowRecord, *, replacing: StoredWorkflow | None) -> StoredWorkflow:
        """Raises RecordConflict where the stored one is not `replacing` (None: there is none)."""
        condition = {"IfMatch": replacing.etag} if replacing else {"IfNoneMatch": "*"}
        body = record.to_bytes()
        try:
            answer = self._s3.put_object(Bucket=self.bucket, Key=self.key, Body=body, **condition)
        except self._s3.exceptions.ClientError as error:
            if error_code(error) not in _CHANGED:
                raise
            found = self.read()
            if found is None or found.record != record:
                raise RecordConflict(
                    f"s3://{self.bucket}/{self.key} was changed by another step: it is read again"
                ) from None
            return found  # the answer to this very write was lost, and the client made it again
        return StoredWorkflow(record, answer["ETag"])


def record_key(model: str) -> str:
    return f"models/{model}/workflow.json"
