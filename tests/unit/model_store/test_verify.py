import hashlib
from copy import replace

import numpy as np
import pytest

import predictors.xgboost as xgboost_framework
from model_store import verify as module
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.golden_row import GoldenRow, Tolerance
from model_store.manifest import ModelFile
from model_store.output import Output
from model_store.verify import verify
from predictors.xgboost import UBJ_FILE, sound_trees, ubj
from predictors.xgboost import native_forest as predictor
from tests.fakes import artifacts
from tests.fakes.ubj import encode

pytestmark = pytest.mark.usefixtures("engine")
CHECKS = {"_check_size": "size", "_check_digest": "SHA-256", "_check_structure": "structure", "_load": "load"}


@pytest.fixture(params=["native", "xgboost"])
def engine(request, monkeypatch):
    """Every check with either engine: what one of them refuses, the other does by the same check."""
    if request.param == "xgboost":
        monkeypatch.setattr(predictor, "NATIVE", None)
    elif predictor.NATIVE is None:
        pytest.skip(f"the native engine was not built: {predictor.MISSING}")
    return request.param


def changed(artifact, *, model=None, **members):
    """The artifact with other members in its manifest, and another model that the manifest vouches for."""
    model = artifact.model if model is None else model
    return Artifact(replace(artifact.manifest, **({"file": ModelFile.of(model, UBJ_FILE)} | members)), model)


def refusal(artifact):
    with pytest.raises(ArtifactRefused) as caught:
        verify(artifact)
    return caught.value


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_a_good_artifact_comes_back_loaded(kind):
    matrix = artifacts.matrix(20, seed=4)
    scores = verify(artifacts.artifact(kind)).predict(matrix.tobytes(), 20)
    expected = artifacts.booster(kind).inplace_predict(matrix).ravel()
    assert np.array_equal(np.frombuffer(scores, np.float32), expected)


def test_the_size_comes_before_all_else(artifact):
    error = refusal(Artifact(artifact.manifest, b"junk"))
    assert error.check == "size"
    assert f"{len(artifact.model)} bytes, got 4" in str(error)


def test_a_model_beyond_the_cap_is_refused_unread(artifact, monkeypatch):
    monkeypatch.setattr(module, "MAX_MODEL_BYTES", 1_000)
    error = refusal(artifact)
    assert (error.check, "at most 1000 bytes" in str(error)) == ("size", True)


def test_a_json_model_is_verified_like_any_other():
    artifact = artifacts.artifact(file="model.json")
    matrix = artifacts.matrix(20, seed=4)
    expected = artifacts.booster("binary").inplace_predict(matrix)
    assert np.array_equal(np.frombuffer(verify(artifact).predict(matrix.tobytes(), 20), np.float32), expected)


@pytest.mark.parametrize(("file", "content"), [("model.json", "model.ubj"), ("model.ubj", "model.json")])
def test_a_model_in_the_other_format_is_refused(file, content):
    model = artifacts.artifact(file=content).model
    assert refusal(Artifact(artifacts.manifest("binary", model, file=file), model)).check == "structure"


def test_a_json_model_has_a_cap_of_its_own(monkeypatch):
    artifact = artifacts.artifact(file="model.json")
    monkeypatch.setattr(xgboost_framework, "MAX_JSON_BYTES", 1_000)
    assert verify(artifacts.artifact())
    error = refusal(artifact)
    assert (error.check, "model.json: expected at most 1000 bytes" in str(error)) == ("size", True)


def test_the_digest_comes_before_the_structure(artifact):
    error = refusal(Artifact(artifact.manifest, bytes(len(artifact.model))))
    assert error.check == "SHA-256"
    assert hashlib.sha256(bytes(len(artifact.model))).hexdigest() in str(error)


@pytest.mark.parametrize("model", [b"", b"junk", b"{}", b"{"], ids=repr)
def test_the_structure_comes_before_the_load(artifact, model):
    assert refusal(changed(artifact, model=model)).check == "structure"


def test_a_model_with_extra_bytes_is_refused(artifact):
    error = refusal(changed(artifact, model=artifact.model + b"\x00"))
    assert (error.check, "1 bytes more" in str(error)) == ("structure", True)


@pytest.mark.parametrize("text", [b"reg_loss_param", b"binary:logistic"], ids=["a member's name", "a value"])
def test_a_text_that_is_no_utf_8_is_refused(artifact, text):
    assert text in artifact.model
    error = refusal(changed(artifact, model=artifact.model.replace(text, b"\xeb" + text[1:])))
    assert (error.check, "UTF-8" in str(error)) == ("structure", True)
    assert "codec" not in str(error)


def test_what_xgboost_itself_refuses_is_refused(artifact):
    model = ubj.decode(artifact.model)
    model["learner"]["objective"]["reg_loss_param"]["scale_pos_weight"] = "many"
    error = refusal(changed(artifact, model=encode(model)))
    assert (error.check, "scale_pos_weight" in str(error)) == ("load", True)


def test_an_artifact_of_another_objective_is_refused(artifact):
    assert refusal(changed(artifact, objective="reg:squarederror")).check == "structure"


def test_without_golden_rows_nothing_is_proved(artifact):
    assert refusal(changed(artifact, golden_rows=())).check == "golden row"


def test_a_golden_row_with_another_score_is_named(artifact):
    rows = artifact.manifest.golden_rows
    wrong = replace(rows[2], scores=(rows[2].scores[0] + 1e-4,))
    error = refusal(changed(artifact, golden_rows=(*rows[:2], wrong, *rows[3:])))
    assert (error.check, "row 2" in str(error)) == ("golden row", True)


def test_golden_scores_may_differ_by_rounding(artifact):
    rows = tuple(replace(row, scores=(row.scores[0] * (1 + 5e-7),)) for row in artifact.manifest.golden_rows)
    assert verify(changed(artifact, golden_rows=rows))


def test_tiny_scores_must_agree_in_their_leading_digits():
    """The default absolute tolerance is larger than every score of this model."""
    model = artifacts.with_base_score(artifacts.booster("binary"), 6.6e-7)
    small = Artifact(artifacts.manifest("binary", model), model)
    assert all(row.scores[0] < 1e-4 for row in small.manifest.golden_rows)
    assert verify(small, compare=True)
    rows = tuple(replace(row, scores=(row.scores[0] * 0.66,)) for row in small.manifest.golden_rows)
    assert refusal(changed(small, golden_rows=rows)).check == "golden row"


@pytest.mark.parametrize(
    ("tolerance", "passes"),
    [
        (Tolerance(1e-3, 0.0), True),
        (Tolerance(0.0, 1e-3), True),
        (Tolerance(1e-5, 1e-5), False),
        (Tolerance(0.0, 0.0), False),
    ],
)
def test_the_manifest_says_how_far_golden_scores_may_differ(artifact, tolerance, passes):
    rows = tuple(replace(row, scores=(row.scores[0] * (1 + 5e-4),)) for row in artifact.manifest.golden_rows)
    other = changed(artifact, golden_rows=rows, tolerance=tolerance)
    if passes:
        assert verify(other)
    else:
        assert refusal(other).check == "golden row"


def test_without_tolerance_every_bit_must_agree(artifact):
    assert verify(changed(artifact, tolerance=Tolerance(0.0, 0.0)))


@pytest.mark.parametrize("scores", [(), (0.5, 0.5)])
def test_a_golden_row_with_another_number_of_scores_is_refused(artifact, scores):
    row = replace(artifact.manifest.golden_rows[0], scores=scores)
    assert refusal(changed(artifact, golden_rows=(row,))).check == "golden row"


@pytest.mark.parametrize("features", [(1.0,), (1.0,) * 6])
def test_a_golden_row_of_another_length_is_refused(artifact, features):
    row = GoldenRow(features, artifact.manifest.golden_rows[0].scores)
    assert refusal(changed(artifact, golden_rows=(row,))).check == "golden row"


def test_a_golden_value_that_float32_cannot_hold_is_refused(artifact):
    row = replace(artifact.manifest.golden_rows[0], inputs=(1e39, None, None, None, None))
    assert refusal(changed(artifact, golden_rows=(row,))).check == "golden row"


def test_an_objective_that_answers_with_classes_instead_of_scores_is_refused():
    """`multi:softmax` has three classes and gives one number a row."""
    booster = artifacts.booster("multiclass").copy()
    booster.set_param({"objective": "multi:softmax"})
    model = bytes(booster.save_raw("ubj"))
    row = GoldenRow((1.0, None, None, None, None), (0.0, 0.0, 0.0))
    manifest = artifacts.manifest("multiclass", model, objective="multi:softmax", golden_rows=(row,))
    error = refusal(Artifact(manifest, model))
    assert (error.check, "expected multi:softprob" in str(error)) == ("structure", True)


def test_infinite_scores_are_refused_by_the_golden_rows_too(monkeypatch):
    """The structural check has bounds for the sum of the trees, but not for what an objective makes of it."""
    monkeypatch.setattr(sound_trees, "check_model", lambda *_: None)
    artifact = artifacts.artifact("regression")  # whose leaves the native engine leaves to XGBoost
    model = ubj.decode(artifact.model)
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        conditions = tree["split_conditions"]
        for node, left in enumerate(tree["left_children"]):
            if left == -1:
                conditions[node] = 3e38  # the sum of the trees is infinite
    error = refusal(changed(artifact, model=encode(model)))
    assert (error.check, "got inf" in str(error)) == ("golden row", True)


def test_rounds_count_only_the_first_rounds(artifact):
    matrix = artifacts.matrix(20, seed=4)
    expected = artifacts.booster("binary").inplace_predict(matrix, iteration_range=(0, 3))
    rows = tuple(replace(row, scores=()) for row in artifact.manifest.golden_rows)
    first = changed(artifact, rounds=3, golden_rows=rows)
    golden = artifacts.booster("binary").inplace_predict(
        np.array([row.inputs for row in rows], dtype=np.float32), iteration_range=(0, 3)
    )
    rows = tuple(replace(row, scores=(float(score),)) for row, score in zip(rows, golden, strict=True))
    scores = verify(replace(first, manifest=replace(first.manifest, golden_rows=rows))).predict(matrix.tobytes(), 20)
    assert np.array_equal(np.frombuffer(scores, np.float32), expected)


@pytest.mark.parametrize("rounds", [9, 1_000])
def test_rounds_that_the_model_does_not_have_are_refused(artifact, rounds):
    error = refusal(changed(artifact, rounds=rounds))
    assert (error.check, "at most the model's 8 boosting rounds" in str(error)) == ("structure", True)


def test_an_output_of_another_size_is_refused(artifact):
    assert refusal(changed(artifact, output=Output(width=3))).check == "structure"


@pytest.mark.parametrize("number", range(1, 4))
def test_nothing_is_loaded_after_a_check_that_failed(artifact, monkeypatch, number):
    monkeypatch.setattr(predictor, "NATIVE", None)  # which reads the trees before all that is left to check
    names = list(CHECKS)

    def fail(*_):
        raise ArtifactRefused(CHECKS[names[number - 1]], "as told")

    def never(*_):
        raise AssertionError("a later check ran")

    monkeypatch.setattr(module, names[number - 1], fail)
    for name in (*names[number:], "_check_golden_rows"):
        monkeypatch.setattr(module, name, never)
    assert refusal(artifact).check == CHECKS[names[number - 1]]
