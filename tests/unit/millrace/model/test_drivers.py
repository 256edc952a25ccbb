"""What drives scores now, compared with training."""

from copy import replace

import pytest

from millrace.model.drivers import Driver, Drivers, trained_shares
from tests.fakes import artifacts


def test_a_feature_counts_by_the_size_of_its_values_and_as_nothing_where_it_is_not_named():
    drivers = Drivers()
    drivers.add([("pages", -3.0), ("spend", 1.0)])
    drivers.add([("spend", 4.0)])
    drivers.add([])
    assert drivers.explained == 2
    assert drivers.compared({"spend": 0.5, "pages": 0.25, "device": 0.25}) == [
        Driver("spend", 0.625, 0.5), Driver("pages", 0.375, 0.25), Driver("device", 0.0, 0.25)
    ]  # fmt: skip


def test_without_a_baseline_training_is_unknown():
    drivers = Drivers()
    drivers.add([("pages", 1.0)])
    assert drivers.compared({}) == [Driver("pages", 1.0, None)]


def test_without_explained_predictions_nothing_drives():
    assert Drivers().compared({"pages": 1.0}) == [Driver("pages", 0.0, 1.0)]


@pytest.mark.parametrize(
    ("found", "shares"),
    [({"pages": 1.0, "spend": 3.0}, {"spend": 0.75, "pages": 0.25}), (None, {}), ({}, {}), ({"pages": 0.0}, {}),
     ([1.0], {}), ({"pages": "1"}, {}), ({"pages": True}, {}), ({"pages": -1.0, "spend": 2.0}, {}),
     ({"pages": 10**400}, {}), ({"pages": None}, {}), ({"pages": float("nan"), "spend": 1.0}, {}),
     ({"pages": float("inf")}, {})],
)  # fmt: skip
def test_the_baseline_has_means_and_the_comparison_shares(found, shares):
    manifest = artifacts.artifact().manifest
    baseline = {} if found is None else {"attributions": found}
    assert trained_shares(replace(manifest, baseline=baseline)) == shares
