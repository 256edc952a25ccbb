"""What the training data looked like: the baseline that drift is measured against later."""

from __future__ import annotations

from copy import replace
from typing import TYPE_CHECKING

import numpy as np

from evaluation.drift import Window
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused, DocumentInvalid
from predictors.errors import ModelNotLoaded, NoAttributions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from model_store.feature import Feature
    from model_store.manifest import Manifest
    from predictors.predictor import Predictor

BINS = 10
ATTRIBUTED = 1_000  # rows, at most


def check(manifest: Manifest) -> None:
    """Raises ArtifactRefused, with the member's path, for a baseline by which drift cannot be counted; none is fine.

    The scorer itself does not refuse it: it scores, and measures no drift.
    """
    try:
        if manifest.baseline:
            Window(manifest)
    except DocumentInvalid as invalid:
        raise ArtifactRefused("baseline", str(invalid)) from None


def baseline(features: Sequence[Feature], matrix: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """A histogram of every feature and of the scores; shapes (rows, features) and (rows, width)."""
    histograms = {}
    for feature, values in zip(features, matrix.T, strict=True):
        column = values.astype(np.float64)
        if feature.type in ("category", "bool"):
            histograms[feature.name] = _counts(column, max(2, len(feature.categories)))
        else:
            histograms[feature.name] = _histogram(column)
    return {"rows": len(matrix), "features": histograms, "scores": [_histogram(s) for s in scores.T]}


def with_attributions(artifact: Artifact, predictor: Predictor, matrix: np.ndarray) -> Artifact:
    """The artifact with the mean absolute attribution of each feature in its baseline: what drove scores in training.

    Of many classes, that of the top one counts, as in predictions. matrix : rows × features, float32; a sample of its
    rows is explained. Nothing is added where the model has no attributions.
    """
    rows = np.ascontiguousarray(matrix[np.unique(np.linspace(0, len(matrix) - 1, ATTRIBUTED).astype(int))])
    try:
        _, values = predictor.attribute(rows.tobytes(), len(rows))
    except (NoAttributions, ModelNotLoaded):  # such as leaves that are vectors, which XGBoost does not explain
        return artifact
    scores = np.array(predictor.predict(bytearray(rows.tobytes()), len(rows))).reshape(len(rows), -1)
    found = np.array(values).reshape(len(rows), scores.shape[1], -1)[np.arange(len(rows)), scores.argmax(axis=1), :-1]
    found = found[np.isfinite(found).all(axis=1)]
    if not len(found):
        return artifact
    names = [feature.name for feature in artifact.manifest.features]
    means = {name: float(f"{mean:.6g}") for name, mean in zip(names, np.abs(found).mean(axis=0), strict=True)}
    manifest = replace(artifact.manifest, baseline=artifact.manifest.baseline | {"attributions": means})
    return Artifact(manifest, artifact.model)


def _counts(column: np.ndarray, size: int) -> dict[str, Any]:
    present = column[~np.isnan(column)].astype(np.int64)
    return {"counts": np.bincount(present, minlength=size).tolist(), "missing": _missing(column)}


def _histogram(column: np.ndarray) -> dict[str, Any]:
    """Counts between the column's own quantiles, at most BINS of them."""
    present = column[~np.isnan(column)].astype(np.float64)
    if not len(present):
        return {"edges": [], "counts": [], "missing": _missing(column)}
    edges = _edges(present)
    counts = np.histogram(present, edges)[0] if len(edges) > 1 else np.array([len(present)])
    return {"edges": edges.tolist(), "counts": counts.tolist(), "missing": _missing(column)}


def _edges(present: np.ndarray) -> np.ndarray:
    """The quantiles, each once. A value that is several of them gets a bin of its own.

    Otherwise its bin would reach up to the next quantile; where most rows have that value, over the whole range, and
    whatever happened in there would stay unseen. The bin ends at the next float32: no value is between the two.
    """
    edges, times = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)), return_counts=True)
    if len(edges) == 1:
        return edges
    heavy = edges[times > 1].astype(np.float32)
    # The last bin has both of its edges, so that of the greatest value begins just below it.
    toward = np.where(heavy == edges[-1], -np.inf, np.inf).astype(np.float32)
    return np.union1d(edges, np.nextafter(heavy, toward).astype(np.float64))


def _missing(column: np.ndarray) -> int:
    return int(np.isnan(column).sum())
