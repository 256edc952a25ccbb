"""Whole workflows: what serves after each step, how they end, and what an operator is notified of."""

import json
from collections.abc import Callable
from copy import replace
from typing import Any

import pytest

from records.values import as_dict
from releases.errors import RecordConflict, WorkflowRefused, WorkflowRunning
from releases.past import CANDIDATE, CHAMPION, run_name
from releases.record import Records, WorkflowRecord
from tests.fakes.release_workflow import MODEL, ReleaseMachine


def test_a_better_version_is_promoted_stage_by_stage(machine):
    assert machine.run(machine.more_and_more(0.3, 0.1)) == "promoted"
    assert machine.releases == [
        ("1", None, 0.0),  # begin
        ("1", None, 0.0),  # store
        ("1", "2", 0.05),
        ("1", "2", 0.05),  # look: better
        ("1", "2", 0.25),
        ("1", "2", 0.25),
        ("2", None, 0.0),
    ]
    assert machine.release.previous == machine.pointers["1"]
    assert machine.release.change.by == "release workflow run, started by anna"
    assert "challenger 2 is better: log_loss" in machine.release.change.why
    record = machine.record
    assert (record.state, [step.name for step in record.steps]) == (
        "promoted", ["begin", "verify", "serve", "look", "serve", "look", "promote"]
    )  # fmt: skip
    assert not machine.notices


def test_a_worse_version_ends_with_the_release_as_it_was(machine):
    assert machine.run(lambda step: machine.evaluated(0.1, 0.3)) == "rolled back"
    assert machine.is_as_it_was
    assert machine.record.state == "rolled back"
    (notice,) = machine.notices
    assert notice.startswith("sessions: 2 rolled back\nchallenger 2 is worse: log_loss")
    assert notice.endswith("the release is as it was: 1 serves")


def test_an_undecided_version_is_rolled_back_when_the_time_of_a_stage_is_over(machine):
    assert machine.run(lambda step: machine.evaluated(0.1, 0.1)) == "rolled back"
    assert machine.is_as_it_was
    assert machine.record.reason.startswith("no verdict within 2 h of the stage: challenger 2 is not yet known")
    assert machine.releases.count(("1", "2", 0.05)) == 1 + 7200 / 600


@pytest.mark.parametrize("silent", ["on the candidate", "altogether"])
def test_a_silent_evaluator_rolls_back_with_that_reason(machine, silent):
    def evaluate(step: str) -> None:
        if silent == "on the candidate":
            machine.evaluated(0.1, None)

    assert machine.run(evaluate) == "rolled back"
    assert machine.is_as_it_was
    assert machine.record.reason == (
        "no verdict within 2 h of the stage: not evaluated: no hour has predictions of 1 as champion and of 2 in the "
        "same hour"
    )


def test_evidence_from_before_the_challenger_served_does_not_count(machine):
    machine.evaluated(0.3, 0.1)
    machine.clock.now += 7200
    assert machine.run() == "rolled back"


def test_each_stage_has_its_own_time(machine):
    """Twice a verdict just before the time is over."""
    steps: list[str] = []

    def evaluate(step: str) -> None:
        steps.append(step)
        if steps.count("look") in (10, 20):
            machine.evaluated(0.3, 0.1, 200 + 20 * steps.count("look"))

    assert machine.run(evaluate) == "promoted"


def test_a_stage_without_new_outcomes_promotes_nothing(machine):
    """Better at 5 %, and then no outcome more: a larger share has shown nothing."""

    def evaluate(step: str) -> None:
        if machine.release.share < 0.25:
            machine.evaluated(0.3, 0.1)

    assert machine.run(evaluate) == "rolled back"
    assert machine.is_as_it_was
    assert machine.record.reason.startswith("no verdict within 2 h of the stage: challenger 2 is better")


def test_a_version_that_is_worse_on_past_events_serves_no_key(s3):
    machine = ReleaseMachine(s3, BATCH_BUCKET="batches")
    assert machine.run(backtest=machine.backtested(0.1, 0.3)) == "rolled back"
    assert {challenger for _, challenger, _ in machine.releases} == {None}
    assert machine.record.reason.startswith("2 is worse: log_loss 0.")
    assert machine.notices[0].endswith("the release was not changed: 1 serves")


@pytest.mark.parametrize("candidate", [0.1, 0.11])
def test_a_version_that_is_not_worse_on_past_events_begins_to_serve(s3, candidate):
    machine = ReleaseMachine(s3, BATCH_BUCKET="batches")
    past = machine.backtested(0.3 if candidate == 0.1 else 0.1, candidate)
    assert machine.run(machine.more_and_more(0.3, 0.1), backtest=past) == "promoted"
    (step,) = [step for step in machine.record.steps if step.name == "backtest"]
    assert f"2 is {'better' if candidate == 0.1 else 'not yet known'}: log_loss" in step.detail
    assert "1,200 outcomes of both" in step.detail


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (1, "2 predicted 599 of the events, 1 600; 2 is better: log_loss"),
        (599, "2 predicted 1 of the events, 1 600; 2 is not yet known: log_loss"),
        (600, "2 predicted 0 of the events, 1 600; "),
    ],
)
def test_a_version_that_cannot_read_past_events_serves_no_key(s3, refused, told):
    """Its batch is complete: the others are in quarantine."""
    machine = ReleaseMachine(s3, BATCH_BUCKET="batches")
    assert machine.run(backtest=machine.backtested(0.3, 0.1, refused=refused)) == "rolled back"
    assert {challenger for _, challenger, _ in machine.releases} == {None}
    assert machine.record.reason.startswith(told)


def test_a_backtest_needs_batches(machine):
    with pytest.raises(WorkflowRefused, match="expected a stack with batches, this one has none"):
        machine.step("begin", input={"version": "2", "backtest": {}})


@pytest.mark.parametrize(
    ("execution", "change", "told"),
    [
        ("x" * 71, {}, "name: expected up to 70 characters for an execution with a backtest, got 71"),
        ("run", {"bucket": None}, "backtest.bucket: expected text, got None"),
        ("run", {"prefix": ""}, "backtest.prefix: expected text, got ''"),
        ("run", {"outcomes": 7}, "backtest.outcomes: expected text, got 7"),
    ],
)
def test_a_backtest_that_could_not_run_is_refused_at_the_start(s3, execution, change, told):
    machine = ReleaseMachine(s3, BATCH_BUCKET="batches")
    given = {"version": "2", "backtest": machine.backtested(0.3, 0.1) | change}
    with pytest.raises(WorkflowRefused, match=told):
        machine.step("begin", execution, input=given)
    assert machine.step("begin", "x" * 71, input={"version": "2"})["backtest"] is False


def test_the_longest_name_of_a_workflow_gives_batches_a_name(s3):
    machine = ReleaseMachine(s3, BATCH_BUCKET="batches")
    assert machine.step("begin", "x" * 70, input={"version": "2", "backtest": machine.backtested(0.3, 0.1)})["backtest"]
    assert max(len(run_name("x" * 70, role)) for role in (CHAMPION, CANDIDATE)) == 80


@pytest.mark.parametrize(("answer", "ended"), [("promote", "promoted"), ("roll back", "rolled back")])
def test_an_approval_is_awaited_before_promotion(machine, answer, ended):
    reply = {"next": answer, "stage": 0, "reason": "approved by eve"}
    assert machine.run(machine.more_and_more(0.3, 0.1), reply, approval=True) == ended
    assert "2 waits for approval" in machine.notices[0]
    assert machine.record.reason == "approved by eve"
    assert machine.record.token == ""
    assert (machine.release.champion.version, machine.release.challenger) == ("2" if ended == "promoted" else "1", None)


def test_the_stack_can_require_approvals(s3):
    machine = ReleaseMachine(s3, APPROVAL="required")
    assert machine.step("begin", input={"version": "2"})["approval"] is True


@pytest.mark.parametrize("failing", ["store", "serve", "look", "promote"])
def test_after_a_failure_of_any_step_the_release_is_as_it_was(machine, failing):
    evaluate = machine.more_and_more(0.3, 0.1)

    def fail(step: str) -> None:
        evaluate(step)
        if step == failing:
            raise RuntimeError("S3 is down")

    assert machine.run(fail) == "failed"
    assert machine.is_as_it_was
    assert machine.record.state == "failed"
    assert machine.notices[-1].startswith("sessions: 2 failed\nRuntimeError: S3 is down\n")


def test_a_training_that_failed_changes_nothing(machine):
    begun = machine.step("begin", input={"version": "9", "training": {"table": "s3://tables/t.csv"}})
    training = {"table": "s3://tables/t.csv", "version": "9", "created_at": machine.record.began_at}
    assert (begun["train"], begun["training"], begun["approval"]) == (True, training, False)
    etag = machine.stored.etag
    machine.step("end", error={"Error": "States.Timeout", "Cause": ""})
    assert machine.stored.etag == etag
    assert machine.notices == ["sessions: 9 failed\nStates.Timeout\nthe release was not changed: 1 serves"]


def test_of_two_that_begin_in_one_moment_one_gets_the_lock(machine, monkeypatch):
    write = Records.write

    def faster(self: Records, record: WorkflowRecord, **condition: Any) -> Any:
        monkeypatch.setattr(Records, "write", write)
        machine.step("begin", "faster", input={"version": "3"})
        return write(self, record, **condition)

    monkeypatch.setattr(Records, "write", faster)
    with pytest.raises(RecordConflict):
        machine.step("begin", "slower", input={"version": "2"})
    with pytest.raises(WorkflowRunning):
        machine.step("begin", "slower", input={"version": "2"})
    assert machine.record.execution == "faster"


def test_each_step_can_be_made_again(machine):
    """As Step Functions does where an answer was lost."""
    candidate = as_dict(machine.pointers["2"])
    for _ in range(2):
        machine.step("begin", input={"version": "2"})
    for _ in range(2):
        machine.step("store", pointer=candidate)
    machine.step("serve", stage=0)
    served = machine.stored.etag
    machine.step("serve", stage=0)
    assert machine.stored.etag == served
    promoted = [machine.step("promote", reason="better") for _ in range(2)]
    assert promoted == [{"reason": "better"}] * 2
    assert machine.release.champion == machine.pointers["2"]


def test_a_workflow_that_was_stopped_is_brought_back_once(machine):
    machine.step("begin", input={"version": "2"})
    machine.step("store", pointer=as_dict(machine.pointers["2"]))
    machine.step("serve", stage=0)
    event = machine.stopped(error="Aborted", cause="by anna: the wrong table")
    assert machine.tasks.run(event) == {"reason": "Aborted: by anna: the wrong table"}
    assert machine.is_as_it_was
    assert machine.record.state == "failed"
    etag = machine.stored.etag
    machine.tasks.run(event)
    assert (machine.stored.etag, len(machine.notices)) == (etag, 1)


def test_an_execution_that_never_began_or_ended_by_itself_needs_nothing(machine):
    assert machine.tasks.run(machine.stopped("FAILED")) == {"reason": ""}
    machine.step("begin", "other", input={"version": "2"})
    assert machine.tasks.run(machine.stopped("TIMED_OUT")) == {"reason": ""}
    assert machine.record.running
    assert not machine.notices


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"version": "1"}, "expected another than the champion, got 1"),
        ({"version": "no/version"}, "version: expected 1 to 100 letters"),
        ({}, "version: expected 1 to 100 letters"),
    ],
)
def test_what_cannot_be_released_is_refused(machine, given, message):
    with pytest.raises(WorkflowRefused, match=message):
        machine.step("begin", input=given)


def test_a_release_with_a_challenger_is_refused(machine):
    machine.changed_by_an_operator()
    with pytest.raises(WorkflowRefused, match="expected a release without a challenger, found 3"):
        machine.step("begin", input={"version": "2"})


def test_another_version_than_was_asked_for_is_refused(machine):
    machine.step("begin", input={"version": "2"})
    with pytest.raises(WorkflowRefused, match="version: expected 2, got 3"):
        machine.step("store", pointer=as_dict(machine.pointers["3"]))


def test_an_unknown_task_is_refused(machine):
    with pytest.raises(WorkflowRefused, match="task: expected one of begin, store"):
        machine.tasks.run({"task": "other"})


def test_a_model_without_a_verdict_is_refused_before_anything_serves(machine):
    manifest = machine.store.manifest("1")[0]
    body = replace(manifest, objective="rank:pairwise").to_bytes()
    machine.s3.put_object(Bucket="models", Key=f"models/{MODEL}/1/manifest.json", Body=body)
    with pytest.raises(WorkflowRefused, match=r"rank:pairwise: expected one of .* with --metric"):
        machine.step("begin", input={"version": "2"})
    machine.step("begin", input={"version": "2", "metric": "accuracy"})


def test_the_record_is_read_as_it_was_written(machine):
    machine.run(lambda step: machine.evaluated(0.1, 0.3))
    record = machine.record
    assert WorkflowRecord.from_bytes(record.to_bytes()) == record
    assert json.loads(record.to_bytes())["schema_version"] == 1


def test_a_notice_that_was_not_accepted_fails_the_step_and_is_sent_again(machine, monkeypatch):
    machine.step("begin", input={"version": "2"})
    accept: Callable[..., Any] = machine.sns.publish_batch
    monkeypatch.setattr(machine.sns, "publish_batch", lambda **_: {"Failed": [{"Code": "Throttled"}]})
    with pytest.raises(Exception, match="Throttled"):
        machine.step("end", error={"Error": "E", "Cause": ""})
    monkeypatch.setattr(machine.sns, "publish_batch", accept)
    machine.step("end", error={"Error": "E", "Cause": ""})
    assert len(machine.notices) == 1
