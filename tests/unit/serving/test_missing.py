import pytest

from scoring.engine import ENGINES, choose
from scoring.variant import Variant
from serving.missing import LEAST, WINDOW, Missing, MissingWatch
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer

BASELINE = {"rows": 200, "features": {"spend": {"missing": 100}, "device": {"missing": 0}}}


class Rows:
    """A table with a number of rows, in some of which features are missing."""

    def __init__(self, rows, baseline=BASELINE, version="1", **missing):
        self.rows, self._missing = rows, missing
        manifest = artifacts.manifest("regression", b"", golden_rows=(), baseline=baseline, version=version)
        self.variant = Variant("champion", manifest, None)

    def missing(self):
        return [self._missing.get(name, 0) for name in artifacts.NAMES]


def test_the_feature_that_is_missing_most_above_its_training_data_is_named():
    assert MissingWatch().count([Rows(200, spend=110, device=20)]) == Missing("device", 10.0, 0.0)
    worst = MissingWatch().count([Rows(200, spend=180, device=20)])
    assert (worst, worst.excess) == (Missing("spend", 90.0, 50.0), 40.0)


def test_fewer_missing_values_than_in_training_are_no_excess():
    assert MissingWatch().count([Rows(200)]).excess == 0.0


def test_a_share_takes_enough_rows():
    watch = MissingWatch()
    for _ in range(LEAST - 1):
        assert watch.count([Rows(1, device=1)]) is None
    assert watch.count([Rows(1, device=1)]) == Missing("device", 100.0, 0.0)


def test_old_rows_fade():
    watch = MissingWatch()
    watch.count([Rows(WINDOW * 10)])
    for _ in range(20):
        worst = watch.count([Rows(500, device=500)])
    assert worst.percent > 80


@pytest.mark.parametrize("baseline", [{}, {"rows": 0, "features": {"spend": {"missing": 0}}}, {"features": 3}])
def test_without_a_baseline_all_that_is_missing_counts(baseline):
    assert MissingWatch().count([Rows(200, baseline, spend=100)]) == Missing("spend", 50.0, 0.0)


def test_versions_are_counted_by_themselves_while_they_serve():
    watch = MissingWatch()
    assert watch.count([Rows(200), Rows(300, version="2", pages=150)]).feature == "pages"
    assert watch.count([Rows(200), Rows(0, version="2")]).feature == "pages"
    assert watch.count([Rows(200)]).excess == 0.0
    assert watch.count([Rows(0)]).excess == 0.0


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_counts_the_values_of_its_table(engine):
    variant = Variant("champion", artifacts.artifact().manifest, None)
    batch = envelopes.read(envelopes.kinesis(*[envelopes.event(spend=None), envelopes.event(spend=None, device=None)]))
    table = choose(engine).table(variant, batch)
    assert table.missing() == [0] * 5
    for record in batch.records:
        table.add(record)
    assert table.missing() == [0, 2, 0, 1, 0]


def test_the_invocation_reports_it():
    scorer = FakeScorer(artifacts.artifact(baseline=BASELINE))
    scorer.invoke(envelopes.kinesis(*[envelopes.event(i, device=None) for i in range(LEAST)]))
    (line,) = scorer.told
    assert line["MissingValues"] == 100.0
    assert line["missing"] == {"feature": "device", "percent": 100.0, "trained": 0.0}
    scorer.invoke(envelopes.kinesis(envelopes.event()))
    assert 99 < scorer.told[-1]["MissingValues"] < 100
