"""The manifest's members `golden_rows` and `tolerance`: scores that the model must give, and how exactly."""

from __future__ import annotations

import math
import struct

from model_store.documents import finite
from model_store.errors import DocumentInvalid
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from inputs.preparation import Preparation
    from model_store.documents import Document

MAX_TOLERANCE = 0.01


class Tolerance(Value):
    """How far golden scores may be from what the model gives: within `relative` or within `absolute`.

    `absolute` is for scores near 0 among larger ones. Where all expected scores are below 1, it shrinks in proportion
    to the largest of them: a model of tiny probabilities must still agree in its leading digits.
    """

    relative: float = 1e-6
    absolute: float = 1e-6

    def first_beyond(self, expected: Sequence[float], found: Sequence[float]) -> int | None:
        """The index of the first score that differs by more, or that is not finite; None where there is none."""
        absolute = self.absolute * min(1.0, max(map(abs, expected), default=0.0))
        for i, (want, got) in enumerate(zip(expected, found, strict=True)):
            if not math.isfinite(got) or not math.isclose(want, got, rel_tol=self.relative, abs_tol=absolute):
                return i
        return None

    @classmethod
    def read(cls, document: Document) -> Tolerance:
        document.only(cls.__match_args__)
        tolerance = cls(document.get("relative", float, 1e-6), document.get("absolute", float, 1e-6))
        for name in cls.__match_args__:
            if not 0 <= (found := getattr(tolerance, name)) <= MAX_TOLERANCE:
                raise DocumentInvalid(f"{document.path}.{name}: expected 0 to {MAX_TOLERANCE:g}, got {found:g}")
        return tolerance


class GoldenRow(Value):
    """The float32 inputs of a row (None is missing) and the scores that the model gave for it when it was made.

    Of a text or an image: the value, as an event has it. prepared : SHA-256 of its row, in hexadecimal; else "".
    """

    inputs: tuple[Any, ...]
    scores: tuple[float, ...]
    prepared: str = ""

    @classmethod
    def read(cls, document: Document, preparation: Preparation | None = None) -> GoldenRow:
        if preparation is not None:
            document.only(cls.__match_args__)
            scores = [finite(v, f"{document.path}.scores") for v in document.get("scores", list)]
            return cls(tuple(document.get("inputs", list)), tuple(scores), document.get("prepared", str))
        document.only(("inputs", "scores"))
        row = [None if v is None else finite(v, f"{document.path}.inputs") for v in document.get("inputs", list)]
        scores = [finite(v, f"{document.path}.scores") for v in document.get("scores", list)]
        golden = cls(tuple(row), tuple(scores))
        try:
            golden.packed()
        except OverflowError:
            raise DocumentInvalid(f"{document.path}.inputs: expected numbers that float32 can hold") from None
        return golden

    def written(self) -> dict[str, Any]:
        """As it is in a manifest."""
        members = {"inputs": list(self.inputs), "scores": list(self.scores)}
        return members | ({"prepared": self.prepared} if self.prepared else {})

    def packed(self) -> bytes:
        """The row as float32, in the machine's byte order."""
        return struct.pack(f"={len(self.inputs)}f", *(math.nan if v is None else v for v in self.inputs))
