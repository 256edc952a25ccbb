"""Golden rows: rows with the scores that the scorer's own predictor gives for them, kept in the manifest as proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_store.golden_row import GoldenRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_store.feature import Feature
    from predictors.predictor import Predictor

GOLDEN_ROWS = 32


def scores_of(predictor: Predictor, matrix: np.ndarray) -> np.ndarray:
    """Scores as the scorer computes them: float32, shape (rows, width)."""
    scores = predictor.predict(np.ascontiguousarray(matrix, dtype=np.float32).tobytes(), len(matrix))
    return np.frombuffer(scores.tobytes(), np.float32).reshape(len(matrix), -1)


def chosen(matrix: np.ndarray, features: Sequence[Feature]) -> np.ndarray:
    """The numbers of the rows to keep: the first GOLDEN_ROWS, and one with a gap for each feature with missing values.

    A feature that has no gap in any row of the matrix adds none.
    """
    gaps = np.isnan(matrix)
    more = [
        int(column.argmax())
        for feature, column in zip(features, gaps.T, strict=True)
        if feature.missing_values and column.any() and not column[:GOLDEN_ROWS].any()
    ]
    return np.unique([*range(min(len(matrix), GOLDEN_ROWS)), *more])


def golden_rows(matrix: np.ndarray, scores: np.ndarray) -> tuple[GoldenRow, ...]:
    """The rows of a float32 matrix with their scores; NaN is missing."""
    rows = []
    for row, row_scores in zip(matrix.tolist(), scores.tolist(), strict=True):
        values = tuple(None if value != value else value for value in row)
        rows.append(GoldenRow(values, tuple(row_scores)))
    return tuple(rows)
