"""Release workflows on a stack, through Step Functions: what ends in production, and what is as it was before."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millrace.batch.place import BatchPlace
from millrace.errors import UserError
from millrace.model.operator import operator
from millrace.model.releases import Releases
from millrace.releasing import past
from millrace.releasing.workflows import SUCCEEDED, ReleaseWorkflows, WorkflowStatus
from model_store.release import Release
from outcomes import tally
from outcomes.backtest import Happened
from outcomes.hours import hour_of
from outcomes.store import hour_key
from releases.record import FAILED, PROMOTED, ROLLED_BACK
from stream_producers.synthetic import Sessions
from tests.fakes import release_workflow
from tests.integration.conftest import train_version
from tests.integration.harness import Harness, wait_for
from tests.integration.iam import accept_from, session

OpenStack = Callable[[str], Harness]
MODEL = "purchase-intent"


class Releasing:
    """The release workflow of a stack, and an evaluator that finds what a test says."""

    def __init__(self, harness: Harness) -> None:
        self.stack, self.workflows = harness.stack, ReleaseWorkflows.of(harness.stack)
        self.store = harness.stack.model_store()
        self._s3, self._bucket = harness.stack.client("s3"), harness.stack.outputs["evaluator"]["bucket"]
        self._outcomes = 400
        self._replaced: dict[str, bytes | None] = {}
        self.before = self.release

    @property
    def release(self) -> Release:
        stored = self.store.release()
        assert stored is not None
        return stored.release

    def candidate(self) -> str:
        """A version that is in the store, and never was before."""
        version = f"candidate-{uuid.uuid4().hex[:8]}"
        self.store.publish(train_version(version, rounds=2))
        return version

    def start(self, version: str, **given: Any) -> str:
        return self.workflows.start(version, "a test", **given)

    def ended(
        self,
        name: str,
        wrong: tuple[float, float] | None = None,
        until: Callable[[WorkflowStatus], bool] = lambda status: False,
    ) -> WorkflowStatus:
        """How a workflow ends, or is when `until` holds.

        wrong : the shares of wrong labels that the evaluator finds of champion and challenger; None: it finds nothing.
        """

        def looked(status: WorkflowStatus) -> bool:
            if wrong is not None and status.record is not None:
                self._evaluated(status.record.version, *wrong)
            return until(status)

        began = time.monotonic()

        def patiently(seconds: float) -> None:
            assert time.monotonic() - began < 600, self.workflows.status(name)
            time.sleep(seconds / 2)

        return self.workflows.wait(name, lambda step: None, until=looked, sleep=patiently)

    def _evaluated(self, version: str, champion: float, challenger: float) -> None:
        hour = hour_of(time.time())
        key = hour_key(MODEL, hour)
        if key not in self._replaced:
            with suppress(self._s3.exceptions.NoSuchKey):
                self._replaced[key] = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            self._replaced.setdefault(key, None)
        self._outcomes += 10
        groups = [
            release_workflow.group(self.before.champion.version, "champion", champion, self._outcomes),
            release_workflow.group(version, "challenger", challenger, self._outcomes),
        ]
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=tally.document(MODEL, hour, groups))

    def taken_back(self) -> None:
        """The evaluator's hours and the release, as they were before the test."""
        with suppress(UserError):
            self.workflows.abort("a test", "it ends")
        for key, body in self._replaced.items():
            if body is None:
                self._s3.delete_object(Bucket=self._bucket, Key=key)
            else:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        self.store.put_release(self.before, replacing=self.store.release())


@pytest.fixture
def releasing(harness: OpenStack) -> Iterator[Releasing]:
    found = Releasing(harness("queued"))
    yield found
    found.taken_back()


@pytest.fixture
def notices(releasing: Releasing) -> Iterator[Callable[[], list[str]]]:
    """What the topic of alarms was told of releases."""
    sqs, sns = releasing.stack.client("sqs"), releasing.stack.client("sns")
    url = sqs.create_queue(QueueName=f"it-notices-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = releasing.stack.outputs["observability"]["topic_arn"]
    accept_from(releasing.stack, url, topic)
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    found: list[str] = []

    def read() -> list[str]:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            found.append(json.loads(message["Body"])["Message"])
        return [text for text in found if text.startswith(f"{MODEL}: ")]

    yield read
    sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def is_as_it_was(releasing: Releasing) -> bool:
    before, after = releasing.before, releasing.release
    return (before.roles(), before.share) == (after.roles(), after.share)


def steps(status: WorkflowStatus) -> list[str]:
    return [step.name for step in status.steps]


@pytest.mark.long
def test_a_better_version_is_promoted_and_of_two_workflows_at_once_the_second_fails(
    releasing: Releasing, notices: Callable[[], list[str]]
) -> None:
    version = releasing.candidate()
    name = releasing.start(version, why="twice the data")
    releasing.ended(name, until=lambda status: "serve" in steps(status))
    assert releasing.release.challenger is not None
    with pytest.raises(UserError, match=f"expected no other release workflow, found {name} running"):
        releasing.start(version)
    # Past the command line, by Step Functions itself.
    client, machine = releasing.stack.client("stepfunctions"), releasing.stack.outputs["release_workflow"]
    second = f"second-{uuid.uuid4().hex[:8]}"
    client.start_execution(
        stateMachineArn=machine["state_machine_arn"], name=second, input=json.dumps({"version": version})
    )
    failed = releasing.ended(second)
    assert failed.status == "FAILED"
    assert f"found {name} running" in failed.error
    wait_for(lambda: any(second in text and "Nothing changed" in text for text in notices()))

    ended = releasing.ended(name, wrong=(0.3, 0.1))
    assert ended.promoted, ended
    assert (ended.status, steps(ended)) == (
        SUCCEEDED, ["begin", "verify", "serve", "look", "serve", "look", "promote"]
    )  # fmt: skip
    release = releasing.release
    assert (release.champion.version, release.challenger, release.previous) == (
        version, None, releasing.before.champion
    )  # fmt: skip
    assert release.change is not None
    assert release.change.by == f"release workflow {name}, started by a test"


@pytest.mark.long(only=True)
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ((0.1, 0.3), "is worse: log_loss"),
        ((0.1, 0.1), "no verdict within"),
        (None, "not evaluated: no hour has predictions"),
    ],
    ids=["worse", "undecided", "silent evaluator"],
)
def test_what_is_not_better_is_rolled_back(
    releasing: Releasing, notices: Callable[[], list[str]], wrong: tuple[float, float] | None, reason: str
) -> None:
    ended = releasing.ended(releasing.start(releasing.candidate()), wrong)
    assert ended.record is not None
    assert (ended.status, ended.record.state) == (SUCCEEDED, ROLLED_BACK)
    assert reason in ended.record.reason
    assert is_as_it_was(releasing)
    wait_for(lambda: any(reason in text and "the release is as it was" in text for text in notices()))


@pytest.mark.long(only=True)
@pytest.mark.parametrize(
    ("training", "reason"),
    [
        ({"fails": True}, "the table has no label"),
        ({"takes_seconds": 30}, "States.Timeout"),
        ({}, "VersionMissing: expected version"),
    ],
    ids=["fails", "times out", "stores nothing"],
)
def test_a_training_that_fails_changes_nothing(
    releasing: Releasing, notices: Callable[[], list[str]], training: dict[str, Any], reason: str
) -> None:
    stored = releasing.store.release()
    ended = releasing.ended(releasing.start(f"trained-{uuid.uuid4().hex[:8]}", training=training))
    assert ended.record is not None
    assert (ended.status, ended.record.state) == ("FAILED", FAILED)
    assert reason in ended.record.reason
    assert releasing.store.release() == stored
    wait_for(lambda: any(reason in text and "was not changed" in text for text in notices()))


@pytest.mark.long(only=True)
def test_a_corrupt_artifact_of_a_training_is_refused(releasing: Releasing) -> None:
    version = releasing.candidate()
    key = f"models/{MODEL}/{version}/model.ubj"
    s3, bucket = releasing.stack.client("s3"), releasing.store.bucket
    body = bytearray(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    body[len(body) // 2] ^= 1
    s3.put_object(Bucket=bucket, Key=key, Body=bytes(body))
    stored = releasing.store.release()
    ended = releasing.ended(releasing.start(version, training={}))
    assert ended.record is not None
    assert ended.record.state == FAILED
    assert "ArtifactRefused: model artifact refused by the SHA-256 check" in ended.record.reason
    assert releasing.store.release() == stored


@pytest.mark.long(only=True)
@pytest.mark.parametrize("way", ["command", "console"])
def test_a_workflow_that_is_stopped_in_the_middle_leaves_the_release_as_it_was(releasing: Releasing, way: str) -> None:
    name = releasing.start(releasing.candidate())
    releasing.ended(name, until=lambda status: "serve" in steps(status))
    if way == "command":
        ended = releasing.workflows.abort("a test", "the wrong table")
    else:
        machine = releasing.stack.outputs["release_workflow"]["state_machine_arn"]
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        releasing.stack.client("stepfunctions").stop_execution(executionArn=execution, error="Aborted", cause="by hand")
        ended = releasing.ended(name)  # the rule calls the function
    assert ended.record is not None
    assert (ended.status, ended.record.state) == ("ABORTED", FAILED)
    assert ended.record.reason == ("Aborted: by a test: the wrong table" if way == "command" else "Aborted: by hand")
    assert is_as_it_was(releasing)
    with pytest.raises(UserError, match="expected a release workflow that runs, found none"):
        releasing.workflows.abort("a test")


@pytest.mark.long(only=True)
@pytest.mark.parametrize(("yes", "state"), [(True, PROMOTED), (False, ROLLED_BACK)], ids=["given", "denied"])
def test_an_approval_decides(releasing: Releasing, notices: Callable[[], list[str]], state: str, *, yes: bool) -> None:
    name = releasing.start(releasing.candidate(), approval=True)
    releasing.ended(name, (0.3, 0.1), until=lambda status: status.record is not None and bool(status.record.token))
    wait_for(lambda: any("waits for approval" in text for text in notices()))
    releasing.workflows.approve("eve", yes=yes, why="seen")
    ended = releasing.ended(name)
    assert ended.record is not None
    assert (ended.record.state, ended.record.reason) == (state, f"{'approved' if yes else 'denied'} by eve: seen")
    assert is_as_it_was(releasing) is not yes
    with pytest.raises(UserError, match="expected a release workflow that waits for approval"):
        releasing.workflows.approve("eve", yes=yes)


@pytest.mark.long(only=True)
def test_what_an_operator_changed_meanwhile_is_left_alone(
    releasing: Releasing, notices: Callable[[], list[str]]
) -> None:
    name = releasing.start(releasing.candidate())
    releasing.ended(name, until=lambda status: "serve" in steps(status))
    Releases(releasing.store, operator(releasing.stack)).split(None, 0.5, "by hand")
    changed = releasing.store.release()
    ended = releasing.ended(name)
    assert ended.record is not None
    assert ended.record.state == FAILED
    assert "ReleaseChanged" in ended.record.reason
    assert releasing.store.release() == changed
    wait_for(lambda: any("NOT restored" in text for text in notices()))


@pytest.mark.long(only=True)
def test_a_publisher_starts_and_ends_a_workflow(releasing: Releasing) -> None:
    publisher = session(releasing.stack, releasing.stack.outputs["model_store"]["publisher_role_arn"])
    workflows = ReleaseWorkflows.of(publisher)
    name = workflows.start(releasing.candidate(), "a publisher")
    releasing.ended(name, until=lambda status: "serve" in steps(status))
    with pytest.raises(ClientError, match="AccessDenied"):
        publisher.client("stepfunctions").send_task_success(taskToken="none", output="{}")
    assert workflows.abort("a publisher", "a mistake").status == "ABORTED"
    assert is_as_it_was(releasing)


@pytest.mark.long(only=True)
@pytest.mark.parametrize(("rounds", "next_step"), [(1, "end"), (60, "serve")], ids=["worse", "as good"])
def test_past_events_are_scored_by_both_versions_first(
    releasing: Releasing, harness: OpenStack, rounds: int, next_step: str
) -> None:
    queued, began = harness("queued"), datetime.now(UTC)
    receipts = queued.send(islice(Sessions(91).events(), 3_000), queued.stream)
    queued.settle()
    happened = Happened({key: (0.0, receipt.outcome) for key, receipt in queued.by_id(receipts).items()})
    place = BatchPlace.of(queued.stack)
    with past.collected(place, began, datetime.now(UTC)) as found:
        assert found.events >= len(receipts)
        given = past.put(place, found, happened)
    version = f"candidate-{uuid.uuid4().hex[:8]}"
    releasing.store.publish(train_version(version, rounds=rounds))
    name = releasing.start(version, backtest=given)
    seen = releasing.ended(name, until=lambda status: "backtest" in steps(status) and len(status.steps) > 3)
    assert steps(seen)[:4] == ["begin", "verify", "backtest", next_step]
    if next_step == "end":
        assert f"{version} is worse: log_loss" in seen.steps[2].detail
        assert is_as_it_was(releasing)
