"""What the evaluator's hours say of a version that may become the champion."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from evaluation.quality import Coverage, quality_of
from millrace.model import verdict
from millrace.model.verdict import ChallengerWorse, EvaluationDenied, Evaluations, NoEvaluator, allow
from model_store.store import ModelStore
from outcomes.tally import Group
from outcomes.verdict import Verdict, merged
from tests.fakes import artifacts
from tests.fakes.clock import FakeClock
from tests.fakes.evaluated import put_hours
from tests.fakes.evaluation import NOON
from tests.fakes.stack import stack

MANIFEST = artifacts.artifact().manifest


def group(version: str, variant: str, share_wrong: float, n: int = 400, seed: int = 1) -> Group:
    """Predictions of 0.9 and 0.1, of which a share is wrong."""
    random, quality = Random(seed), quality_of(MANIFEST)
    for i in range(n):
        happened = (i % 2) ^ (random.random() < share_wrong)
        quality.add_all(np.array([0.9 if i % 2 else 0.1]), np.array([float(happened)]))
    return Group(version, variant, Coverage(2 * n, n), 0, quality)


def hour(champion: float, challenger: float | None, variant: str = "challenger", seed: int = 1) -> list[Group]:
    groups = [group("1", "champion", champion, seed=seed)]
    return groups if challenger is None else [*groups, group("2", variant, challenger, seed=seed + 1)]


@pytest.fixture
def store(s3: Any) -> ModelStore:
    store = ModelStore(s3, "models", "sessions")
    for version in "12":
        store.publish(artifacts.artifact(version=version))
    return store


def told(store: ModelStore, *hours: list[Group], metric: str | None = None) -> Verdict:
    return verdict.verdict({str(i): groups for i, groups in enumerate(hours)}, store, "1", "2", metric)


def test_a_challenger_with_wrong_labels_is_worse(store):
    found = told(store, hour(0.1, 0.3), hour(0.1, 0.3, seed=5))
    assert found.worse
    assert (found.variant, found.hours, found.comparison.metric, found.comparison.outcomes) == (
        "challenger", 2, "log_loss", 1_600
    )  # fmt: skip
    assert found.line().startswith("challenger 2 is worse: log_loss 0.")
    assert found.to_json()["comparison"]["verdict"] == "worse"


def test_the_other_way_round_it_is_better(store):
    assert told(store, hour(0.3, 0.1)).comparison.verdict == "better"


def test_the_same_is_not_yet_known_and_says_how_many_more(store):
    found = told(store, hour(0.1, 0.12))
    assert found.comparison.verdict == "not yet known"
    assert "outcomes more would settle it" in found.line()


def test_another_metric_decides_if_asked_for(store):
    assert told(store, hour(0.1, 0.3), metric="accuracy").comparison.metric == "accuracy"


def test_only_hours_in_which_both_predicted_are_compared(store):
    """The champion was bad before there was a challenger; that says nothing of the challenger."""
    found = told(store, *[hour(0.45, None, seed=i) for i in range(5)], hour(0.1, 0.3))
    assert (found.worse, found.hours, found.comparison.outcomes) == (True, 1, 800)


def test_a_shadow_is_compared_where_there_was_no_challenger(store):
    assert told(store, hour(0.1, 0.3, "shadow")).variant == "shadow"
    assert told(store, hour(0.1, 0.3, "shadow"), hour(0.1, 0.3)).variant == "challenger"


@pytest.mark.parametrize(
    ("hours", "note"),
    [
        ([], "no hour has predictions of 1 as champion and of 2 in the same hour"),
        ([hour(0.1, None)], "no hour has predictions of 1 as champion and of 2 in the same hour"),
        ([[Group("1", "champion", note="why not"), Group("2", "challenger")]], "why not"),
    ],
    ids=["no hours", "no challenger", "no quality"],
)
def test_without_a_comparison_there_is_a_note(store, hours, note):
    found = told(store, *hours)
    assert (found.comparison, found.note, found.worse) == (None, note, False)
    assert found.line() == f"not evaluated: {note}"


def test_a_metric_that_is_none_is_a_note(store):
    assert "metric: expected one that both have" in told(store, hour(0.1, 0.3), metric="beauty").note


def test_hours_that_count_something_else_are_left_out_aloud():
    other = Group("1", "champion", Coverage(2, 1), 0, quality_of(artifacts.artifact("multiclass").manifest))
    found = merged([[group("1", "champion", 0.1)], [Group("1", "champion", Coverage(2, 1))], [other]])
    assert found["1", "champion"].quality.n == 400
    assert found["1", "champion"].note.startswith("some hours are left out: ")


def test_merging_leaves_the_hours_as_they_are(store):
    hours = [hour(0.1, 0.3), hour(0.1, 0.3, seed=5)]
    first, second = (merged(hours)["2", "challenger"].quality.n for _ in range(2))
    assert (first, second, told(store, *hours).comparison.outcomes) == (800, 800, 1_600)


@pytest.mark.parametrize(("force", "refused"), [(False, True), (True, False)])
def test_who_is_worse_is_refused_unless_forced(store, force, refused):
    found = told(store, hour(0.1, 0.3))
    if refused:
        with pytest.raises(
            ChallengerWorse, match=r"challenger 2 is worse: .*; to promote it all the same, add --force"
        ):
            allow(found, force)
    else:
        allow(found, force)


def test_without_permission_to_read_the_evaluation_nothing_is_promoted_unless_forced():
    found = Verdict("1", "2", note="the evaluation could not be read: AccessDenied", denied=True)
    with pytest.raises(EvaluationDenied, match=r"AccessDenied; allow s3:GetObject and s3:ListBucket .* add --force"):
        allow(found, force=False)
    allow(found, force=True)


@pytest.mark.parametrize("found", [None, Verdict("1", "2", note="nothing is known")])
def test_what_is_not_known_is_allowed(found):
    allow(found, force=False)


def test_the_last_days_are_read_and_no_more(aws: Callable[[str], Any], monkeypatch):
    deployed = stack(aws)
    monkeypatch.setattr(type(deployed), "client", lambda self, service, config=None: aws(service))
    deployed.outputs["evaluator"] = {"bucket": "evaluation"}  # type: ignore[index]
    put_hours(aws("s3"), {-24 * 2: hour(0.1, 0.2), -24 * 2 + 1: hour(0.1, 0.2), -1: hour(0.1, None), 0: hour(0.1, 0.2)})
    found = Evaluations(deployed, FakeClock(NOON + 60)).hours(days=2)
    assert list(found) == ["2026-11-19T13:00:00.000Z", "2026-11-21T11:00:00.000Z", "2026-11-21T12:00:00.000Z"]
    assert [[each.version for each in groups] for groups in found.values()] == [["1", "2"], ["1"], ["1", "2"]]


def test_a_stack_without_an_evaluator_says_how_to_get_one(aws):
    with pytest.raises(NoEvaluator, match=r"stack 'test' has no evaluator: set `evaluator = \{\}`"):
        Evaluations(stack(aws))
