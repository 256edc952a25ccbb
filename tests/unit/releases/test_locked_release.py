"""Who may change the release while a workflow runs: one workflow at a time, and an operator before any."""

from typing import Any

import pytest

from records.values import as_dict
from releases.errors import ReleaseChanged, WorkflowEnded, WorkflowRunning


def test_two_workflows_at_once_the_second_fails_and_changes_nothing(machine):
    machine.step("begin", "first", input={"version": "2", "by": "anna"})
    with pytest.raises(WorkflowRunning, match=r"found first running \(version 2, by anna\)"):
        machine.step("begin", "second", input={"version": "3"})
    machine.step("end", "second", error={"Error": "WorkflowRunning", "Cause": "…"})
    assert machine.record.execution == "first"
    assert machine.record.running
    assert machine.notices[0].endswith("Nothing changed.")
    for task, members in (
        ("store", {"pointer": as_dict(machine.pointers["3"])}),
        ("serve", {"stage": 0}),
        ("promote", {"reason": ""}),
    ):
        with pytest.raises(WorkflowEnded, match="expected second as the running release workflow, found first"):
            machine.step(task, "second", **members)


def test_a_release_that_an_operator_changed_meanwhile_is_left_alone(machine):
    def change(step: str) -> None:
        if step == "look":
            machine.changed_by_an_operator()

    assert machine.run(change) == "failed"
    assert (machine.release.challenger, machine.release.share) == (machine.pointers["3"], 0.5)
    (notice,) = machine.notices
    assert "ReleaseChanged: expected the release that the workflow made, but bob (split) changed it" in notice
    assert "the release was NOT restored: bob (split) changed it at 2026-02-01" in notice


def test_an_operator_who_is_faster_than_the_restoration_is_not_overwritten(machine, monkeypatch):
    put, evaluate = machine.tasks.store.put_release, machine.more_and_more(0.3, 0.1)

    def change(step: str) -> None:
        evaluate(step)
        if step == "promote":
            raise RuntimeError("S3 is down")
        if step == "restore":
            monkeypatch.setattr(machine.tasks.store, "put_release", faster)

    def faster(release: Any, *, replacing: Any) -> None:
        machine.changed_by_an_operator()
        put(release, replacing=replacing)

    assert machine.run(change) == "failed"
    assert machine.release.challenger == machine.pointers["3"]
    assert "NOT restored: bob (split)" in machine.notices[-1]


def test_a_step_in_flight_when_the_workflow_is_stopped_changes_nothing_afterwards(machine, monkeypatch):
    machine.step("begin", input={"version": "2"})
    machine.step("store", pointer=as_dict(machine.pointers["2"]))
    put = machine.tasks.store.put_release

    def stopped_first(release: Any, *, replacing: Any) -> None:
        monkeypatch.setattr(machine.tasks.store, "put_release", put)
        machine.tasks.run(machine.stopped())
        put(release, replacing=replacing)

    monkeypatch.setattr(machine.tasks.store, "put_release", stopped_first)
    with pytest.raises(ReleaseChanged):
        machine.step("serve", stage=0)
    assert machine.is_as_it_was
