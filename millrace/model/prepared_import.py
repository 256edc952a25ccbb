"""From an ONNX file that takes texts or images to a verified model artifact.

A file of ONNX does not say how texts and images become its tensors: the operator states it, as a manifest's `inputs`.
"""

import base64
import hashlib
import io
from collections.abc import Callable, Sequence
from copy import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from PIL import Image

from inputs.steps import ELEMENTS
from millrace.errors import UserError
from millrace.model import import_features, onnx_file, onnx_scores
from model_store.artifact import Artifact
from model_store.documents import parse
from model_store.errors import DocumentInvalid
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest, ModelFile, read_inputs
from model_store.verify import verify
from predictors.errors import ModelUnsound
from predictors.onnx import MODEL_FILE, Onnx, agreement
from predictors.onnx.row_tensor import RowTensor
from predictors.onnx.structure import GraphInterface
from records.faults import Unfit
from records.timestamps import timestamp
from training.baseline import baseline

if TYPE_CHECKING:
    from inputs.preparation import Preparation
    from millrace.model.import_model import Import

# A manifest has these values whole, and every cold start reads, prepares and scores them.
GOLDEN_VALUES = 4
# Drift is counted of each score, which has no use for more than these.
MOST_BASELINE_SCORES = 100
# Of a golden image, so that a manifest stays small: the longer side, in tensors.
_GOLDEN_SIDES = 2


class PreparedSample(NamedTuple):
    """values : as events have them. rows : prepared, rows × shape."""

    values: Sequence[str]
    rows: np.ndarray


def import_prepared(model: bytes, graph: GraphInterface, wanted: "Import", note: Callable[[str], object]) -> Artifact:
    """Describe a model by its declared inputs and a sample, and prove its scores. Raises UserError, ArtifactRefused."""
    assert wanted.inputs is not None  # noqa: S101 - for the type checker
    feature, preparation = declared(wanted.inputs)
    if wanted.features is not None:
        raise UserError("--features: expected none next to --inputs, which has the one feature")
    frame, label = import_features.split_label(wanted.sample, wanted.label, wanted.drop)
    if frame is None:
        raise UserError(f"--sample: expected a table with a column {feature.name!r} of {preparation.name}s; give one")
    try:
        agreement.input_of(graph, RowTensor.prepared(preparation))
    except ModelUnsound as error:
        raise UserError(f"the model: {error}; adapt {wanted.inputs}") from None
    sample = _prepared(preparation, _values(frame, feature))
    golden = _prepared(preparation, [_small(preparation, value) for value in sample.values[:GOLDEN_VALUES]])
    task, output = onnx_scores.output_of(onnx_scores.width_of(model, golden.rows, graph), wanted, label, note)
    draft = Manifest(
        name=wanted.name,
        version=wanted.version,
        created_at=timestamp(datetime.now(UTC).timestamp()),
        framework=ModelFramework(Onnx.name, onnx_file.written_by(graph)),
        task=task,
        objective=None,
        features=(feature,),
        output=output,
        file=ModelFile.of(model, MODEL_FILE),
        golden_rows=_golden_rows(golden, np.zeros((len(golden.values), output.width))),
        quantized=wanted.quantized,
        tolerance=onnx_scores.TOLERANCE,
        preparation=preparation,
    )
    found = onnx_scores.scored(Artifact(draft, model), np.concatenate([golden.rows, sample.rows]))
    scores, of_sample = found[: len(golden.values)], found[len(golden.values) :]
    onnx_scores.prove(model, graph, golden.rows, scores)
    if wanted.expected is not None:
        expected = onnx_scores.given_scores(wanted.expected, output.width, len(of_sample))
        onnx_scores.compare("as given", expected, of_sample)
    if label is not None and output.labels:
        note(onnx_scores.agreement(output, of_sample, label))
    described = {}
    if output.width <= MOST_BASELINE_SCORES:
        described = baseline((), np.empty((len(of_sample), 0), np.float32), of_sample)
    else:
        note(f"{output.width} scores a row: no baseline, so that no drift is counted")
    artifact = Artifact(replace(draft, golden_rows=_golden_rows(golden, scores), baseline=described), model)
    verify(artifact, compare=True)
    return artifact


def declared(path: Path) -> tuple[Feature, "Preparation"]:
    """The one feature, and what prepares it, of a file with a manifest's `inputs`; without features, one of the kind's
    name. Raises UserError.
    """
    try:
        document = parse(path.read_bytes(), "inputs")
        kind = document.members.get("kind")
        document.members.setdefault("features", [{"name": kind, "type": kind}])
        features, preparation = read_inputs(document)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    except DocumentInvalid as error:
        raise UserError(f"{path}: {error}") from None
    if preparation is None or len(features) != 1:
        raise UserError(f"{path}: expected inputs of one text or image; --features lists those of a matrix")
    return features[0], preparation


def _values(frame: pl.DataFrame, feature: Feature) -> list[str]:
    if feature.name not in frame.columns or frame[feature.name].dtype != pl.String:
        raise UserError(f"the sample: expected a column {feature.name!r} of texts, got {', '.join(frame.columns)}")
    return [value or "" for value in frame[feature.name].to_list()]


def _prepared(preparation: "Preparation", values: Sequence[str]) -> PreparedSample:
    rows = []
    for number, value in enumerate(values):
        try:
            rows.append(preparation.prepare(value))
        except Unfit as unfit:
            raise UserError(f"the sample: row {number}: {unfit.code}: {unfit.detail}") from None
    kind = np.dtype(ELEMENTS[preparation.element][0])
    return PreparedSample(values, np.frombuffer(b"".join(rows), kind).reshape(len(rows), *preparation.shape))


def _small(preparation: "Preparation", value: str) -> str:
    """A text as it is; of a photograph a smaller copy."""
    if preparation.name != "image":
        return value
    picture = Image.open(io.BytesIO(base64.b64decode(value))).convert("RGB")
    side = _GOLDEN_SIDES * max(preparation.shape)
    picture.thumbnail((side, side))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return base64.b64encode(target.getvalue()).decode("ascii")


def _golden_rows(golden: PreparedSample, scores: np.ndarray) -> tuple[GoldenRow, ...]:
    return tuple(
        GoldenRow((value,), tuple(of_row), hashlib.sha256(row.tobytes()).hexdigest())
        for value, row, of_row in zip(golden.values, golden.rows, scores.tolist(), strict=True)
    )
