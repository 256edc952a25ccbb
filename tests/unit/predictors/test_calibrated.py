"""Calibrated scores: the native engine gives the reference's bits, and attributions stay the model's."""

from array import array
from copy import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import native
from model_store.artifact import Artifact
from model_store.calibrator import Calibrator
from model_store.errors import ArtifactRefused, DocumentInvalid
from model_store.manifest import Manifest
from model_store.verify import verify
from predictors import calibrated
from predictors.calibrated import CalibratedPredictor, calibrate
from tests.fakes import artifacts

float32 = st.floats(0, 1, width=32)
knots = st.lists(float32, min_size=2, max_size=40, unique=True).flatmap(
    lambda inputs: st.tuples(
        st.just(sorted(inputs)),
        st.lists(st.floats(0, 1), min_size=len(inputs), max_size=len(inputs)).map(sorted),
    )
)


def test_it_is_interpolated_linearly_and_constant_outside():
    scores = array("f", [0.0, 0.25, 0.375, 0.5, 0.75, 1.0, float("nan")])
    calibrate(scores, array("d", [0.25, 0.5, 0.75]), array("d", [0.1, 0.5, 0.5]))
    assert scores[:6].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.5, 0.5, 0.5])
    assert np.isnan(scores[6])


@pytest.mark.skipif(native.NATIVE is None, reason=f"no native engine: {native.MISSING}")
@given(knots, st.lists(st.floats(-1, 2, width=32) | st.just(float("nan")), max_size=60))
def test_native_and_python_give_the_same_bits(function, scores):
    inputs, outputs = (array("d", values) for values in function)
    ours, theirs = array("f", scores + inputs.tolist()), array("f", scores + inputs.tolist())
    calibrate(ours, inputs, outputs)
    native.NATIVE.calibrate(theirs, inputs, outputs)
    assert theirs.tobytes() == ours.tobytes()
    expected = np.interp(np.array(scores + inputs.tolist(), np.float32).astype(float), inputs, outputs)
    assert np.array(ours.tolist()) == pytest.approx(expected, abs=1e-7, nan_ok=True)


@pytest.mark.skipif(native.NATIVE is None, reason=f"no native engine: {native.MISSING}")
@pytest.mark.parametrize(("scores", "inputs", "outputs"), [(4, 0, 0), (4, 16, 8), (4, 12, 12), (5, 16, 16)], ids=str)
def test_buffers_of_other_sizes_are_refused(scores, inputs, outputs):
    with pytest.raises(ValueError, match="as many inputs as outputs"):
        native.NATIVE.calibrate(bytearray(scores), bytes(inputs), bytes(outputs))


CALIBRATOR = Calibrator("isotonic", (0.0, 0.25, 0.5, 1.0), (0.05, 0.1, 0.7, 0.9))


def calibrated_artifact(calibrator: Calibrator = CALIBRATOR) -> Artifact:
    plain = artifacts.artifact("binary")
    rows = []
    for row in plain.manifest.golden_rows:
        scores = array("f", row.scores)
        calibrate(scores, array("d", calibrator.inputs), array("d", calibrator.outputs))
        rows.append(replace(row, scores=tuple(scores)))
    output = replace(plain.manifest.output, calibration=calibrator)
    return replace(plain, manifest=replace(plain.manifest, output=output, golden_rows=tuple(rows)))


@pytest.mark.parametrize("engine", ["native", "python"])
def test_a_calibrated_model_scores_calibrated_and_explains_its_margins(engine, monkeypatch):
    if engine == "python":
        monkeypatch.setattr(calibrated, "NATIVE", None)
    artifact, plain = calibrated_artifact(), artifacts.artifact("binary")
    predictor, bare = verify(artifact, compare=True), verify(plain)
    assert isinstance(predictor, CalibratedPredictor)
    assert (predictor.engine, predictor.reason) == (bare.engine, bare.reason)
    matrix = artifacts.matrix(50).tobytes()
    expected = np.interp(np.array(bare.predict(matrix, 50)), CALIBRATOR.inputs, CALIBRATOR.outputs)
    assert np.array(predictor.predict(matrix, 50)) == pytest.approx(expected, abs=1e-7)
    assert predictor.attribute(matrix, 50) == bare.attribute(matrix, 50)


def test_golden_rows_are_calibrated_scores():
    artifact = calibrated_artifact()
    plain = artifacts.artifact("binary").manifest.golden_rows
    with pytest.raises(ArtifactRefused, match="golden row"):
        verify(replace(artifact, manifest=replace(artifact.manifest, golden_rows=plain)))


def test_a_model_without_a_calibrator_is_not_wrapped():
    assert not isinstance(verify(artifacts.artifact("binary")), CalibratedPredictor)


def test_the_manifest_keeps_it():
    manifest = calibrated_artifact().manifest
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "spline"}, "method"),
        ({"inputs": (0.5, 0.25), "outputs": (0.1, 0.2)}, "ascending float32"),
        ({"inputs": (0.1, 0.25), "outputs": (0.1, 0.2)}, "ascending float32"),
        ({"inputs": (0.25, 0.25), "outputs": (0.1, 0.2)}, "ascending float32"),
        ({"outputs": (0.1, 0.7, 0.6, 0.9)}, "never decrease"),
        ({"outputs": (0.1, 0.2)}, "as many outputs, got 4 and 2"),
        ({"inputs": (0.5,), "outputs": (0.1,)}, "2 to 1024 inputs"),
        ({"outputs": (0.1, 0.2, 0.3, 1.5)}, "from 0 to 1"),
    ],
    ids=str,
)
def test_what_is_no_calibrator_is_refused(changes, message):
    manifest = calibrated_artifact(CALIBRATOR).manifest
    output = replace(manifest.output, calibration=replace(CALIBRATOR, **changes))
    with pytest.raises(DocumentInvalid, match=message):
        Manifest.from_bytes(replace(manifest, output=output).to_bytes())


@pytest.mark.parametrize("kind", ["multiclass", "regression", "ranking"])
def test_only_probabilities_of_one_class_are_calibrated(kind):
    manifest = artifacts.artifact(kind).manifest
    output = replace(manifest.output, calibration=CALIBRATOR)
    with pytest.raises(DocumentInvalid, match="calibration: expected null, or a binary model"):
        Manifest.from_bytes(replace(manifest, output=output).to_bytes())
