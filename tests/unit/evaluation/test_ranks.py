"""ROC AUC by bins: within its stated error of scikit-learn's, with DeLong's standard error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evaluation.ranks import BINS, Ranks
from evaluation.values import logits
from model_store.errors import DocumentInvalid

rows = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), max_size=60)


def ranked(pairs):
    ranks, rows = Ranks(), list(pairs)
    scores, positive = np.array([score for score, _ in rows], float), np.array([hit for _, hit in rows], bool)
    ranks.add_all(logits(scores), positive)
    return ranks


def sampled(n, seed, sharpness=4.0):
    """Scores of a model, and what happened with those probabilities; as float32."""
    random = np.random.default_rng(seed)
    scores = (1 / (1 + np.exp(-random.normal(-1, sharpness, n)))).astype(np.float32)
    return scores.astype(float), random.random(n) < scores


@given(rows)
def test_auc_is_within_its_bin_error_of_scikit_learns(pairs):
    ranks = ranked(pairs)
    auc = ranks.auc()
    outcomes = [positive for _, positive in pairs]
    if len(set(outcomes)) < 2:
        assert auc.value is None
        assert auc.note
        assert ranks.bin_error() == 0
    else:
        exact = roc_auc_score(outcomes, [score for score, _ in pairs])
        assert auc.value is not None
        assert abs(auc.value - exact) <= ranks.bin_error() + 1e-12


@pytest.mark.parametrize(("sharpness", "bound", "error"), [(1, 3e-3, 5e-5), (2, 2e-3, 5e-5), (4, 1e-3, 5e-5)])
def test_the_bin_error_of_real_scores_is_small(sharpness, bound, error, record_property):
    scores, outcomes = sampled(50_000, seed=1, sharpness=sharpness)
    ranks = ranked(zip(scores, outcomes, strict=True))
    found = abs(ranks.auc().value - roc_auc_score(outcomes, scores))
    record_property(
        "figures", f"ROC AUC by bins, logits ±{sharpness}: off by {found:.1e}, bound {ranks.bin_error():.1e}"
    )
    assert ranks.bin_error() < bound
    assert found < error


def test_scores_of_a_rare_class_are_told_apart():
    """All below 0.01: bins of equal width on the probability would tie them."""
    random = np.random.default_rng(5)
    scores = np.exp(random.normal(-7, 1, 200_000)).clip(0, 0.5)
    outcomes = random.random(len(scores)) < scores
    ranks = ranked(zip(scores, outcomes, strict=True))
    assert ranks.auc().value == pytest.approx(roc_auc_score(outcomes, scores), abs=5e-4)
    assert ranks.bin_error() < 0.005


def test_ties_count_one_half():
    assert ranked([(0.3, True)] * 5 + [(0.3, False)] * 7).auc().value == 0.5
    assert ranked([(0.3, True), (0.3, False), (0.2, False), (0.9, True)]).auc().value == 0.875


def test_scores_of_0_and_1_have_bins():
    ranks = ranked([(0.0, False), (1.0, True), (1e-38, False), (1 - 2**-24, True)])
    assert ranks.auc().value == 1.0
    assert [row[0] for row in ranks.to_json()] == [0, BINS - 1]


def _delong(scores, outcomes):
    """DeLong's standard error, pair by pair."""
    positives, negatives = scores[outcomes], scores[~outcomes]
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    of_positives, of_negatives = wins.mean(axis=1), wins.mean(axis=0)
    return np.sqrt(of_positives.var(ddof=1) / len(positives) + of_negatives.var(ddof=1) / len(negatives))


@pytest.mark.parametrize("decimals", [1, 6])
def test_the_standard_error_is_delongs(decimals):
    scores, outcomes = sampled(1_500, seed=3)
    scores = np.round(scores, decimals)
    auc = ranked(zip(scores, outcomes, strict=True)).auc()
    assert auc.error == pytest.approx(_delong(scores, outcomes), rel=2e-3)
    assert 0 < auc.low < auc.value < auc.high < 1


def test_the_interval_holds_the_true_auc_about_95_times_in_100():
    scores, outcomes = sampled(300_000, seed=11, sharpness=1.5)
    truth = roc_auc_score(outcomes, scores)
    held = 0
    for scores_part, outcomes_part in zip(np.split(scores, 1_000), np.split(outcomes, 1_000), strict=True):
        auc = ranked(zip(scores_part, outcomes_part, strict=True)).auc()
        held += auc.low <= truth <= auc.high
    assert 930 <= held <= 970


def test_with_few_outcomes_there_is_no_interval_and_a_note():
    auc = ranked([(0.1, False)] * 40 + [(0.9, True)] * 9).auc()
    assert (auc.value, auc.low, auc.error) == (1.0, None, None)
    assert "at least 10 outcomes of the rarer class, got 9" in auc.note
    assert "without exception" in ranked([(0.1, False)] * 40 + [(0.9, True)] * 40).auc().note


@given(rows)
def test_the_curve_encloses_the_auc(pairs):
    ranks = ranked(pairs)
    curve, auc = ranks.curve(), ranks.auc().value
    if auc is None:
        assert curve == []
    else:
        x, y = zip(*curve, strict=True)
        assert (curve[0], curve[-1]) == ((0.0, 0.0), (1.0, 1.0))
        assert list(x) == sorted(x)
        assert np.trapezoid(y, x) == pytest.approx(auc)


@pytest.mark.parametrize(
    "stored", [None, [[1, 2]], [[0, 1, -1]], [[BINS, 1, 1]], [[3, 1, 1], [3, 1, 1]], [[1.0, 1, 1]]]
)
def test_what_is_no_histogram_is_refused(stored):
    with pytest.raises(DocumentInvalid):
        Ranks.read(stored, "ranks")
