"""Two versions side by side: what they read, what they measured, and how they score the same rows."""

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest
from model_store.verify import verify
from records.values import as_dict
from scoring.predictions import label_of

if TYPE_CHECKING:
    from predictors.predictor import Predictor


class Incomparable(Exception):
    """The rows of one version cannot be given to the other; the message says why."""


def diff(a: Artifact, b: Artifact) -> dict[str, Any]:
    """The differences between two artifacts, each verified first. Raises ArtifactRefused."""
    predictors = verify(a), verify(b)
    one, other = a.manifest, b.manifest
    return {
        "a": one.version,
        "b": other.version,
        "features": _features(one, other),
        "metrics": {
            name: {"a": one.metrics.get(name), "b": other.metrics.get(name)}
            for name in sorted(one.metrics.keys() | other.metrics.keys())
        },
        **{name: {"a": of(one), "b": of(other)} for name, of in MEMBERS.items()},
        "golden_rows": {
            "a": _scored(one.golden_rows, one, (one, other), predictors),
            "b": _scored(other.golden_rows, other, (one, other), predictors),
        },
    }


MEMBERS: dict[str, Callable[[Manifest], Any]] = {
    "created_at": lambda manifest: manifest.created_at,
    "framework": lambda manifest: manifest.framework.described,
    "task": lambda manifest: manifest.task,
    "objective": lambda manifest: manifest.objective,
    "rounds": lambda manifest: manifest.rounds,
    "labels": lambda manifest: list(manifest.output.labels),
    "threshold": lambda manifest: manifest.output.threshold,
    "calibration": lambda manifest: manifest.output.calibration and manifest.output.calibration.method,
    "event_id": lambda manifest: manifest.event.event_id,
    "size": lambda manifest: manifest.file.size,
}


def _features(a: Manifest, b: Manifest) -> dict[str, Any]:
    mine, theirs = ({feature.name: feature for feature in manifest.features} for manifest in (a, b))
    common = [name for name in mine if name in theirs]
    return {
        "added": [name for name in theirs if name not in mine],
        "removed": [name for name in mine if name not in theirs],
        "changed": {name: _changed(mine[name], theirs[name]) for name in common if mine[name] != theirs[name]},
        "order_changed": common != [name for name in theirs if name in mine],
    }


def _changed(mine: Feature, theirs: Feature) -> dict[str, Any]:
    pairs = zip(as_dict(mine).items(), as_dict(theirs).values(), strict=True)
    return {member: {"a": a, "b": b} for (member, a), b in pairs if a != b}


def _scored(
    rows: Sequence[GoldenRow],
    source: Manifest,
    manifests: tuple[Manifest, Manifest],
    predictors: "tuple[Predictor, Predictor]",
) -> dict[str, Any]:
    """Both models' scores of the same rows, or why they cannot be compared."""
    if manifests[0].output.width != manifests[1].output.width:
        return {"rows": len(rows), "why_not": "the models give another number of scores"}
    try:
        a, b = (
            _predict(predictor, [_row(row, source, manifest) for row in rows])
            for predictor, manifest in zip(predictors, manifests, strict=True)
        )
    except Incomparable as reason:
        return {"rows": len(rows), "why_not": str(reason)}
    differences = [abs(x - y) for x, y in zip(a, b, strict=True)]
    labels = [list(_labels(manifest, scores)) for manifest, scores in zip(manifests, (a, b), strict=True)]
    return {
        "rows": len(rows),
        "mean_a": math.fsum(a) / len(a),
        "mean_b": math.fsum(b) / len(b),
        "mean_difference": math.fsum(differences) / len(differences),
        "largest_difference": max(differences),
        "labels_changed": sum(x != y for x, y in zip(*labels, strict=True)),
    }


def _predict(predictor: "Predictor", rows: Sequence[Sequence[float]]) -> Sequence[float]:
    matrix = b"".join(struct.pack(f"={len(row)}f", *row) for row in rows)
    return predictor.predict(matrix, len(rows))


def _labels(manifest: Manifest, scores: Any) -> Iterator[str | None]:
    width = manifest.output.width
    return (label_of(manifest.output, scores[i : i + width]) for i in range(0, len(scores), width))


def _row(row: GoldenRow, source: Manifest, target: Manifest) -> list[float]:
    """A row of one model in the columns of another, by the features' names and the categories' names."""
    values = {feature.name: (feature, value) for feature, value in zip(source.features, row.inputs, strict=True)}
    return [_value(feature, *values.get(feature.name, (None, None))) for feature in target.features]


def _value(feature: Feature, source: Feature | None, value: float | None) -> float:
    if source is not None and (source.type == "category") != (feature.type == "category"):
        raise Incomparable(f"{feature.name} is a {source.type} here and a {feature.type} there")
    if value is None or source is None:
        if not feature.allow_missing:
            raise Incomparable(f"{feature.name} has no value here, and must have one there")
        return math.nan
    if feature.type != "category":
        return value
    category = source.categories[int(value)] if value in range(len(source.categories)) else None
    if category in feature.categories:
        return float(feature.categories.index(category))
    if feature.unknown_category == "missing":
        return math.nan
    raise Incomparable(f"{feature.name} has a category here that it does not know there")
