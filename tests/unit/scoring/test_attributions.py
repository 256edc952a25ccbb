"""Attributions in predictions: the same from both engines, exact sums, within the budget, for the chosen rows."""

import json
from array import array
from copy import replace
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

import native
from model_store.artifact import Artifact
from model_store.attribution_setting import AttributionSetting
from model_store.manifest import ModelFile
from predictors.xgboost import UBJ_FILE, ubj
from scoring.attributions import text
from scoring.engine import ENGINES, NATIVE, PYTHON
from tests.fakes import artifacts, envelopes, onnx_models
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink, sized
from tests.fakes.ubj import encode
from tests.unit.native import forests

needs_native = pytest.mark.skipif(native.NATIVE is None, reason=f"the native engine was not built: {native.MISSING}")
ALL = AttributionSetting(share=1.0)
EXPLAINED = artifacts.KINDS
EVENTS = [envelopes.event(i) for i in range(200)]
ODD = b'{"event_id":"\\u00e9","features":{"pages":1,"device":"mobile"}}'


def predictions(engine: str, artifact: Any, setting: AttributionSetting | None, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(body) for body in bodies(engine, artifact, setting, **options)]


def bodies(engine: str, artifact: Any, setting: AttributionSetting | None, **options: Any) -> list[bytes]:
    scorer = FakeScorer(artifact, engine=engine, **options)
    scorer.store.release_as(champion=artifact, attributions=setting)
    scorer.run(envelopes.kinesis(*EVENTS, ODD, b"{"))
    return sorted(body for _, body in scorer.sink.acknowledged)


def total(attributions: dict[str, Any]) -> float:
    added = 0.0
    for part in attributions["top"]:
        added += part["value"]
    return added + attributions["rest"] + attributions["base"]


@needs_native
@pytest.mark.parametrize("kind", artifacts.KINDS)
@pytest.mark.parametrize("setting", [None, ALL, AttributionSetting(share=0.3), AttributionSetting(above=0.4, top=2)])
def test_both_engines_write_the_same_bytes(kind, setting):
    artifact = artifacts.artifact(kind)
    assert bodies(NATIVE, artifact, setting) == bodies(PYTHON, artifact, setting)


def without_weights(artifact):
    decoded = ubj.decode(artifact.model)
    decoded["learner"]["gradient_booster"]["model"]["trees"][0]["sum_hessian"][0] = 0.0
    model = encode(decoded)
    return replace(artifact, model=model, manifest=replace(artifact.manifest, file=ModelFile.of(model, UBJ_FILE)))


@needs_native
@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_without_the_weights_of_its_rows_scores_without_attributions(engine, caplog):
    found = predictions(engine, without_weights(artifacts.artifact()), ALL)
    assert len(found) == len(EVENTS) + 1
    assert not any("attributions" in prediction for prediction in found)
    assert "explains no predictions: tree 0 has no sound sum_hessian" in caplog.text


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", EXPLAINED)
def test_what_is_listed_adds_up_to_the_margin_exactly(engine, kind):
    found = predictions(engine, artifacts.artifact(kind), ALL)
    assert len(found) == len(EVENTS) + 1
    for prediction in found:
        attributions = prediction["attributions"]
        assert total(attributions) == attributions["margin"]
        assert ("class" in attributions) == (kind == "multiclass")
        sizes = [abs(part["value"]) for part in attributions["top"]]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("kind", EXPLAINED)
def test_what_is_published_is_xgboosts(kind):
    artifact = artifacts.artifact(kind)
    scorer = FakeScorer(artifact, engine=NATIVE)
    scorer.store.release_as(champion=artifact, attributions=AttributionSetting(share=1.0, top=5))
    rows: list[np.ndarray] = []
    scorer.pipeline._drift = type(
        "Seen", (), {"count": lambda _, tables, *__: rows.append(np.frombuffer(tables[0].matrix(), np.float32))}
    )()
    scorer.run(envelopes.kinesis(*EVENTS))
    matrix = rows[0].reshape(len(EVENTS), -1)
    booster = forests.booster(artifact.model)
    booster.feature_names = booster.feature_types = None
    expected = booster.predict(xgb.DMatrix(matrix), pred_contribs=True).reshape(len(matrix), -1, matrix.shape[1] + 1)
    by_id = {f"{json.loads(body)['event_id']}": json.loads(body) for _, body in scorer.sink.acknowledged}
    for event, values in zip(EVENTS, expected, strict=True):
        found = by_id[event["event_id"]]["attributions"]
        own = values[found.get("class", 0)]
        for part in found["top"]:
            reference = own[artifacts.NAMES.index(part["feature"])]
            np.testing.assert_allclose(part["value"], reference, rtol=1e-5, atol=2e-5)
        np.testing.assert_allclose(found["base"], own[-1], rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_share_is_chosen_by_the_predictions_ids(engine):
    found = predictions(engine, artifacts.artifact(), AttributionSetting(share=0.3))
    chosen = {one["prediction_id"] for one in found if "attributions" in one}
    assert chosen == {one["prediction_id"] for one in found if int(one["prediction_id"], 16) / 2**256 < 0.3}
    assert 30 < len(chosen) < 90


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_scores_from_a_bound_on_are_explained(engine, kind):
    artifact = artifacts.artifact(kind)
    plain = [max(one.get("scores", [one.get("score")])) for one in predictions(engine, artifact, None)]
    least = sorted(plain)[len(plain) // 2]
    found = predictions(engine, artifact, AttributionSetting(above=least))
    explained = [max(one.get("scores", [one.get("score")])) for one in found if "attributions" in one]
    others = [max(one.get("scores", [one.get("score")])) for one in found if "attributions" not in one]
    assert min(explained) >= least > max(others)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_prediction_that_fits_only_without_attributions_goes_without(engine):
    artifact = artifacts.artifact()
    plain = max(map(len, bodies(engine, artifact, None)))
    sink = sized(FakeSink(), entry=plain + 20)
    found = predictions(engine, artifact, ALL, sink=sink)
    assert len(found) == len(EVENTS) + 1
    assert not any("attributions" in one for one in found)


def without_covers() -> Any:
    from predictors.xgboost import ubj
    from tests.fakes.ubj import encode

    decoded = ubj.decode(artifacts.artifact().model)
    decoded["learner"]["gradient_booster"]["model"]["trees"][0]["sum_hessian"][0] = 0.0
    model = encode(decoded)
    return Artifact(artifacts.manifest("binary", model), model)


@needs_native
def test_a_model_without_covers_scores_and_the_log_says_why(caplog):
    found = predictions(NATIVE, without_covers(), ALL)
    assert len(found) == len(EVENTS) + 1
    assert not any("attributions" in one for one in found)
    assert "explains no predictions: tree 0 has no sound sum_hessian" in caplog.text


def written(values: list[float], margin: float, **setting: Any) -> dict[str, Any]:
    names = [json.dumps(f"feature-{i}-ü") for i in range(len(values) - 1)]
    chosen = AttributionSetting(share=1.0, **setting)
    found = text(array("d", values), margin, names, chosen)
    assert found.isascii()
    assert len(found) <= chosen.max_bytes
    return json.loads(f"{{{found[:-1]}}}")["attributions"]


finite = st.floats(-1e6, 1e6, allow_nan=False, width=32)


@given(st.lists(finite, min_size=1, max_size=40), st.sampled_from([256, 300, 500, 1_024]), st.integers(1, 40))
def test_any_values_are_within_the_budget_and_add_up(values, max_bytes, top):
    margin = float(np.float32(sum(values)))
    largest = max(map(abs, [*values, margin]))
    found = written(values, margin, max_bytes=max_bytes, top=top)
    assert len(found["top"]) <= top
    assert total(found) == margin or largest > 2**28 * abs(margin) > 0
    assert abs(found["base"] - values[-1]) <= largest * 2**-23


def test_as_many_features_are_named_as_the_budget_allows():
    values = [1.0 / 3, -2.0 / 3, 0.0, 0.125, 1.0]
    assert [part["feature"] for part in written(values, 0.79, top=10)["top"]] == [f"feature-{i}-ü" for i in (1, 0, 3)]
    short = written([*values, 0.3], 0.75, top=10, max_bytes=256)
    assert [part["feature"] for part in short["top"]] == ["feature-4-ü", "feature-1-ü", "feature-0-ü"]
    assert total(short) == short["margin"] == 0.75


@pytest.mark.parametrize("engine", ENGINES)
def test_an_onnx_model_scores_without_attributions(engine, caplog):
    """From Kinesis records, by both engines, and of its rows only what can be scored."""
    artifact = onnx_models.artifact()
    scorer = FakeScorer(artifact, engine=engine)
    scorer.store.release_as(champion=artifact, attributions=ALL)
    rows = onnx_models.rows(30, seed=4)
    names = [feature.name for feature in artifact.manifest.features]
    events = [{"event_id": "e", "features": dict(zip(names, map(float, row), strict=True))} for row in rows]
    answer, _ = scorer.run(envelopes.kinesis(*events, {"event_id": "e", "features": {"x0": 1.0}}))
    assert answer == {"batchItemFailures": []}
    expected = onnx_models.expected("logistic", rows)[:, 0]
    np.testing.assert_allclose([found["score"] for found in scorer.predictions], expected, rtol=1e-6, atol=1e-6)
    assert [found["label"] for found in scorer.predictions] == ["yes" if score >= 0.5 else "no" for score in expected]
    assert [entry["code"] for entry in scorer.quarantined] == ["MISSING_FEATURE"]
    assert not any("attributions" in found for found in scorer.predictions)
    assert "explains no predictions: ONNX models have no feature attributions" in caplog.text
