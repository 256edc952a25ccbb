from copy import replace

import numpy as np
import pytest

from millrace.model.diff import diff
from model_store.feature import Feature
from model_store.golden_row import GoldenRow
from tests.fakes import artifacts


@pytest.fixture(scope="module")
def one():
    return artifacts.artifact(metrics={"auc": 0.9, "logloss": 0.3})


@pytest.fixture(scope="module")
def other():
    return artifacts.artifact(version="2", seed=2, metrics={"auc": 0.91, "error": 0.1})


def with_features(artifact, *features):
    """The artifact under another schema. Its golden rows stay, where they have as many columns."""
    return replace(artifact, manifest=replace(artifact.manifest, features=features))


def test_a_version_beside_itself_differs_in_nothing(one):
    found = diff(one, one)
    assert found["features"] == {"added": [], "removed": [], "changed": {}, "order_changed": False}
    for side in ("a", "b"):
        rows = found["golden_rows"][side]
        assert (rows["mean_difference"], rows["largest_difference"], rows["labels_changed"]) == (0, 0, 0)


def test_both_score_the_golden_rows_of_both(one, other):
    found = diff(one, other)["golden_rows"]
    for side, artifact in (("a", one), ("b", other)):
        expected = np.mean([row.scores for row in artifact.manifest.golden_rows])
        assert found[side][f"mean_{side}"] == pytest.approx(expected, abs=1e-6)
        assert found[side]["largest_difference"] >= found[side]["mean_difference"] > 0


def test_metrics_stand_beside_each_other(one, other):
    assert diff(one, other)["metrics"] == {
        "auc": {"a": 0.9, "b": 0.91},
        "error": {"a": None, "b": 0.1},
        "logloss": {"a": 0.3, "b": None},
    }


def test_another_number_of_scores_cannot_be_compared(one):
    found = diff(one, artifacts.artifact("multiclass", version="m"))
    assert found["objective"] == {"a": "binary:logistic", "b": "multi:softprob"}
    assert found["golden_rows"]["a"] == {"rows": 4, "why_not": "the models give another number of scores"}


PAGES, SPEND, RETURNING, DEVICE, REFERRER = artifacts.FEATURES


def test_a_category_is_compared_by_its_name_and_not_by_its_code(one, monkeypatch):
    given = []
    monkeypatch.setattr("millrace.model.diff._predict", lambda booster, rows: given.append(rows) or [0.5] * len(rows))
    turned = replace(DEVICE, categories=("desktop", "tablet", "mobile"))
    mine = replace(one, manifest=replace(one.manifest, golden_rows=(GoldenRow((4.0, 1.0, 1.0, 1.0, 0.0), (0.5,)),)))
    monkeypatch.setattr("millrace.model.diff.verify", lambda artifact: None)
    found = diff(mine, with_features(mine, PAGES, SPEND, RETURNING, turned, REFERRER))
    assert found["features"]["changed"] == {
        "device": {"categories": {"a": ("desktop", "mobile", "tablet"), "b": ("desktop", "tablet", "mobile")}}
    }
    assert given[:2] == [[[4.0, 1.0, 1.0, 1.0, 0.0]], [[4.0, 1.0, 1.0, 2.0, 0.0]]]


@pytest.mark.parametrize(
    ("feature", "why"),
    [
        (
            Feature("device", "category", categories=("desktop",)),
            "device has a category here that it does not know there",
        ),
        (Feature("device", "int"), "device is a category here and a int there"),
        (Feature("screen", "float", allow_missing=False), "screen has no value here, and must have one there"),
    ],
)
def test_rows_that_the_other_cannot_read_are_not_compared(one, feature, why, monkeypatch):
    monkeypatch.setattr("millrace.model.diff.verify", lambda artifact: None)  # a schema that the model does not have
    monkeypatch.setattr("millrace.model.diff._predict", lambda booster, rows: [0.5] * len(rows))
    row = GoldenRow((4.0, 1.0, 1.0, 1.0, 0.0), (0.5,))
    mine = replace(one, manifest=replace(one.manifest, golden_rows=(row,)))
    found = diff(mine, with_features(mine, PAGES, SPEND, RETURNING, feature, REFERRER))
    assert found["golden_rows"]["a"] == {"rows": 1, "why_not": why}


def test_features_that_came_went_and_moved_are_told(one):
    found = diff_of_schemas(one, SPEND, PAGES, Feature("screen", "float"), DEVICE, REFERRER)
    assert found == {"added": ["screen"], "removed": ["returning"], "changed": {}, "order_changed": True}


def diff_of_schemas(one, *features):
    from millrace.model.diff import _features

    return _features(one.manifest, replace(one.manifest, features=features))
