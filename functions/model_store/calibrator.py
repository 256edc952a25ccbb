"""A calibrator: the manifest's member `output.calibration`. Imported only where there is one."""

from __future__ import annotations

from array import array

from model_store.documents import Document
from model_store.errors import DocumentInvalid
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

METHODS = ("isotonic", "platt")
MAX_KNOTS = 1_024
# Objectives whose scores are probabilities of one class.
OBJECTIVES = ("binary:logistic",)


class Calibrator(Value):
    """A piecewise linear function from the model's scores to probabilities, never decreasing.

    method : how it was fitted. inputs : scores at its knots, ascending float32 values. outputs : their probabilities.
    Outside of the knots it is constant.
    """

    method: str
    inputs: tuple[float, ...]
    outputs: tuple[float, ...]

    @classmethod
    def read(cls, value: Any, path: str) -> Calibrator:
        """Raises DocumentInvalid."""
        document = Document.of(value, path)
        document.only(cls.__match_args__)
        method = document.one_of("method", METHODS)
        inputs, outputs = (_numbers(document, name) for name in ("inputs", "outputs"))
        if not 2 <= len(inputs) <= MAX_KNOTS or len(inputs) != len(outputs):
            raise DocumentInvalid(
                f"{path}: expected 2 to {MAX_KNOTS} inputs and as many outputs, got {len(inputs)} and {len(outputs)}"
            )
        if list(inputs) != sorted(set(inputs)) or array("f", inputs).tolist() != list(inputs):
            raise DocumentInvalid(f"{path}.inputs: expected ascending float32 values, each once")
        if list(outputs) != sorted(outputs):
            raise DocumentInvalid(f"{path}.outputs: expected probabilities that never decrease")
        return cls(method, inputs, outputs)


def _numbers(document: Document, name: str) -> tuple[float, ...]:
    values = document.get(name, list)
    if not all(type(value) in (int, float) and 0 <= value <= 1 for value in values):
        raise DocumentInvalid(f"{document.path}.{name}: expected numbers from 0 to 1")
    return tuple(map(float, values))
