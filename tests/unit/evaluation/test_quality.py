"""Every metric is scikit-learn's; every accumulator merges in any order to the same bytes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from evaluation.binary import Binary
from evaluation.errors import NotMergeable
from evaluation.multiclass import MAX_RANKED_CLASSES, Multiclass
from evaluation.quality import Coverage, NoQuality, quality_of, read_quality
from evaluation.regression import Regression
from model_store.documents import canonical, parse
from model_store.errors import DocumentInvalid
from tests.fakes import artifacts

probabilities = st.floats(0, 1, width=32)
numbers = st.floats(-1e6, 1e6, width=32)
KINDS = {
    "binary": (Binary, st.tuples(probabilities, st.integers(0, 1))),
    "logit": (lambda: Binary(0.0, "logit"), st.tuples(st.floats(-50, 50, width=32), st.integers(0, 1))),
    "label": (lambda: Binary(0.5, "label"), st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 1))),
    "multiclass": (
        lambda: Multiclass(3),
        st.tuples(st.tuples(probabilities, probabilities, probabilities), st.integers(0, 2)),
    ),
    "regression": (Regression, st.tuples(numbers, numbers)),
}


def counted(empty, rows):
    """All rows at once, as the evaluator counts them."""
    quality, rows = empty(), list(rows)
    if rows:
        scores, outcomes = (np.array(column, np.float64) for column in zip(*rows, strict=True))
        assert quality.add_all(scores, outcomes) == len(rows)
    return quality


def counted_singly(empty, rows):
    quality = empty()
    for score, outcome in rows:
        assert quality.add_all(np.array([score]), np.array([float(outcome)])) == 1
    return quality


def sampled(n, seed=1):
    random = np.random.default_rng(seed)
    scores = random.beta(1, 3, n).astype(np.float32).astype(float)
    return scores, (random.random(n) < scores).astype(int)


def values(quality):
    return {name: estimate.value for name, estimate in quality.estimates().items()}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_merged_in_any_order_it_is_the_same_to_the_byte(kind, data):
    empty, row = KINDS[kind]
    rows = data.draw(st.lists(row, max_size=30))
    shuffled = data.draw(st.permutations(rows))
    at = data.draw(st.integers(0, len(rows)))
    merged, right = counted(empty, shuffled[:at]), counted(empty, shuffled[at:])
    merged.merge(right)
    whole = counted_singly(empty, rows)
    assert canonical(merged.to_json()) == canonical(whole.to_json())
    assert merged.estimates() == whole.estimates()
    assert merged.n == len(rows)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_what_is_stored_reads_back_and_goes_on_counting(kind, data):
    empty, row = KINDS[kind]
    rows = data.draw(st.lists(row, max_size=10))
    quality = counted(empty, rows)
    read = read_quality(parse(canonical(quality.to_json()), "quality"))
    assert canonical(read.to_json()) == canonical(quality.to_json())
    read.merge(quality)
    assert read.n == 2 * len(rows)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_every_interval_holds_its_value_and_what_is_not_known_is_explained(kind, data):
    empty, row = KINDS[kind]
    for estimate in counted(empty, data.draw(st.lists(row, max_size=80))).estimates().values():
        if estimate.value is None or estimate.low is None:
            assert estimate.note
        else:
            assert estimate.low <= estimate.value + 1e-12
            assert estimate.value <= estimate.high + 1e-12
            assert estimate.error is not None


def test_binary_metrics_are_scikit_learns():
    scores, outcomes = sampled(3_000)
    labels = scores >= 0.4
    found = values(counted(lambda: Binary(0.4), zip(scores.tolist(), outcomes.tolist(), strict=True)))
    auc = found.pop("roc_auc")
    assert found.pop("calibration_error") > 0
    assert found == pytest.approx(
        {
            "accuracy": sk.accuracy_score(outcomes, labels),
            "precision": sk.precision_score(outcomes, labels),
            "recall": sk.recall_score(outcomes, labels),
            "f1": sk.f1_score(outcomes, labels),
            "log_loss": sk.log_loss(outcomes, scores),
            "brier": sk.brier_score_loss(outcomes, scores),
        },
        rel=1e-12,
    )
    assert auc == pytest.approx(sk.roc_auc_score(outcomes, scores), abs=1e-4)


def test_scores_of_0_and_1_that_were_wrong_cost_what_they_cost_in_scikit_learn():
    scores, outcomes = np.array([0.0, 1.0, 1.0, 0.5], np.float32), [1, 0, 1, 1]
    found = values(counted(Binary, zip(scores.tolist(), outcomes, strict=True)))
    assert found["log_loss"] == pytest.approx(sk.log_loss(outcomes, scores), rel=1e-6)


def test_logits_are_judged_as_the_probabilities_that_they_stand_for():
    scores, outcomes = sampled(2_000)
    logits = np.log(scores / (1 - scores)).tolist()
    of_logits = values(counted(lambda: Binary(0.0, "logit"), zip(logits, outcomes.tolist(), strict=True)))
    of_scores = values(counted(lambda: Binary(0.5), zip(scores.tolist(), outcomes.tolist(), strict=True)))
    assert of_logits == pytest.approx(of_scores, rel=1e-9)


def test_labels_as_scores_have_no_probabilities():
    found = counted(lambda: Binary(0.5, "label"), [(1.0, 1), (0.0, 1), (0.0, 0)]).estimates()
    assert found["accuracy"].value == pytest.approx(2 / 3)
    assert found["roc_auc"].value == 0.75
    assert found["log_loss"].value is None
    assert "labels" in found["log_loss"].note


def test_calibration_is_scikit_learns():
    scores, outcomes = sampled(5_000)
    calibration = counted(Binary, zip(scores.tolist(), outcomes.tolist(), strict=True)).calibration
    observed, mean_score = calibration_curve(outcomes, scores, n_bins=10)
    report = calibration.report()
    assert [b["observed"]["value"] for b in report] == pytest.approx(list(observed))
    assert [b["mean_score"] for b in report] == pytest.approx(list(mean_score))
    weights = np.array([b["n"] for b in report]) / 5_000
    assert calibration.expected_error() == pytest.approx(float(weights @ abs(observed - mean_score)))


def test_the_calibration_error_of_a_calibrated_model_is_about_that_of_chance():
    errors, chances = [], []
    for seed in range(60):
        scores, outcomes = sampled(500, seed)
        calibration = counted(Binary, zip(scores.tolist(), outcomes.tolist(), strict=True)).calibration
        errors.append(calibration.expected_error())
        chances.append(calibration.error_by_chance())
    assert np.mean(errors) == pytest.approx(np.mean(chances), rel=0.1)


def _classified(n=2_000, classes=4, seed=2):
    random = np.random.default_rng(seed)
    scores = random.dirichlet([0.5] * classes, n).astype(np.float32)
    outcomes = [int(random.choice(classes, p=row / row.sum())) for row in scores.astype(float)]
    return scores, np.array(outcomes)


def test_multiclass_metrics_are_scikit_learns():
    scores, outcomes = _classified()
    labels = scores.argmax(axis=1)
    quality = counted(lambda: Multiclass(4), zip(scores.tolist(), outcomes.tolist(), strict=True))
    found = values(quality)
    normalised = scores / scores.sum(axis=1, keepdims=True)
    assert found.pop("calibration_error") < 0.05
    assert found.pop("macro_roc_auc") == pytest.approx(
        sk.roc_auc_score(outcomes, normalised.astype(float), multi_class="ovr"), abs=2e-4
    )
    assert found == pytest.approx(
        {
            "accuracy": sk.accuracy_score(outcomes, labels),
            "macro_precision": sk.precision_score(outcomes, labels, average="macro"),
            "macro_recall": sk.recall_score(outcomes, labels, average="macro"),
            "macro_f1": sk.f1_score(outcomes, labels, average="macro"),
            "log_loss": sk.log_loss(outcomes, normalised),
            "brier": sk.brier_score_loss(outcomes, scores.astype(float) / scores.astype(float).sum(1, keepdims=True)),
        },
        rel=1e-5,
    )
    by_class = quality.by_class()
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        assert [row[name].value for row in by_class] == pytest.approx(list(score(outcomes, labels, average=None)))


def test_classes_without_outcomes_count_as_in_scikit_learn():
    rows = [((0.7, 0.2, 0.1), 0), ((0.2, 0.7, 0.1), 0), ((0.6, 0.3, 0.1), 0)]  # class 1 is only a label, 2 is nothing
    quality = counted(lambda: Multiclass(3), rows)
    assert values(quality)["macro_f1"] == pytest.approx(sk.f1_score([0, 0, 0], [0, 1, 0], average="macro"))
    assert values(quality)["macro_recall"] == pytest.approx(
        sk.recall_score([0, 0, 0], [0, 1, 0], average="macro", zero_division=0)
    )
    assert quality.by_class()[2]["f1"].value is None
    assert quality.by_class()[1]["recall"].note == "not defined: no outcomes of this class"
    assert values(quality)["macro_roc_auc"] is None


def test_many_classes_have_no_auc_and_a_bounded_size():
    classes = MAX_RANKED_CLASSES + 1
    quality = counted(lambda: Multiclass(classes), [([1.0] + [0.0] * (classes - 1), 0)] * 3)
    assert quality.estimates()["macro_roc_auc"].value is None
    assert "roc_auc" not in quality.by_class()[0]
    assert quality.to_json()["ranks"] == []


def test_regression_metrics_are_scikit_learns():
    random = np.random.default_rng(4)
    outcomes = random.normal(1e5, 1, 1_000)  # a mean that would swallow the variance in sums of floats
    scores = (outcomes + random.normal(0, 0.5, 1_000)).tolist()
    found = values(counted(Regression, zip(scores, outcomes.tolist(), strict=True)))
    assert found == pytest.approx(
        {
            "mae": sk.mean_absolute_error(outcomes, scores),
            "rmse": sk.root_mean_squared_error(outcomes, scores),
            "r2": sk.r2_score(outcomes, scores),
        },
        rel=1e-9,
    )


def test_perfect_and_constant_regressions():
    assert values(counted(Regression, [(1.0, 1.0), (2.0, 2.0)])) == {"mae": 0.0, "rmse": 0.0, "r2": 1.0}
    same = counted(Regression, [(1.0, 3.0), (2.0, 3.0)]).estimates()["r2"]
    assert (same.value, same.note) == (None, "not defined: all outcomes are equal")
    assert "at least 2 outcomes, got 1" in counted(Regression, [(1.0, 3.0)]).estimates()["r2"].note


@pytest.mark.parametrize("kind", KINDS)
def test_without_outcomes_nothing_is_defined(kind):
    empty, _ = KINDS[kind]
    for estimate in empty().estimates().values():
        assert estimate.value is None
        assert estimate.note


@pytest.mark.parametrize(("outcome", "defined"), [(0, {"recall": False}), (1, {"recall": True})])
def test_one_class_only_has_no_auc_and_no_interval_of_the_log_loss(outcome, defined):
    found = counted(Binary, [(0.2, outcome), (0.7, outcome)] * 20).estimates()
    assert (found["recall"].value is not None) == defined["recall"]
    assert found["roc_auc"].note == "not defined: outcomes of one class only"
    assert found["log_loss"].value is not None
    assert found["log_loss"].low is None
    assert found["accuracy"].low is not None


REFUSED = [
    *((score, 1) for score in (math.nan, math.inf, -math.inf, 1e39, -1e39)),
    *((0.5, outcome) for outcome in (math.nan, math.inf, -1, 0.5, 2, 1e39)),
]


@pytest.mark.parametrize("kind", ["binary", "logit", "label"])
def test_what_is_no_score_or_no_class_is_not_counted(kind):
    empty = KINDS[kind][0]
    scores, outcomes = (np.array(column) for column in zip(*[(1.0, 1), *REFUSED, (0.0, 0)], strict=True))
    quality = empty()
    assert quality.add_all(scores, outcomes) == 2
    assert canonical(quality.to_json()) == canonical(counted_singly(empty, [(1.0, 1), (0.0, 0)]).to_json())
    assert empty().add_all(np.array([1.5]), np.array([1.0])) == (kind == "logit")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e39, -0.1])
def test_a_row_with_one_score_that_is_no_probability_is_not_counted(bad):
    quality = Multiclass(3)
    scores = np.array([[0.2, bad, 0.3], [0.2, 0.5, 0.3], [0.2, 0.5, 0.3]])
    assert quality.add_all(scores, np.array([1.0, 3.0, 2.0])) == 1
    assert canonical(quality.to_json()) == canonical(counted(lambda: Multiclass(3), [((0.2, 0.5, 0.3), 2)]).to_json())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e39])
def test_a_number_that_float32_cannot_hold_is_not_counted(bad):
    quality = Regression()
    assert quality.add_all(np.array([bad, 1.0, 2.0]), np.array([1.0, bad, 2.5])) == 1
    assert canonical(quality.to_json()) == canonical(counted(Regression, [(2.0, 2.5)]).to_json())


def test_what_cannot_be_merged():
    with pytest.raises(NotMergeable, match="threshold"):
        Binary(0.5).merge(Binary(0.6))
    with pytest.raises(NotMergeable, match="classes"):
        Multiclass(3).merge(Multiclass(4))


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_accumulator_without_one_of_its_members_is_refused(kind):
    stored = KINDS[kind][0]().to_json()
    for member in stored.keys() - {"threshold"}:
        with pytest.raises(DocumentInvalid, match=f"quality.{member}"):
            read_quality(parse(canonical({k: v for k, v in stored.items() if k != member}), "quality"))


@pytest.mark.parametrize(
    ("kind", "expected"), [("binary", Binary), ("multiclass", Multiclass), ("regression", Regression)]
)
def test_the_accumulator_follows_the_manifest(kind, expected):
    assert type(quality_of(artifacts.artifact(kind).manifest)) is expected


def test_rankings_have_no_metrics():
    with pytest.raises(NoQuality, match="ranking"):
        quality_of(artifacts.artifact("ranking").manifest)


def test_coverage_is_a_share():
    coverage = Coverage(80, 20)
    coverage.merge(Coverage(20, 5))
    assert coverage.estimate().value == 0.25
    assert Coverage().estimate().note == "no predictions"
    assert Coverage.read(parse(canonical(coverage.to_json()), "coverage")) == coverage


def test_size_is_bounded():
    scores, outcomes = sampled(20_000)
    quality = counted(Binary, zip(scores.tolist(), outcomes.tolist(), strict=True))
    once = len(canonical(quality.to_json()))
    for _ in range(10):
        quality.merge(read_quality(parse(canonical(quality.to_json()), "quality")))
    assert len(canonical(quality.to_json())) < once + 3_000
