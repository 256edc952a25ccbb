"""A model whose scores are calibrated. Imported only where the manifest has a calibrator.

The native engine and Python give the same bits, on every processor: additions, multiplications and divisions of
doubles in one order, without functions of the C library.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right

from native import NATIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.calibrator import Calibrator
    from predictors.predictor import Predictor


class CalibratedPredictor:
    """As `Predictor`: scores are those of the model, calibrated. Margins and attributions stay the model's."""

    def __init__(self, predictor: Predictor, calibrator: Calibrator) -> None:
        self._predictor = predictor
        self._inputs, self._outputs = array("d", calibrator.inputs), array("d", calibrator.outputs)

    @property
    def engine(self) -> str:
        return self._predictor.engine

    @property
    def reason(self) -> str:
        return self._predictor.reason

    def predict(self, matrix: bytes | bytearray, rows: int) -> array[float]:
        """As `Predictor.predict`."""
        scores = self._predictor.predict(matrix, rows)
        if NATIVE is None:
            calibrate(scores, self._inputs, self._outputs)
        else:
            NATIVE.calibrate(scores, self._inputs, self._outputs)
        return scores

    def attribute(self, matrix: bytes | bytearray, rows: int) -> tuple[array[float], array[float]]:
        """As `Predictor.attribute`."""
        return self._predictor.attribute(matrix, rows)


def calibrate(scores: array[float], inputs: array[float], outputs: array[float]) -> None:
    """Calibrate float32 scores in place: the reference of `NATIVE.calibrate`. NaN stays."""
    for place, score in enumerate(scores):
        if score != score:
            continue
        above = bisect_right(inputs, score)
        if above == 0:
            scores[place] = outputs[0]
        elif above == len(inputs):
            scores[place] = outputs[-1]
        else:
            low, start = inputs[above - 1], outputs[above - 1]
            share = (score - low) / (inputs[above] - low)
            scores[place] = start + (outputs[above] - start) * share
