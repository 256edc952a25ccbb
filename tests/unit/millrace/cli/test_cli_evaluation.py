"""`millrace model evaluation`, and what it says to `promote`."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from evaluation.expected import ExpectedBinary
from evaluation.quality import Coverage, quality_of
from millrace.model.verdict import Evaluations
from millrace.stack import Stack
from outcomes.hours import hour_of
from outcomes.tally import Group
from tests.fakes import artifacts
from tests.fakes.commands import answer, publish, run_model, said
from tests.fakes.evaluated import put_hours
from tests.fakes.stack import stack

MANIFEST = artifacts.artifact().manifest
ALLOWED, REFUSED = 0.1, 0.4


def group(version: str, variant: str, share_wrong: float, seed: int) -> Group:
    random, quality = Random(seed), quality_of(MANIFEST)
    for i in range(500):
        happened = (i % 2) ^ (random.random() < share_wrong)
        quality.add_all(np.array([0.9 if i % 2 else 0.1]), np.array([float(happened)]))
    return Group(version, variant, Coverage(1_000, 500), 3, quality)


@pytest.fixture
def deployed(scratch: Path, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    """A stack in memory: 2 is champion, 1 challenger, and there is an evaluator that has not found anything yet."""
    deployed = stack(aws)
    deployed.outputs["evaluator"] = {"bucket": "evaluation"}  # type: ignore[index]
    monkeypatch.setattr(Stack, "load", classmethod(lambda cls, name: deployed))
    monkeypatch.setattr(Stack, "client", lambda self, service, config=None: aws(service))
    for version, seed in (("1", 1), ("2", 2)):
        artifacts.artifact(version=version, seed=seed).write(tmp_path / version)
        publish(tmp_path / version)
    assert run_model("split", "--challenger", "1", "--share", "0.5")[0] == 0
    return deployed


@pytest.fixture
def evaluated(deployed: Stack, aws: Callable[[str], Any]) -> Callable[[float], None]:
    """Puts an hour in which such a share of the challenger's labels was wrong; of the champion's it was a tenth."""

    def put(share_wrong: float) -> None:
        groups = [group("2", "champion", 0.1, 1), group("1", "challenger", share_wrong, 2)]
        put_hours(aws("s3"), {0: groups}, hour_of(time.time()))

    return put


def test_every_version_is_shown_with_intervals_and_the_verdict(evaluated):
    evaluated(REFUSED)
    shown = said("evaluation")
    assert "2 champion" in shown
    assert "1 challenger" in shown
    assert "predictions 1000 1000" in shown
    assert "with an outcome 0.5000 (0.4691 to 0.5309) 0.5000" in shown
    assert "outcomes refused 3 3" in shown
    assert "roc auc 0." in shown
    assert shown.splitlines()[-1].startswith("challenger 1 is worse: log_loss ")


def test_the_same_as_json(evaluated):
    evaluated(REFUSED)
    document = answer("evaluation", "--days", 1)
    assert (document["days"], document["hours"]) == (1, 1)
    assert [(each["version"], each["variant"]) for each in document["groups"]] == [
        ("1", "challenger"),
        ("2", "champion"),
    ]
    accuracy = document["groups"][1]["metrics"]["accuracy"]
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    (verdict,) = document["verdicts"]
    assert (verdict["candidate"], verdict["comparison"]["verdict"]) == ("1", "worse")


def test_the_quality_without_outcomes_is_shown_with_what_it_does_not_see(evaluated, aws):
    expected = ExpectedBinary(0.5)
    expected.add_all(np.array([0.9, 0.2] * 50))
    found = [group("2", "champion", 0.1, 1), group("1", "challenger", 0.1, 2)]
    found[0].expected = expected
    put_hours(aws("s3"), {0: found}, hour_of(time.time()))
    shown = said("evaluation")
    assert re.search(r"expected accuracy \S+ 0\.8500 \(0\.", shown)
    assert "expected: by calibrated scores, of all predictions, without outcomes; concept drift is not seen" in shown
    challenger, champion = answer("evaluation")["groups"]
    assert challenger["expected"] == {}
    accuracy = champion["expected"]["accuracy"]
    assert accuracy["value"] == pytest.approx(0.85)
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]


def test_days_that_no_calendar_has_are_refused(evaluated):
    code, _, err = run_model("evaluation", "--days", 10**9)
    assert (code, "Traceback" in err) == (2, False)


def test_before_the_first_evaluation_it_says_so(evaluated, aws):
    put_hours(aws("s3"), {})
    assert said("evaluation").startswith("no evaluation yet")


def test_a_worse_challenger_is_not_promoted_unless_forced(deployed, evaluated):
    evaluated(REFUSED)
    before = deployed.model_store().release()
    code, out, err = run_model("promote")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "challenger 1 is worse" in err
    assert "--force" in err
    assert deployed.model_store().release() == before
    lines = said("promote", "--force").splitlines()
    assert lines[0].startswith("challenger 1 is worse")
    assert lines[1].startswith("champion 2 → 1")


def test_one_that_is_not_yet_known_is_promoted_with_a_note(evaluated):
    evaluated(ALLOWED)
    promoted = answer("promote")
    assert (promoted["changed"], promoted["evaluation"]["comparison"]["verdict"]) == (True, "not yet known")


def test_without_an_evaluation_it_is_promoted_with_a_note(deployed, aws):
    put_hours(aws("s3"), {})
    assert said("promote").startswith("not evaluated: no hour has predictions of 2 as champion")


def test_without_an_evaluator_it_is_promoted_with_a_note(deployed):
    del deployed.outputs["evaluator"]  # type: ignore[attr-defined]
    assert said("promote").startswith("not evaluated: stack 'test' has no evaluator")
    assert run_model("evaluation")[2].startswith("error: stack 'test' has no evaluator")


def test_an_evaluation_that_cannot_be_read_does_not_hold_up_a_promotion(deployed):
    """There is no such bucket."""
    assert said("promote").startswith("not evaluated: the evaluation could not be read: ")


def test_who_may_not_read_the_evaluation_needs_force(deployed, monkeypatch):
    def denied(self: Evaluations, days: int) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")

    monkeypatch.setattr(Evaluations, "hours", denied)
    assert run_model("promote")[2].startswith("error: not evaluated: the evaluation could not be read: ")
    assert answer("promote", "--force")["changed"]
