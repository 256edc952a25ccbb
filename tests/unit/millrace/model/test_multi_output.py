"""Models with several outputs: from a file to predictions with named scores."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from millrace.errors import UserError
from millrace.model.import_model import Import, import_model
from model_store.artifact import Artifact
from model_store.manifest import Manifest
from model_store.verify import verify
from tests.fakes import envelopes
from tests.fakes.scorer import FakeScorer
from training.golden import GOLDEN_ROWS

NAMES = ["a", "b", "c"]
RANDOM = np.random.default_rng(1)
ROWS = RANDOM.normal(size=(200, 3)).astype(np.float32)
TRUTH = np.c_[ROWS[:, 0] + ROWS[:, 1], ROWS[:, 1] * 2, ROWS[:, 2] ** 2]
VECTORS = {"multi_strategy": "multi_output_tree"}  # each leaf has a value for each output
KINDS: dict[str, tuple[dict[str, Any], np.ndarray, tuple[str, ...]]] = {
    "quantiles": (
        {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}, TRUTH[:, 0], ("q0.1", "q0.5", "q0.9"),
    ),
    "expectiles": ({"objective": "reg:expectileerror", "expectile_alpha": [0.1, 0.9]}, TRUTH[:, 0], ("q0.1", "q0.9")),
    "targets": ({"objective": "reg:squarederror"}, TRUTH, ("output_0", "output_1", "output_2")),
    "labels": ({"objective": "binary:logistic"}, TRUTH > 0.5, ("output_0", "output_1", "output_2")),
    "two targets by dart": (
        {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.5}, TRUTH[:, :2], ("output_0", "output_1"),
    ),
    "several trees a round": (
        {"objective": "reg:squarederror", "num_parallel_tree": 2, "subsample": 0.5},
        TRUTH,
        ("output_0", "output_1", "output_2"),
    ),
    "vectors": ({"objective": "reg:squarederror", **VECTORS}, TRUTH, ("output_0", "output_1", "output_2")),
    "vectors of labels": ({"objective": "binary:logistic", **VECTORS}, TRUTH[:, :2] > 0.5, ("output_0", "output_1")),
    "vectors of quantiles": (
        {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.9], **VECTORS}, TRUTH[:, 0], ("q0.1", "q0.9"),
    ),
    "vectors, deep, several trees a round": (
        {"objective": "reg:squarederror", "max_depth": 9, "num_parallel_tree": 2, "subsample": 0.5, **VECTORS},
        TRUTH[:, :2],
        ("output_0", "output_1"),
    ),
}  # fmt: skip


def trained(kind: str) -> xgb.Booster:
    parameters, truth, _ = KINDS[kind]
    data = xgb.DMatrix(ROWS, truth.astype(float), feature_names=NAMES)
    return xgb.train({"max_depth": 3, "nthread": 1, "seed": 1, **parameters}, data, 6)


def imported(tmp_path, kind: str, **members: Any) -> Artifact:
    trained(kind).save_model(tmp_path / "model.ubj")
    frame = pl.DataFrame(ROWS, schema=NAMES)
    return import_model(tmp_path / "model.ubj", Import("m", "1", sample=frame, missing="always", **members))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("each_engine")
def test_an_event_is_scored_with_every_output_by_its_name(tmp_path, kind):
    artifact = imported(tmp_path, kind)
    manifest = artifact.manifest
    assert (manifest.task, manifest.output.names) == ("multi_output", KINDS[kind][2])
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    scorer = FakeScorer(artifact)
    for number, row in enumerate(ROWS[:40].tolist()):
        features = dict(zip(NAMES, row, strict=True))
        scorer.run(envelopes.kinesis({"event_id": f"e-{number}", "features": features}))
    found = [one["scores"] for one in scorer.predictions]
    assert all(tuple(scores) == KINDS[kind][2] for scores in found)
    expected = trained(kind).predict(xgb.DMatrix(ROWS[:40], feature_names=NAMES))
    np.testing.assert_array_equal(np.array([list(scores.values()) for scores in found], np.float32), expected)
    assert not any("label" in one or "score" in one for one in scorer.predictions)


@pytest.mark.parametrize("rounds", ["1", "4"])
def test_the_rounds_that_count_have_a_tree_for_each_output(tmp_path, rounds):
    artifact = imported(tmp_path, "quantiles", rounds=rounds)
    expected = trained("quantiles").predict(xgb.DMatrix(ROWS, feature_names=NAMES), iteration_range=(0, int(rounds)))
    rows = {tuple(row): scores for row, scores in zip(ROWS.tolist(), expected.tolist(), strict=True)}
    assert all(rows[golden.inputs] == list(golden.scores) for golden in artifact.manifest.golden_rows)


def test_the_outputs_may_be_named(tmp_path):
    names = imported(tmp_path, "quantiles", outputs=("low", 'mid "é"', "high")).manifest.output.names
    assert names == ("low", 'mid "é"', "high")


@pytest.mark.parametrize(
    ("kind", "members", "message"),
    [
        ("quantiles", {"outputs": ("low", "high")}, "--outputs: expected 3 names, each once, got low, high"),
        ("quantiles", {"outputs": ("a", "a", "b")}, "--outputs: expected 3 names"),
        ("quantiles", {"labels": ("no", "yes")}, r"the model has 3 outputs; name them \(--outputs\)"),
        ("labels", {"threshold": 0.5}, "labels and threshold: expected none"),
    ],
)
def test_outputs_that_do_not_fit_are_refused(tmp_path, kind, members, message):
    with pytest.raises(UserError, match=message):
        imported(tmp_path, kind, **members)


def test_one_output_has_no_name(tmp_path):
    xgb.train({"nthread": 1}, xgb.DMatrix(ROWS, TRUTH[:, 0], feature_names=NAMES), 1).save_model(tmp_path / "m.ubj")
    wanted = Import("m", "1", sample=pl.DataFrame(ROWS, schema=NAMES), outputs=("a",))
    with pytest.raises(UserError, match="--outputs: expected none, the model has one output, got a"):
        import_model(tmp_path / "m.ubj", wanted)


def test_vectors_are_scored_by_xgboosts_library_for_the_rounds_that_count(tmp_path):
    artifact = imported(tmp_path, "vectors", rounds="4")
    predictor = verify(artifact, compare=True)
    assert (predictor.engine, "not covered by the native engine" in predictor.reason) == ("xgboost", True)
    found = np.frombuffer(predictor.predict(ROWS.tobytes(), len(ROWS)), np.float32).reshape(len(ROWS), 3)
    expected = trained("vectors").predict(xgb.DMatrix(ROWS, feature_names=NAMES), iteration_range=(0, 4))
    np.testing.assert_array_equal(found, expected)
    assert len(artifact.manifest.golden_rows) == GOLDEN_ROWS


@pytest.mark.usefixtures("each_engine")
def test_vectors_of_classes_are_a_multiclass_model(tmp_path):
    classes = np.digitize(TRUTH[:, 0], [-0.5, 0.5])
    parameters = {"objective": "multi:softprob", "num_class": 3, "nthread": 1, **VECTORS}
    booster = xgb.train(parameters, xgb.DMatrix(ROWS, classes, feature_names=NAMES), 3)
    booster.save_model(tmp_path / "m.ubj")
    wanted = Import("m", "1", sample=pl.DataFrame(ROWS, schema=NAMES), labels=("a", "b", "c"))
    scorer = FakeScorer(import_model(tmp_path / "m.ubj", wanted))
    scorer.run(envelopes.kinesis({"event_id": "e", "features": dict(zip(NAMES, ROWS[0].tolist(), strict=True))}))
    (found,) = scorer.predictions
    expected = booster.predict(xgb.DMatrix(ROWS[:1], feature_names=NAMES))[0]
    np.testing.assert_array_equal(np.array(found["scores"], np.float32), expected)
    assert found["label"] == "abc"[expected.argmax()]


def test_targets_and_classes_together_are_refused(tmp_path):
    trained("targets").save_model(tmp_path / "model.json")
    model = json.loads((tmp_path / "model.json").read_text())
    model["learner"]["learner_model_param"]["num_class"] = "3"
    (tmp_path / "model.json").write_text(json.dumps(model))
    with pytest.raises(UserError, match="num_class of a model with several targets: expected 1, got 3"):
        import_model(tmp_path / "model.json", Import("m", "1", sample=pl.DataFrame(ROWS, schema=NAMES)))
