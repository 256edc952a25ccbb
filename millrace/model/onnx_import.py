"""From an ONNX file to a verified model artifact: what it is, proved to score as ONNX Runtime's own package does."""

import math
import os
from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from millrace.errors import UserError
from millrace.model import import_features, onnx_file
from millrace.model.baseline import baseline
from millrace.model.golden import GOLDEN_ROWS, chosen, golden_rows, scores_of
from millrace.model.label import class_codes
from millrace.model.missing_values import MissingValues
from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.manifest import MULTI_OUTPUT, Manifest, ModelFile, ModelFramework, Output, Tolerance
from model_store.verify import verify
from predictors.errors import ModelUnsound
from predictors.onnx import MODEL_FILE, Onnx, sound_graph
from predictors.onnx.runtime import TELEMETRY
from predictors.onnx.structure import GraphInterface
from records.timestamps import timestamp

if TYPE_CHECKING:
    from millrace.model.import_model import Import

# Between kinds of processors the last bits differ (docs/adr/0051).
TOLERANCE = Tolerance(relative=1e-4, absolute=1e-5)
THRESHOLD = 0.5  # of a probability


@dataclass(frozen=True, slots=True)
class OnnxColumns:
    """What `import_features` asks of a model: a file of ONNX names no columns, and keeps no categories."""

    columns: int
    names: tuple[str, ...] = ()

    @property
    def categories(self) -> tuple[tuple[str, ...], ...]:
        return ((),) * self.columns

    def name_of(self, column: str) -> str:
        return column


def import_onnx(path: Path, wanted: "Import", note: Callable[[str], object]) -> Artifact:
    """Read, check and describe an ONNX file, and prove its scores.

    note : as of `import_model`. Raises UserError, and ArtifactRefused where the result does not verify.
    """
    _refuse_options(wanted)
    model, graph = onnx_file.read(path, wanted.tensor, quantized=wanted.quantized)
    frame, label = import_features.split_label(wanted.sample, wanted.label, wanted.drop)
    features = _features(graph, wanted, frame)
    sample = None if frame is None else import_features.encode(frame, features)
    rows = _made_up(features, GOLDEN_ROWS) if sample is None else sample[chosen(sample, features)]
    task, output = _output(_width(model, rows, graph), wanted, label, note)
    draft = Manifest(
        name=wanted.name,
        version=wanted.version,
        created_at=timestamp(datetime.now(UTC).timestamp()),
        framework=ModelFramework(Onnx.name, onnx_file.written_by(graph)),
        task=task,
        objective=None,
        features=features,
        output=output,
        file=ModelFile.of(model, MODEL_FILE),
        golden_rows=golden_rows(rows[:1], np.zeros((1, output.width))),
        quantized=wanted.quantized,
        tolerance=TOLERANCE,
    )
    found = _scored(Artifact(draft, model), rows if sample is None else np.vstack([rows, sample]))
    scores, of_sample = found[: len(rows)], found[len(rows) :]
    _prove(model, graph, rows, scores)
    if wanted.expected is not None:
        _compare("as given", _given(wanted.expected, output.width, len(of_sample)), of_sample)
    _check_gaps(Artifact(draft, model), features, rows)
    if label is not None and output.labels:
        note(_agreement(output, of_sample, label))
    described = {} if sample is None else baseline(features, sample, of_sample)
    artifact = Artifact(replace(draft, golden_rows=golden_rows(rows, scores), baseline=described), model)
    verify(artifact, compare=True)
    return artifact


def _refuse_options(wanted: "Import") -> None:
    if wanted.rounds:
        raise UserError(f"--rounds: expected none, an ONNX model has no boosting rounds, got {wanted.rounds}")
    if wanted.expected is not None and wanted.sample is None:
        raise UserError("--expected: expected a sample of the rows that the scores are of (--sample)")


def _features(graph: GraphInterface, wanted: "Import", frame: pl.DataFrame | None) -> tuple[Feature, ...]:
    """The listed ones, or the sample's columns, in the order of the matrix."""
    columns = onnx_file.columns(graph)
    if wanted.features is not None:
        features = import_features.from_file(wanted.features, OnnxColumns(columns))
        return MissingValues.parse(wanted.missing_values, [feature.name for feature in features]).apply(features)
    if frame is None:
        raise UserError(
            "expected a file that lists the features (--features) or a sample of data (--sample); the model has "
            f"{columns}"
        )
    gaps = MissingValues.parse(wanted.missing_values, frame.columns)
    return gaps.apply(import_features.from_sample(frame, OnnxColumns(columns), wanted.missing, gaps))


def _made_up(features: Sequence[Feature], rows: int, seed: int = 7) -> np.ndarray:
    """Rows of values of ordinary sizes, where there is no sample."""
    random = np.random.default_rng(seed)
    columns = []
    for feature in features:
        if feature.type == "float":
            columns.append(random.normal(size=rows))
        else:
            columns.append(random.integers(0, max(2, len(feature.categories)), rows).astype(np.float64))
    return np.column_stack(columns).astype(np.float32)


def _width(model: bytes, rows: np.ndarray, graph: GraphInterface) -> int:
    """Scores a row, by a run: a file need not say."""
    (given,) = onnx_file.scores_of(graph)
    found = _reference(model, graph, rows[:2] if len(rows) > 1 else np.repeat(rows, 2, 0))
    if found.shape[:1] != (2,):
        raise UserError(
            f"output {given.name}: expected scores for each row, got the shape {list(found.shape)} for 2 rows"
        )
    return math.prod(found.shape[1:])


def _output(
    columns: int, wanted: "Import", label: pl.Series | None, note: Callable[[str], object]
) -> tuple[str, Output]:
    """Task and output of a graph that gives `columns` scores a row: what is stated, else what they look like."""
    if wanted.outputs:
        if wanted.labels or wanted.threshold is not None:
            raise UserError("--outputs: expected no labels and no threshold with names of outputs")
        if len(set(wanted.outputs)) != columns or len(wanted.outputs) != columns:
            raise UserError(f"--outputs: expected {columns} names, each once, got {', '.join(wanted.outputs)}")
        return MULTI_OUTPUT, Output(width=columns, names=wanted.outputs)
    labels = wanted.labels or _labels(label, columns)
    if len(set(labels)) != len(labels) or not all(labels):
        raise UserError(f"labels: expected each once, and none empty, got {', '.join(labels)}")
    if labels and len(labels) != max(2, columns):
        raise UserError(f"labels: expected {max(2, columns)}, got {len(labels)}: {', '.join(labels[:5])}")
    if columns == 1 and not labels and wanted.threshold is None:
        note("one score a row and no labels: taken for a regression; --labels names two classes")
        return "regression", Output()
    if columns > 2:
        if wanted.threshold is not None:
            raise UserError("threshold: expected none with more than two classes, the most likely one is the label")
        return "multiclass", Output(labels, None, columns)
    return "binary", Output(labels, THRESHOLD if wanted.threshold is None else wanted.threshold)


def _labels(label: pl.Series | None, columns: int) -> tuple[str, ...]:
    """The classes in a label column, where it has as many as the model; () for a column of numbers to predict."""
    if label is None:
        return ()
    found = class_codes(label.cast(pl.String) if label.dtype.is_float() else label)[0]
    return found if len(found) == max(2, columns) else ()


def _agreement(output: Output, scores: np.ndarray, label: pl.Series) -> str:
    """How often the sample's label is given: labels in another order than the model's show in that."""
    codes = scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] >= (output.threshold or 0.0)
    given = np.array(output.labels)[codes.astype(np.int64)]
    share = float((given == label.cast(pl.String).to_numpy()).mean())
    return f"{share:.1%} of the sample's rows get their own label; --labels states another order of the classes"


def _scored(artifact: Artifact, rows: np.ndarray) -> np.ndarray:
    """The scores that the scorer gives. Raises UserError."""
    try:
        predictor = sound_graph.read(artifact).load(1)
        scores = scores_of(predictor, rows)
    except (ModelUnsound, RuntimeError) as error:
        raise UserError(f"the model: {error}") from None
    if not np.isfinite(scores).all():
        row = int(np.argmin(np.isfinite(scores).all(axis=1)))
        raise UserError(
            f"the model: expected finite scores, got {scores[row].tolist()} for {rows[row].tolist()}; where values are "
            "missing, list the features with allow_missing false, or impute them in the graph"
        )
    return scores


def _reference(model: bytes, graph: GraphInterface, rows: np.ndarray) -> np.ndarray:
    """What ONNX Runtime's own Python package gives, for an output of any shape. Raises UserError."""
    os.environ[TELEMETRY] = "1"  # before its library is opened
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    (taken,), (given,) = graph.inputs, onnx_file.scores_of(graph)
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        (found,) = session.run([given.name], {taken.name: rows})
    except Exception as error:  # its errors have no class in common
        raise UserError(f"the model: ONNX Runtime refuses it: {str(error).partition('\n')[0]:.300}") from None
    return np.asarray(found)


def _prove(model: bytes, graph: GraphInterface, rows: np.ndarray, scores: np.ndarray) -> None:
    expected = _reference(model, graph, rows).reshape(len(rows), -1)
    _compare(
        "as ONNX Runtime's package gives", expected[:, 1:] if expected.shape[1] > scores.shape[1] else expected, scores
    )


def _compare(whose: str, expected: np.ndarray, scores: np.ndarray) -> None:
    """Raises UserError for the first row whose scores differ by more than the tolerance."""
    at = TOLERANCE.first_beyond(expected.ravel().tolist(), scores.ravel().tolist())
    if at is not None:
        row = at // scores.shape[1]
        raise UserError(
            f"the scores of row {row}: expected {expected[row].tolist()}, {whose}, got {scores[row].tolist()}; check "
            "the order of the columns and how their values are prepared"
        )


def _given(table: pl.DataFrame, width: int, rows: int) -> np.ndarray:
    """The scores in a table, rows × width. Raises UserError."""
    if table.shape != (rows, width) or not all(kind.is_numeric() for kind in table.dtypes):
        expected = f"{width} columns of numbers and the sample's {rows} rows"
        raise UserError(f"--expected: expected {expected}, got {table.width} columns and {table.height} rows")
    return table.cast(pl.Float64).to_numpy()


def _check_gaps(artifact: Artifact, features: Sequence[Feature], rows: np.ndarray) -> None:
    """Raises UserError where a feature may be missing, and the model has no score then."""
    predictor = sound_graph.read(artifact).load(1)
    for column, feature in enumerate(features):
        gap = np.where(np.isnan(rows[:1]), 0, rows[:1])
        gap[0, column] = np.nan
        if feature.allow_missing and not np.isfinite(scores_of(predictor, gap)).all():
            raise UserError(
                f"feature {feature.name!r}: may be missing, and the model gives no score then: list the features with "
                "allow_missing false (--features), or impute in the graph"
            )


def is_onnx(path: Path) -> bool:
    return path.suffix.lower() == ".onnx"
