"""Whether a sound graph and its manifest mean the same: inputs, outputs, task.

Where they do not, the model could load and score, and every score would be another than the manifest says.
"""

from __future__ import annotations

import math

from predictors.errors import ModelUnsound
from predictors.onnx import tensors
from predictors.onnx.row_tensor import RowTensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_store.manifest import Manifest
    from predictors.onnx.structure import GraphInterface, GraphValue


def check(graph: GraphInterface, manifest: Manifest) -> tuple[GraphValue, GraphValue]:
    """The graph's input and the output with the scores. Raises ModelUnsound for the first difference."""
    if manifest.objective is not None:
        raise ModelUnsound(f"model.objective: expected null, as ONNX files have none, got {manifest.objective!r:.80}")
    if manifest.rounds:
        raise ModelUnsound(f"model.rounds: expected 0: an ONNX model has no boosting rounds, got {manifest.rounds}")
    _check_width(manifest.task, manifest.output.width)
    return input_of(graph, RowTensor.of(manifest)), _scores(graph, manifest)


def _check_width(task: str, width: int) -> None:
    if width < 2 if task == "multiclass" else task in ("binary", "regression", "ranking") and width != 1:
        expected = "at least 2" if task == "multiclass" else "1"
        raise ModelUnsound(f"output.width: expected {expected} for the task {task}, got {width}")


def input_of(graph: GraphInterface, row: RowTensor) -> GraphValue:
    """The one input: rows of a matrix, or prepared ones."""
    if len(graph.inputs) != 1:
        raise ModelUnsound(f"inputs: expected one, {row}, got {_listed(graph.inputs)}")
    (value,) = graph.inputs
    shape = value.shape
    if value.kind != row.kind or not _fits(shape, (None, *row.shape)):
        raise ModelUnsound(f"inputs: expected {row}, got {value}")
    _check_rows_free(value)
    return value


def _fits(shape: Sequence[int | None] | None, wanted: Sequence[int | None]) -> bool:
    """Whether a value of the shape can be of the wanted one; None: of any rank, or of any size."""
    if shape is None:
        return True
    return len(shape) == len(wanted) and all(
        found is None or size is None or found == size for found, size in zip(shape, wanted, strict=True)
    )


def _scores(graph: GraphInterface, manifest: Manifest) -> GraphValue:
    """The one output of float32: scores of each row. Classifiers of scikit-learn also give labels, as integers."""
    found = [value for value in graph.outputs if value.kind == tensors.FLOAT]
    if len(found) != 1:
        raise ModelUnsound(f"outputs: expected one of float32, with the scores, got {_listed(graph.outputs)}")
    (value,) = found
    _check_rows_free(value)
    width = manifest.output.width
    widths = (width, 2) if manifest.task == "binary" else (width,)
    sizes = (value.shape or (None, None))[1:]
    if None not in sizes and math.prod(size or 0 for size in sizes) not in widths:
        raise ModelUnsound(f"outputs: expected {' or '.join(map(str, widths))} scores a row, got {value}")
    return value


def _check_rows_free(value: GraphValue) -> None:
    if value.shape is not None and (not value.shape or value.shape[0] is not None):
        raise ModelUnsound(
            f"{value}: expected any number of rows: export with a free first dimension (PyTorch: dynamic_axes; Keras: "
            "None; skl2onnx: [None, columns])"
        )


def _listed(values: Sequence[GraphValue]) -> str:
    found = ", ".join(map(str, values))
    return f"{found:.300}" or "none"
