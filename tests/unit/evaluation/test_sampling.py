"""Picked rows tell of all rows: none is preferred, batches of any size weigh as much as they have rows."""

from collections import Counter
from copy import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from evaluation.drift import Window
from evaluation.errors import NotMergeable
from evaluation.sampling import MOST, Picks, Sample, stride_of
from model_store.documents import canonical, parse
from model_store.errors import DocumentInvalid
from model_store.feature import Feature
from tests.fakes import artifacts
from training.baseline import baseline

FEATURES = (Feature("amount", "float"), Feature("device", "category", categories=("desktop", "mobile")))


def rows(random, n, mobile=0.4):
    amounts = np.where(random.random(n) < 0.1, np.nan, random.lognormal(3, 1, n))
    return np.column_stack([amounts, random.random(n) < mobile]).astype(np.float32)


@pytest.fixture(scope="module")
def manifest():
    random = np.random.default_rng(0)
    found = baseline(FEATURES, rows(random, 5_000), random.random((5_000, 1)).astype(np.float32))
    return replace(artifacts.artifact("binary").manifest, features=FEATURES, baseline=found)


def sample(manifest, stride, matrix, scores=None):
    counted = Sample(manifest)
    add(counted, stride, matrix, scores)
    return counted


def add(counted, stride, matrix, scores=None):
    flat = np.full((len(matrix), 1), 0.5, np.float32) if scores is None else scores
    counted.add(stride, matrix.tobytes(), flat.tobytes())


@given(st.integers(0, 300_000))
def test_of_a_batch_as_many_rows_are_picked_as_are_allowed_and_not_many_fewer(n):
    picked = Picks("container").of(n, stride_of(n))
    assert len(picked) <= MOST
    assert len(picked) >= min(n, MOST // 2)
    assert picked == sorted(set(picked))
    assert all(0 <= row < n for row in picked)


@pytest.mark.parametrize(("n", "stride"), [(0, 1), (200, 1), (201, 2), (400, 2), (401, 4), (10_000, 64)])
def test_the_stride_is_the_least_power_of_two_that_does(n, stride):
    assert stride_of(n) == stride


@pytest.mark.parametrize("n", [201, 400, 1_000, 5_000, 7_001, 10_000])
def test_every_row_of_a_batch_is_picked_equally_often(n):
    """Binomial: of 400 expected picks of a row, up to 20 more or fewer are one standard deviation."""
    picks, stride, batches = Picks("container"), stride_of(n), 400 * stride_of(n)
    picked = Counter(row for _ in range(batches) for row in picks.of(n, stride))
    often = (np.array([picked[row] for row in range(n)]) - 400) / 20
    assert abs(often).max() < 5


# Parts of a batch, of which each picks one row: with these cycles, places that advance by the golden ratio return
# almost to where they were (Fibonacci's numbers and their sums): they stay at a few places for hundreds of batches.
CYCLES = [(144,), (89, 55), (144, 89), (110, 123), (55, 34, 55), (150, 150, 77)]


@pytest.mark.parametrize("cycle", CYCLES, ids=str)
def test_no_cycle_of_batch_sizes_favours_a_place(cycle):
    """A batch's rows of one part have all places equally often, in 40 cycles: χ², of all parts' places together."""
    stride = 64
    picks, places = Picks("container"), {}
    for _ in range(40):
        for which, parts in enumerate(cycle):
            for part, row in enumerate(picks.of(parts * stride, stride)):
                places.setdefault((which, part), []).append(row % stride // 16)
    tables = [np.bincount(found, minlength=4) for found in places.values()]
    statistic = sum(((table - 10) ** 2 / 10).sum() for table in tables)
    assert chi2.sf(statistic, 3 * len(tables)) > 1e-4
    assert chi2.cdf(statistic, 3 * len(tables)) > 1e-4


def test_containers_that_end_after_a_batch_pick_different_rows():
    picked = Counter(row for i in range(640) for row in Picks(f"container {i}").of(6_400, 64))
    assert max(picked.values()) < 40  # of 10 expected, 200 where all pick the same


@given(st.integers(2, 64), st.integers(0, 2**32))
def test_whatever_is_periodic_is_picked_in_all_of_its_phases(period, seed):
    """So many producers in turn, and 200 batches of any sizes: each producer has its share of what is picked."""
    picks, weights, at = Picks("container"), Counter(), 0
    for n in np.random.default_rng(seed).integers(201, 6_001, 200).tolist():
        stride = stride_of(n)
        for row in picks.of(n, stride):
            weights[(at + row) % period] += stride
        at += n
    shares = np.array([weights[phase] for phase in range(period)]) / sum(weights.values())
    assert abs(shares - 1 / period).max() < 0.25 / period + 0.005


def test_rows_of_large_and_of_small_batches_weigh_the_same(manifest):
    """By day batches of 6,400 with few phones, by night batches of 100 with many: as all rows have them."""
    random, picks = np.random.default_rng(1), Picks("container")
    counted, everything = Sample(manifest), Window(manifest)
    for n, mobile in [(6_400, 0.2), (100, 0.9)] * 40:
        matrix, scores = rows(random, n, mobile), np.full((n, 1), 0.5, np.float32)
        everything.add(matrix.tobytes(), scores.tobytes())
        picked = picks.of(n, stride_of(n))
        add(counted, stride_of(n), matrix[picked])
    whole = counted.window().features["device"]
    expected = everything.features["device"]
    assert whole.counts[1] / whole.rows == pytest.approx(expected.counts[1] / expected.rows, abs=0.01)
    assert counted.rows == 40 * (200 + 100)
    assert whole.rows == pytest.approx(8_000, rel=0.05)  # what 8,000 rows of stride 32 and 4,000 of stride 1 are worth


def test_rows_of_one_stride_count_as_they_are(manifest):
    random = np.random.default_rng(2)
    matrix, scores = rows(random, 150), random.random((150, 1)).astype(np.float32)
    plain = Window(manifest)
    plain.add(matrix.tobytes(), scores.tobytes())
    for stride in (1, 32):
        assert sample(manifest, stride, matrix, scores).window().to_json() == plain.to_json()


def test_without_drift_samples_of_mixed_strides_are_not_flagged(manifest):
    """With weights that are wrong the tests would flag far more than the rule's one in a thousand."""
    random, flagged = np.random.default_rng(3), 0
    for _ in range(300):
        counted = Sample(manifest)
        for stride, n in ((1, 60), (64, 100)):
            add(counted, stride, rows(random, n), random.random((n, 1)).astype(np.float32))
        flagged += counted.window().drift().drifted
    assert flagged == 0


def test_no_rows_at_all_are_an_empty_window(manifest):
    assert Sample(manifest).window().to_json() == Window(manifest).to_json()


@given(st.data())
def test_samples_merge_in_any_order_and_are_the_same(manifest, data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    parts = [sample(manifest, 1 << data.draw(st.integers(0, 6)), rows(random, 20)) for _ in range(6)]
    whole, other_way = Sample(manifest), Sample(manifest)
    for part in parts:
        whole.merge(part)
    half = Sample(manifest)
    order = data.draw(st.permutations(parts))
    for part in order[:3]:
        half.merge(part)
    for part in order[3:]:
        other_way.merge(part)
    other_way.merge(half)
    assert canonical(other_way.to_json()) == canonical(whole.to_json())
    assert other_way.window().drift() == whole.window().drift()
    assert sum(part.rows for part in parts) == whole.rows == 120


def test_what_is_stored_reads_back(manifest):
    random = np.random.default_rng(4)
    counted = sample(manifest, 1, rows(random, 30))
    add(counted, 32, rows(random, 30))
    read = Sample.read(manifest, parse(canonical(counted.to_json()), "sample"))
    assert canonical(read.to_json()) == canonical(counted.to_json())


@pytest.mark.parametrize("name", ["0", "3", "01", "-1", "x", "262144", "9" * 5_000])
def test_a_stride_that_is_none_is_refused(manifest, name):
    document = {name: Window(manifest).to_json()}
    with pytest.raises(DocumentInvalid, match="expected strides"):
        Sample.read(manifest, parse(canonical(document), "sample"))


def test_samples_of_other_models_do_not_merge(manifest):
    random = np.random.default_rng(5)
    counted = sample(replace(manifest, version="another"), 1, rows(random, 3))
    with pytest.raises(NotMergeable):
        Sample(manifest).merge(counted)


def test_a_fresh_one_is_empty_and_of_the_same_model(manifest):
    random = np.random.default_rng(6)
    counted = sample(manifest, 1, rows(random, 3))
    fresh = counted.fresh()
    assert (fresh.rows, fresh.to_json()) == (0, {})
    fresh.merge(counted)
    assert fresh.to_json() == counted.to_json()
    assert counted.rows == 3
