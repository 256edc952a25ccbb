"""A graph that passed the structure check, and the predictor that it becomes.

A row's score must not depend on the batch that it comes in: copies of a prediction are identical. ONNX Runtime
multiplies a matrix of one row by another kernel than one of several, with other last bits: so no row is run alone.
"""

from __future__ import annotations

import math
from array import array
from itertools import pairwise

from predictors.errors import EnginesDiffer, ModelNotLoaded, NoAttributions
from predictors.onnx import agreement, structure
from predictors.onnx.row_tensor import RowTensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_store.artifact import Artifact
    from model_store.manifest import Manifest
    from predictors.onnx.runtime import GraphSession
    from predictors.onnx.structure import GraphValue
    from predictors.predictor import Predictor

# Bounds the memory of one run; from some hundred rows on, more at a time gain nothing.
ROWS_A_RUN = 256
_FLOAT_BYTES = 4


def read(artifact: Artifact) -> SoundGraph:
    """Check an artifact's model. Raises ModelUnsound."""
    manifest = artifact.manifest
    graph = structure.read(artifact.model, quantized=manifest.quantized)
    return SoundGraph(manifest, artifact.model, *agreement.check(graph, manifest))


class SoundGraph:
    """See `predictors.predictor.SoundModel`. taken, given : the graph's input, and its output with the scores."""

    def __init__(self, manifest: Manifest, model: bytes, taken: GraphValue, given: GraphValue) -> None:
        self._manifest, self._model, self._taken, self._given = manifest, model, taken, given

    def load(self, threads: int) -> OnnxPredictor:
        from predictors.onnx.runtime import GraphSession

        session = GraphSession(self._model, threads=threads)
        return OnnxPredictor(session, self._manifest, self._taken.name, self._given.name)

    def compare(self, predictor: Predictor) -> None:
        """Score the golden rows in batches of other sizes and orders: each row must have the same bits in all."""
        rows = self._manifest.golden_inputs()
        expected = dict(zip(rows, _by_row(predictor, rows), strict=True))
        for batch in (rows[:1], rows[1:], rows[::-1], rows * 3):
            for row, scores in zip(batch, _by_row(predictor, batch), strict=True):
                if scores != expected[row]:
                    where = (
                        f"golden row {rows.index(row)} has other scores among {len(batch)} rows than among {len(rows)}"
                    )
                    raise EnginesDiffer(
                        f"expected the same scores of a row in every batch, {where}: the graph computes across rows"
                    )


class OnnxPredictor:
    """See `predictors.predictor.Predictor`."""

    engine, reason = "onnxruntime", ""

    def __init__(self, session: GraphSession, manifest: Manifest, taken: str, given: str) -> None:
        self._session, self._taken, self._given = session, taken.encode(), given.encode()
        self._row, self._width = RowTensor.of(manifest), manifest.output.width
        # Two at least, so that no row of a matrix is alone; a row that is always alone has one kernel.
        self._least = 1 if self._row.rows_a_run == 1 else 2
        # A classifier of two classes gives a probability of each: the score is the second label's.
        self._of_two = manifest.task == "binary"
        self._manifest = manifest

    def predict(self, matrix: bytes | bytearray, rows: int) -> array[float]:
        """As `Predictor.predict`; NaN for a row that the graph cannot compute, such as one with an unknown code.

        Raises RuntimeRefused, ValueError.
        """
        scores, width = array("f"), self._row.size
        if len(matrix) != rows * width:
            raise ValueError(f"matrix: expected {rows} rows of {width} bytes, got {len(matrix)} bytes")
        for start, end in _parts(rows, self._row.rows_a_run or ROWS_A_RUN):
            scores.extend(self._part(bytes(matrix[start * width : end * width]), end - start))
        return scores

    def attribute(self, matrix: bytes | bytearray, rows: int) -> tuple[array[float], array[float]]:
        """Raises NoAttributions."""
        raise NoAttributions("ONNX models have no feature attributions")

    def _part(self, matrix: bytes, rows: int) -> array[float]:
        """rows × width scores. A run that fails is divided, until the rows are found that it fails for."""
        from predictors.onnx.runtime import RuntimeRefused

        try:
            return self._run(matrix, rows) if rows > 1 else self._alone(matrix)
        except RuntimeRefused:
            if rows == 1:
                self._alone(self._manifest.golden_inputs()[0])  # raises where it is not the row that fails
                return array("f", [math.nan] * self._width)
        half = rows // 2
        cut = half * self._row.size
        return self._part(matrix[:cut], half) + self._part(matrix[cut:], rows - half)

    def _alone(self, row: bytes) -> array[float]:
        return self._run(row * self._least, self._least)[: self._width]

    def _run(self, matrix: bytes, rows: int) -> array[float]:
        from predictors.onnx.runtime import RunInput

        taken = RunInput(self._taken, self._row.kind, (rows, *self._row.shape), matrix)
        shape, scores = self._session.run([taken], self._given)
        if shape[:1] == (rows,) and len(scores) == rows * self._width:
            return scores
        if shape[:1] == (rows,) and self._of_two and len(scores) == rows * 2:
            return scores[1::2]
        raise ModelNotLoaded(f"expected {self._width} scores a row, got the shape {list(shape)} for {rows} rows")


def _parts(rows: int, most: int) -> Iterator[tuple[int, int]]:
    """Runs of about the same size, up to `most` rows: none has one row, unless there is one only, or `most` is one."""
    count = -(-rows // most)
    cuts = [rows * i // count for i in range(count + 1)] if count else [0]
    return pairwise(cuts)


def _by_row(predictor: Predictor, rows: list[bytes]) -> list[bytes]:
    scores = predictor.predict(b"".join(rows), len(rows)) if rows else array("f")
    width = len(scores) // len(rows) * _FLOAT_BYTES if rows else 0
    raw = scores.tobytes()
    return [raw[i * width : (i + 1) * width] for i in range(len(rows))]
