"""Expected quality: the mean over all outcomes that scores allow, with intervals that hold what outcomes give."""

from copy import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from evaluation.binary import Binary
from evaluation.errors import NotMergeable
from evaluation.expected import ExpectedBinary, expected_of
from model_store.calibrator import Calibrator
from model_store.documents import canonical, parse
from model_store.errors import DocumentInvalid
from tests.fakes import artifacts

RUNS = 300
# Of 300 runs with 95 %, fewer than 273 or more than 296 happen with 0.2 % of all seeds.
AT_LEAST, AT_MOST = 273, 296
probabilities = st.lists(st.floats(0, 1, width=32), max_size=40)


def counted(scores, threshold=0.5):
    expected = ExpectedBinary(threshold)
    expected.add_all(np.array(scores, np.float64))
    return expected


def test_it_is_the_mean_over_all_outcomes():
    """Of six predictions, each of the 64 outcomes by its probability: exact for what is linear in outcomes."""
    scores, accuracy, precision, brier = np.array([0.1, 0.35, 0.45, 0.55, 0.8, 0.9]), 0.0, 0.0, 0.0
    labels = scores >= 0.5
    for outcomes in product((0, 1), repeat=6):
        weight = np.prod(np.where(outcomes, scores, 1 - scores))
        accuracy += weight * sk.accuracy_score(outcomes, labels)
        precision += weight * sk.precision_score(outcomes, labels)
        brier += weight * sk.brier_score_loss(outcomes, scores)
    found = counted(scores).estimates()
    assert found["accuracy"].value == pytest.approx(accuracy, abs=1e-8)
    assert found["precision"].value == pytest.approx(precision, abs=1e-8)
    assert found["brier"].value == pytest.approx(brier, abs=1e-8)


def test_the_ratios_are_those_of_the_expected_table():
    scores = np.random.default_rng(1).beta(1, 2, 2_000)
    labels = scores >= 0.4
    rows = np.r_[scores, scores]
    outcomes, weights = np.r_[np.ones(2_000), np.zeros(2_000)], np.r_[scores, 1 - scores]
    found = counted(scores, 0.4).estimates()
    both = np.r_[labels, labels]
    assert found["recall"].value == pytest.approx(sk.recall_score(outcomes, both, sample_weight=weights), abs=1e-7)
    assert found["f1"].value == pytest.approx(sk.f1_score(outcomes, both, sample_weight=weights), abs=1e-7)
    assert found["roc_auc"].value == pytest.approx(sk.roc_auc_score(outcomes, rows, sample_weight=weights), abs=1e-3)


def test_intervals_hold_what_outcomes_give(record_property):
    held = dict.fromkeys(("accuracy", "precision", "recall", "f1", "roc_auc", "brier"), 0)
    for seed in range(RUNS):
        random = np.random.default_rng(seed)
        scores = random.beta(1, 2, 500)
        quality = Binary(0.5)
        quality.add_all(scores, (random.random(500) < scores).astype(float))
        measured, expected = quality.estimates(), counted(scores).estimates()
        for name in held:
            held[name] += expected[name].low <= measured[name].value <= expected[name].high
    record_property("figures", f"95 % intervals of the expected quality that held the measured one, of {RUNS}: {held}")
    assert all(AT_LEAST <= count <= AT_MOST for count in held.values()), held


def test_it_follows_a_change_of_the_features_and_not_one_of_the_outcomes():
    random = np.random.default_rng(2)
    easy, hard = random.beta(0.2, 0.2, 5_000), random.beta(5, 5, 5_000)
    assert counted(easy).estimates()["accuracy"].value > 0.85
    happened = (random.random(5_000) < hard).astype(float)
    expected = counted(hard).estimates()["accuracy"]
    measured = np.mean((hard >= 0.5) == happened)
    assert measured == pytest.approx(expected.value, abs=4 * expected.error)
    assert 1 - measured < expected.low, "with the reverse outcomes, concept drift, it is the same, and wrong"


@given(probabilities, st.randoms(use_true_random=False), st.integers(0, 40))
def test_merged_in_any_order_it_is_the_same_to_the_byte(scores, random, at):
    shuffled = random.sample(scores, len(scores))
    merged, whole = counted(shuffled[:at]), counted(scores)
    merged.merge(counted(shuffled[at:]))
    assert canonical(merged.to_json()) == canonical(whole.to_json())
    read = ExpectedBinary.read(parse(canonical(whole.to_json()), "expected"))
    assert canonical(read.to_json()) == canonical(whole.to_json())
    assert read.estimates() == whole.estimates()
    for estimate in whole.estimates().values():
        assert estimate.note or (estimate.low <= estimate.value + 1e-12 and estimate.value <= estimate.high + 1e-12)


def test_what_is_no_probability_is_not_counted():
    expected = ExpectedBinary(0.5)
    assert expected.add_all(np.array([0.5, np.nan, -0.1, 1.1, np.inf])) == 1
    assert expected.n == 1


def test_nothing_is_expected_of_no_predictions():
    assert {estimate.note for estimate in ExpectedBinary(0.5).estimates().values()} == {"no predictions"}
    assert (
        counted([0.0] * 50).estimates()["roc_auc"].note == "not defined: less than one outcome of a class is expected"
    )


def test_other_thresholds_do_not_merge():
    with pytest.raises(NotMergeable, match=r"threshold: expected 0\.5, got 0\.6"):
        ExpectedBinary(0.5).merge(ExpectedBinary(0.6))


@pytest.mark.parametrize(
    "row", [[0, 512, 1, 1, 1], [2, 0, 1, 1, 1], [0, 0, 1, 1], [0, 0, -1, 1, 1], [0, 0, 1.0, 1, 1], 7]
)
def test_a_stored_row_that_is_none_is_refused(row):
    stored = {"threshold": 0.5, "sums": [row]}
    with pytest.raises(DocumentInvalid, match=r"expected\.sums\[0\]"):
        ExpectedBinary.read(parse(canonical(stored), "expected"))


def test_only_calibrated_models_have_one():
    plain = artifacts.artifact("binary").manifest
    assert expected_of(plain) is None
    calibrator = Calibrator("platt", (0.0, 1.0), (0.1, 0.9))
    found = expected_of(replace(plain, output=replace(plain.output, calibration=calibrator)))
    assert found is not None
    assert found.threshold == plain.output.threshold
