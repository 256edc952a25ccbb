"""One row of the tensor that a graph takes: of the matrix of features, or of what prepares texts and images."""

from __future__ import annotations

import math
from array import array

from predictors.onnx import tensors
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inputs.preparation import Preparation
    from model_store.manifest import Manifest


class RowTensor(Value):
    """element : the name of the elements' type; kind : its number in ONNX. shape : of one row. size : its bytes.

    rows_a_run : the most rows in one run; 1: each by itself; 0: as suits a matrix.
    """

    element: str
    kind: int
    shape: tuple[int, ...]
    size: int
    rows_a_run: int

    @classmethod
    def of(cls, manifest: Manifest) -> RowTensor:
        if manifest.preparation is not None:
            return cls.prepared(manifest.preparation)
        return cls("float32", tensors.FLOAT, (len(manifest.features),), 4 * len(manifest.features), 0)

    @classmethod
    def prepared(cls, prepared: Preparation) -> RowTensor:
        from inputs.steps import ELEMENTS

        letter, kind = ELEMENTS[prepared.element]
        size = array(letter).itemsize * math.prod(prepared.shape)
        return cls(prepared.element, kind, prepared.shape, size, prepared.rows_a_run)

    def __str__(self) -> str:
        return f"{self.element} [{', '.join(map(str, ('n', *self.shape)))}]"
