"""What an import understood of a model file, for a person to look over."""

import json

from millrace.shortened import shortened
from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.manifest import Manifest

MOST_LABELS = 20


def summary(artifact: Artifact) -> list[str]:
    """What was understood of the file, for a person to look over."""
    manifest = artifact.manifest
    lines = [
        _first_line(manifest),
        *(f"{number} {feature.name}: {_described(feature)}" for number, feature in enumerate(manifest.features)),
    ]
    if manifest.output.labels:
        at = "" if manifest.output.threshold is None else f", the second from {manifest.output.threshold:g} on"
        lines.append(f"labels {shortened(manifest.output.labels, MOST_LABELS)}{at}")
    if manifest.output.calibration:
        lines.append(f"scores calibrated: {manifest.output.calibration.method}")
    if manifest.preparation is not None:
        lines.append(f"prepared: {json.dumps(manifest.preparation.written()[0])}")
    lines.append(
        "missing values: null and absence"
        + ", and those that the features list" * any(feature.missing_values for feature in manifest.features)
        + "; the file does not keep the model's `missing` parameter, which --missing-value states"
        * (manifest.objective is not None)
    )
    if manifest.output.names:
        lines.append(f"outputs {', '.join(manifest.output.names)}")
    made_up = "values of ordinary sizes" if manifest.objective is None else "values around the splits"
    sampled = manifest.baseline or manifest.preparation
    lines.append(f"golden rows: {len(manifest.golden_rows)}, from {'the sample' if sampled else made_up}")
    return lines + [f"{metric} {value:.4f}" for metric, value in manifest.metrics.items()]


def _first_line(manifest: Manifest) -> str:
    """The kind of model, and what wrote it."""
    if manifest.objective is None:
        return f"{manifest.task}, {manifest.framework.described}" + ", quantized" * manifest.quantized
    rounds = f"the first {manifest.rounds}" if manifest.rounds else "all"
    written = _written_by(manifest.framework)
    return f"{manifest.objective} ({manifest.task}), written by {written}, boosting rounds that count: {rounds}"


def _written_by(framework: ModelFramework) -> str:
    origin = framework.origin
    if origin is None:
        return f"XGBoost {framework.version}"
    return f"LightGBM (format {origin.version}, {origin.objective}) and converted"


def _described(feature: Feature) -> str:
    known = f" ({shortened(feature.categories)})" * bool(feature.categories)
    values = f", as is {' or '.join(json.dumps(value) for value in feature.missing_values)}"
    may = "may" if feature.allow_missing else "must not"
    return f"{feature.type}{known}, {may} be missing{values if feature.missing_values else ''}"
