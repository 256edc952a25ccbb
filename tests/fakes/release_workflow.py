"""A release workflow on AWS in memory, and a state machine of Python around its steps."""

import json
from collections.abc import Callable
from copy import replace
from itertools import count
from random import Random
from typing import Any

import numpy as np

from evaluation.quality import Coverage, quality_of
from model_store import operations
from model_store.release import Change, Pointer, Release
from model_store.store import ModelStore
from model_store.stored_release import StoredRelease
from outcomes import tally
from outcomes.backtest import Happened
from outcomes.hours import hour_of
from outcomes.store import hour_key
from outcomes.tally import Group
from records.values import as_dict
from release_workflow.handler import build
from releases.record import Records, WorkflowRecord
from releases.tasks import ReleaseTasks
from tests.fakes import artifacts
from tests.fakes.clock import FakeClock
from tests.fakes.stack import REGION

MODEL = "sessions"
MANIFEST = artifacts.artifact().manifest
ENVIRONMENT = {
    "EVALUATION_BUCKET": "evaluation",
    "EVIDENCE_SECONDS": "7200",
    "MODEL_BUCKET": "models",
    "MODEL_NAME": MODEL,
    "STAGE_SHARES": "0.05,0.25",
    "TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:alarms",
}
POLL_SECONDS = 600.0
MOST_STEPS = 100

# Called with the name of the next step.
type Happens = Callable[[str], None]


class FakeNotices:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        self.sent += PublishBatchRequestEntries
        return {"Successful": [{}], "Failed": []}


class ReleaseMachine:
    """A stack with champion 1 and candidate 2, and the steps of its workflow in the order of the state machine."""

    def __init__(self, s3: Any, **changes: str) -> None:
        """s3 : with the versioned bucket `models`."""
        s3.create_bucket(Bucket="evaluation", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3, self.clock, self.sns = s3, FakeClock(), FakeNotices()
        clients = {"s3": s3, "sns": self.sns}
        self.tasks: ReleaseTasks = build(
            ENVIRONMENT | changes, clients=lambda service, attempts=1: clients[service], clock=self.clock
        )
        self.store = ModelStore(s3, "models", MODEL)
        self.pointers = {version: self._put(version) for version in ("1", "2", "3")}
        self.store.put_release(Release(self.pointers["1"], "2026-01-01T00:00:00.000Z"), replacing=None)
        self.releases: list[tuple[str, str | None, float]] = []  # after each step: champion, challenger and share

    @property
    def release(self) -> Release:
        return self.stored.release

    @property
    def stored(self) -> StoredRelease:
        found = self.store.release()
        assert found is not None
        return found

    @property
    def record(self) -> WorkflowRecord:
        stored = Records(self.s3, "models", MODEL).read()
        assert stored is not None
        return stored.record

    @property
    def is_as_it_was(self) -> bool:
        """Whether the release has the roles of before; its time and its reason may be others."""
        return replace(self.release, updated_at="", change=None) == replace(
            self.record.before, updated_at="", change=None
        )

    @property
    def notices(self) -> list[str]:
        return [entry["Message"] for entry in self.sns.sent]

    def evaluated(self, champion: float, challenger: float | None, n: int = 400) -> None:
        """An hour of the evaluator: the shares of wrong labels of champion and challenger; None: no challenger."""
        hour = hour_of(self.clock())
        groups = [group("1", "champion", champion, n)]
        groups += [] if challenger is None else [group("2", "challenger", challenger, n)]
        body = tally.document(MODEL, hour, groups)
        self.s3.put_object(Bucket="evaluation", Key=hour_key(MODEL, hour), Body=body)

    def more_and_more(self, champion: float, challenger: float) -> Happens:
        """Before each step the evaluator has more outcomes."""
        n = count(400, 10)
        return lambda step: self.evaluated(champion, challenger, next(n))

    def backtested(
        self, champion: float, candidate: float, n: int = 600, execution: str = "run", refused: int = 0
    ) -> dict[str, str]:
        """Batches of past events, with the shares of wrong scores of both; the `backtest` of a workflow's input.

        refused : of the events, which the candidate has in quarantine.
        """
        self.s3.create_bucket(Bucket="batches", CreateBucketConfiguration={"LocationConstraint": REGION})
        for role, wrong in (("champion", champion), ("candidate", candidate)):
            random = Random(role)
            scores = [0.9 if (i % 2) ^ (random.random() < wrong) else 0.1 for i in range(n)]
            lines = [json.dumps({"prediction_id": str(i), "score": score}) for i, score in enumerate(scores)]
            lines = lines[refused:] if role == "candidate" else lines
            for part, some in enumerate((lines[: n // 2], lines[n // 2 :])):
                key = f"runs/{execution}-{role}/predictions/{part:08}.jsonl"
                self.s3.put_object(Bucket="batches", Key=key, Body="\n".join(some).encode())
        happened = Happened({str(i): (0.0, i % 2) for i in range(n)})
        self.s3.put_object(Bucket="batches", Key="uploads/outcomes.jsonl", Body=b"".join(happened.lines()))
        return {"bucket": "batches", "prefix": "uploads/events.jsonl", "outcomes": "uploads/outcomes.jsonl"}

    def changed_by_an_operator(self) -> None:
        after = operations.split(self.release, self.pointers["3"], 0.5)
        after = replace(after, updated_at="2026-02-01T00:00:00.000Z", change=Change("split", "bob", ""))
        self.store.put_release(after, replacing=self.stored)

    @staticmethod
    def stopped(status: str = "ABORTED", **detail: str) -> dict[str, Any]:
        """The event of an execution that ended without its own end."""
        return {
            "detail-type": "Step Functions Execution Status Change",
            "detail": {"name": "run", "status": status} | detail,
        }

    def step(self, task: str, execution: str = "run", **members: Any) -> dict[str, Any]:
        return self.tasks.run({"task": task, "execution": execution, **members})

    def run(
        self,
        before: Happens = lambda step: None,
        answer: dict[str, Any] | None = None,
        execution: str = "run",
        **given: Any,
    ) -> str:
        """Run a workflow, as terraform/modules/release_workflow defines it; how it ended.

        before : called before each step. answer : to a request for approval.
        """
        try:
            return self._run(before, answer, execution, {"version": "2", "by": "anna", "why": "twice the data"} | given)
        except Exception as error:
            cause = json.dumps({"errorMessage": str(error)})
            before("restore")
            self.step("end", execution, error={"Error": type(error).__name__, "Cause": cause})
            return "failed"

    def _run(self, before: Happens, answer: dict[str, Any] | None, execution: str, given: dict[str, Any]) -> str:
        def step(task: str, **members: Any) -> dict[str, Any]:
            before(task)
            found = self.step(task, execution, **members)
            release = self.release
            self.releases.append(
                (release.champion.version, release.challenger and release.challenger.version, release.share)
            )
            return found

        begun = step("begin", input=given)
        step("store", pointer=as_dict(self.pointers[given["version"]]))
        look: dict[str, Any] = {"next": "serve", "stage": 0}
        if begun["backtest"]:
            look = step("judge", outcomes=begun["past"]["outcomes"])
        for _ in range(MOST_STEPS):
            match look["next"]:
                case "serve":
                    step("serve", stage=look["stage"])
                    look["next"] = "wait"
                case "wait":
                    self.clock.now += POLL_SECONDS
                    look = step("look", stage=look["stage"], approval=begun["approval"])
                case "approve":
                    step("ask", token="token")
                    assert answer is not None
                    look = answer
                case "promote":
                    step("promote", reason=look["reason"])
                    return "promoted"
                case _:
                    step("end", reason=look["reason"])
                    return "rolled back"
        raise AssertionError("the workflow does not end")

    def _put(self, version: str) -> Pointer:
        manifest = replace(MANIFEST, version=version)
        key = f"models/{MODEL}/{version}/manifest.json"
        written = self.s3.put_object(Bucket="models", Key=key, Body=manifest.to_bytes())
        return Pointer(version, manifest.digest(), written["VersionId"], f"model-{version}")


def group(version: str, variant: str, share_wrong: float, n: int = 400) -> Group:
    """Predictions of 0.9 and 0.1, of which a share is wrong."""
    random, quality = Random(f"{version}{variant}"), quality_of(MANIFEST)
    scores = np.array([0.9 if i % 2 else 0.1 for i in range(n)])
    happened = np.array([float((i % 2) ^ (random.random() < share_wrong)) for i in range(n)])
    quality.add_all(scores, happened)
    return Group(version, variant, Coverage(2 * n, n), 0, quality)
