"""Verdicts: seldom false however often one looks, and found where there is a difference."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.binary import Binary
from evaluation.comparison import PRIMARY, NoVerdict, always_valid, compare, judge, primary_metric
from evaluation.estimates import Estimate, Z
from evaluation.multiclass import Multiclass
from evaluation.regression import Regression
from predictors.xgboost.objectives import TASKS


def estimates_at(losses, looks):
    """The running mean of each run's losses after so many outcomes: shape (runs, looks), with standard errors."""
    n = np.asarray(looks)
    total, squares = losses.cumsum(axis=1)[:, n - 1], (losses**2).cumsum(axis=1)[:, n - 1]
    means = total / n
    return means, np.sqrt((squares - n * means**2) / (n - 1) / n)


def log_losses(random, shape, noise=0.0):
    """Log losses of a model whose logits are off by so much; positives are 15 in 100."""
    truth = random.normal(-2, 1, shape)
    happened = random.random(shape) < 1 / (1 + np.exp(-truth))
    told = truth + noise * random.normal(0, 1, shape)
    return np.logaddexp(0, np.where(happened, -told, told))


def verdicts(ours, theirs, looks):
    """Of each run and look: the verdict, and whether the interval of a single look excludes 0."""
    (a, of_a), (b, of_b) = estimates_at(ours, looks), estimates_at(theirs, looks)
    for run in range(len(ours)):
        yield [
            judge("log_loss", Estimate(x, error=dx), Estimate(y, error=dy), (n, n))
            for x, dx, y, dy, n in zip(a[run], of_a[run], b[run], of_b[run], looks, strict=True)
        ]


def once(found):
    return not found.once_low <= 0 <= found.once_high


def test_two_models_that_are_the_same_are_seldom_told_apart_however_often_one_looks(record_property):
    random, runs, looks = np.random.default_rng(6), 500, range(100, 10_001, 100)
    ever = ever_once = last_once = 0
    for _ in range(runs // 100):
        ours, theirs = (log_losses(random, (100, looks[-1])) for _ in range(2))
        for found in verdicts(ours, theirs, looks):
            ever += any(look.verdict != "not yet known" for look in found)
            ever_once += any(map(once, found))
            last_once += once(found[-1])
    record_property(
        "figures",
        f"false verdicts of {runs} equal pairs, 100 looks each: {ever}; by intervals of one look: {ever_once} "
        f"({last_once} at the last look alone)",
    )
    assert ever <= 0.05 * runs
    assert 0.022 * runs <= last_once <= 0.082 * runs, "the interval of one look holds its 5 %"
    assert ever_once > 0.3 * runs, "looking again and again at it does not"


def test_a_planted_difference_is_found(record_property):
    random, looks = np.random.default_rng(7), range(500, 20_001, 500)
    first = []
    ours = log_losses(random, (100, looks[-1]))
    theirs = log_losses(random, (100, looks[-1]), noise=0.7)
    for found in verdicts(ours, theirs, looks):
        told = [look for look in found if look.verdict != "not yet known"]
        assert {look.verdict for look in told} <= {"worse"}
        first += [look.outcomes // 2 for look in told[:1]]
    difference = float(theirs.mean() - ours.mean())
    record_property(
        "figures",
        f"log loss {difference:+.3f}: found in {len(first)} of 100 runs within {looks[-1]:,} outcomes each, "
        f"half of them within {np.median(first):,.0f}",
    )
    assert len(first) >= 95
    assert np.median(first) < 10_000


def _regression(random, n, noise):
    quality = Regression()
    outcomes, errors = random.normal(0, 1, n), random.normal(0, noise, n)
    quality.add_all(outcomes + errors, outcomes)
    return quality


@pytest.mark.parametrize(("noise", "verdict"), [(1.0, "not yet known"), (0.7, "better"), (1.4, "worse")])
@pytest.mark.parametrize("metric", ["rmse", "mae", "r2"])
def test_regressions_are_compared(noise, verdict, metric):
    random = np.random.default_rng(1)
    champion, challenger = _regression(random, 2_000, 1.0), _regression(random, 1_000, noise)
    found = compare(champion, challenger, metric)
    assert found.verdict == verdict
    assert found.low <= found.difference <= found.high
    assert found.outcomes == 3_000


def _binary(random, n, noise):
    truth = random.normal(-1, 1.5, n)
    quality = Binary()
    scores, happened = 1 / (1 + np.exp(-truth - noise * random.normal(0, 1, n))), 1 / (1 + np.exp(-truth))
    quality.add_all(scores, (random.random(n) < happened).astype(float))
    return quality


def test_the_whole_way_from_predictions_holds_its_5_percent(record_property):
    """300 pairs of equal models, one look at 300 outcomes each: log loss, ROC AUC and accuracy."""
    random, false = np.random.default_rng(8), dict.fromkeys(("log_loss", "roc_auc", "accuracy"), 0)
    for _ in range(300):
        champion, challenger = (_binary(random, 300, 0.5).estimates() for _ in range(2))
        for metric in false:
            false[metric] += once(judge(metric, champion[metric], challenger[metric], (300, 300)))
    record_property("figures", f"intervals of one look that exclude 0, of 300 equal pairs: {false}")
    assert all(5 <= count <= 28 for count in false.values())  # 0.1 % to either side of 15


@pytest.mark.parametrize("metric", ["log_loss", "brier", "roc_auc"])
def test_the_sign_is_the_challengers(metric):
    random = np.random.default_rng(2)
    good, bad = _binary(random, 3_000, 0.0), _binary(random, 3_000, 2.0)
    assert compare(bad, good, metric).verdict == "better"
    assert compare(good, bad, metric).verdict == "worse"


def test_how_many_more_outcomes_are_needed_is_about_right():
    """With the means and deviations as they are, that many more outcomes just settle it."""
    before = judge("mae", Estimate(1.00, error=0.05), Estimate(0.85, error=0.05), (1_000, 1_000))
    assert before.verdict == "not yet known"
    factor = (before.outcomes + before.more) / before.outcomes
    for more, verdict in ((0.97, "not yet known"), (1.03, "better")):
        error, n = 0.05 / math.sqrt(factor * more), int(1_000 * factor * more)
        assert judge("mae", Estimate(1.00, error=error), Estimate(0.85, error=error), (n, n)).verdict == verdict


def test_a_difference_of_nothing_is_never_settled():
    assert judge("mae", Estimate(1.0, error=0.1), Estimate(1.0, error=0.1), (500, 500)).more is None


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (99, "champion: expected at least 100 outcomes, got 99"),
        (150, "champion: no interval: expected at least 10 outcomes of the rarer class, got 3"),
    ],
)
def test_too_few_outcomes_give_no_verdict_and_say_so(rows, note):
    champion, challenger = Binary(), Binary()
    places = np.arange(rows)
    champion.add_all(np.full(rows, 0.1), (places % 50 == 0).astype(float))
    challenger.add_all(np.full(rows, 0.9), (places % 5 == 0).astype(float))
    found = compare(champion, challenger, "log_loss")
    assert (found.verdict, found.note, found.difference) == ("not yet known", note, None)


def test_a_metric_that_they_do_not_have_is_refused():
    with pytest.raises(NoVerdict, match="log_loss"):
        compare(Regression(), Regression(), "log_loss")


@pytest.mark.parametrize("challenger", [Multiclass(4), Regression()])
def test_models_of_other_outcomes_are_not_compared(challenger):
    with pytest.raises(NoVerdict, match=r"champion's \(multiclass, 3 classes\)"):
        compare(Multiclass(3), challenger, "log_loss")


def test_the_primary_metric_follows_the_objective():
    assert PRIMARY.keys() <= TASKS.keys()
    assert primary_metric("binary:logistic") == "log_loss"
    assert primary_metric("reg:squarederror") == "rmse"
    with pytest.raises(NoVerdict, match="name a metric"):
        primary_metric("rank:pairwise")


@given(st.floats(1, 1e9))
def test_a_confidence_sequence_is_wider_than_one_look(effective):
    assert always_valid(effective) > Z


def test_the_confidence_sequence_is_narrowest_where_it_is_tuned():
    relative = {n: always_valid(n) for n in (100, 1_000, 10_000)}
    assert min(relative, key=relative.get) == 1_000
    assert relative[1_000] == pytest.approx(3.03, abs=0.01)
    assert (relative[1_000] / Z) ** 2 == pytest.approx(2.4, abs=0.02)
