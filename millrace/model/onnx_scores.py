"""The scores of an ONNX file that is imported: what they mean, and the proof that they are those of other programs."""

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from millrace.errors import UserError
from millrace.model import onnx_file
from millrace.model.label import class_names, codes_of
from model_store.artifact import Artifact
from model_store.golden_row import Tolerance
from model_store.manifest import MULTI_OUTPUT
from model_store.output import Output
from predictors.errors import ModelUnsound
from predictors.onnx import sound_graph
from predictors.onnx.runtime import TELEMETRY
from predictors.onnx.structure import GraphInterface

if TYPE_CHECKING:
    from millrace.model.import_model import Import

# Between kinds of processors the last bits differ (docs/adr/0051).
TOLERANCE = Tolerance(relative=1e-4, absolute=1e-5)
THRESHOLD = 0.5  # of a probability


def width_of(model: bytes, rows: np.ndarray, graph: GraphInterface) -> int:
    """Scores a row, by a run: a file need not say."""
    (given,) = onnx_file.scores_of(graph)
    found = _reference(model, graph, rows[:2] if len(rows) > 1 else np.repeat(rows, 2, 0))
    if found.shape[:1] != (2,):
        raise UserError(
            f"output {given.name}: expected scores for each row, got the shape {list(found.shape)} for 2 rows"
        )
    return math.prod(found.shape[1:])


def output_of(
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
    found = class_names(label)
    return found if len(found) == max(2, columns) else ()


def agreement(output: Output, scores: np.ndarray, label: pl.Series) -> str:
    """How often the sample's label is given: labels in another order than the model's show in that."""
    given = scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] >= (output.threshold or 0.0)
    share = float((given == codes_of(label, output.labels)).mean())
    return f"{share:.1%} of the sample's rows get their own label; --labels states another order of the classes"


def scored(artifact: Artifact, rows: np.ndarray) -> np.ndarray:
    """The scores that the scorer gives for rows as the model takes them. Raises UserError."""
    try:
        found = sound_graph.read(artifact).load(1).predict(rows.tobytes(), len(rows))
    except (ModelUnsound, RuntimeError) as error:
        raise UserError(f"the model: {error}") from None
    scores = np.frombuffer(found.tobytes(), np.float32).reshape(len(rows), -1)
    if not np.isfinite(scores).all():
        row = int(np.argmin(np.isfinite(scores).all(axis=1)))
        raise UserError(
            f"the model: expected finite scores, got {scores[row].tolist()!s:.200} for {rows[row].tolist()!s:.200}; "
            "where values are missing, list the features with allow_missing false, or impute them in the graph"
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


def prove(model: bytes, graph: GraphInterface, rows: np.ndarray, scores: np.ndarray) -> None:
    expected = _reference(model, graph, rows).reshape(len(rows), -1)
    compare(
        "as ONNX Runtime's package gives", expected[:, 1:] if expected.shape[1] > scores.shape[1] else expected, scores
    )


def compare(whose: str, expected: np.ndarray, scores: np.ndarray) -> None:
    """Raises UserError for the first row whose scores differ by more than the tolerance."""
    at = TOLERANCE.first_beyond(expected.ravel().tolist(), scores.ravel().tolist())
    if at is not None:
        row = at // scores.shape[1]
        raise UserError(
            f"the scores of row {row}: expected {expected[row].tolist()!s:.200}, {whose}, got "
            f"{scores[row].tolist()!s:.200}; check "
            "the order of the columns and how their values are prepared"
        )


def given_scores(table: pl.DataFrame, width: int, rows: int) -> np.ndarray:
    """The scores in a table, rows × width. Raises UserError."""
    if table.shape != (rows, width) or not all(kind.is_numeric() for kind in table.dtypes):
        expected = f"{width} columns of numbers and the sample's {rows} rows"
        raise UserError(f"--expected: expected {expected}, got {table.width} columns and {table.height} rows")
    return table.cast(pl.Float64).to_numpy()
