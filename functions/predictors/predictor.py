"""What scores with a verified model."""

from array import array
from typing import Protocol

NATIVE_ENGINE, XGBOOST_ENGINE = "native", "xgboost"


class Predictor(Protocol):
    """A loaded model. `engine` says what evaluates it; `reason` why that is not the native engine, or nothing."""

    @property
    def engine(self) -> str: ...
    @property
    def reason(self) -> str: ...

    def predict(self, matrix: bytes | bytearray, rows: int) -> "array[float]":
        """Scores of a row-major float32 matrix with `rows` rows, NaN for missing values.

        Returns rows × classes scores (float32), row by row. Raises ValueError or RuntimeError.
        """
