"""The manifest's member `output`: what the scores mean."""

from __future__ import annotations

from model_store import reserved
from model_store.documents import finite
from model_store.errors import DocumentInvalid
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.calibrator import Calibrator
    from model_store.documents import Document


class Output(Value):
    """What the scores mean. A label is given where there are labels, and for one score a threshold.

    width : scores a row. names : of the outputs of a model with several, in their order; else (). calibration : what
    the model's scores become before they are published; None: nothing.
    """

    labels: tuple[str, ...] = ()
    threshold: float | None = None
    width: int = 1
    names: tuple[str, ...] = ()
    calibration: Calibrator | None = None

    @classmethod
    def read(cls, document: Document) -> Output:
        reserved.check(document, "output", cls.__match_args__)
        output = cls(
            labels=document.strings("labels", []),
            threshold=document.optional("threshold", finite),
            width=document.get("width", int, 1),
            names=document.strings("names", []),
            calibration=document.optional("calibration", _calibrator),
        )
        if output.width < 1:
            raise DocumentInvalid(f"{document.path}.width: expected at least 1, got {output.width}")
        if output.names and (len(set(output.names)) != output.width or not all(output.names)):
            raise DocumentInvalid(f"{document.path}.names: expected {output.width} names, each once and none empty")
        if output.names and (output.labels or output.threshold is not None):
            raise DocumentInvalid(f"{document.path}: expected no labels and no threshold where outputs have names")
        if output.labels and len(output.labels) != max(2, output.width):
            raise DocumentInvalid(f"{document.path}.labels: expected {max(2, output.width)} labels")
        return output


def _calibrator(value: Any, path: str) -> Calibrator:
    from model_store.calibrator import Calibrator  # few models have one

    return Calibrator.read(value, path)
