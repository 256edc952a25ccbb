"""From an ONNX file to a verified model artifact: what it is, proved to score as ONNX Runtime's own package does."""

from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from millrace.errors import UserError
from millrace.model import import_features, onnx_file, prepared_import
from millrace.model.missing_values import MissingValues
from millrace.model.onnx_scores import TOLERANCE, agreement, compare, given_scores, output_of, prove, scored, width_of
from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.manifest import Manifest, ModelFile
from model_store.verify import verify
from predictors.onnx import MODEL_FILE, Onnx, sound_graph
from predictors.onnx.structure import GraphInterface
from records.timestamps import timestamp
from training.baseline import baseline
from training.golden import GOLDEN_ROWS, chosen, golden_rows, scores_of

if TYPE_CHECKING:
    from millrace.model.import_model import Import


@dataclass(frozen=True, slots=True)
class OnnxColumns:
    """What `import_features` asks of a model: a file of ONNX names no columns, and keeps no categories."""

    columns: int
    names: tuple[str, ...] = ()

    @property
    def categories(self) -> tuple[tuple[str, ...], ...]:
        return ((),) * self.columns

    def name_of(self, column: str) -> str:
        return column


def import_onnx(path: Path, wanted: "Import", note: Callable[[str], object]) -> Artifact:
    """Read, check and describe an ONNX file, and prove its scores.

    note : as of `import_model`. Raises UserError, and ArtifactRefused where the result does not verify.
    """
    _refuse_options(wanted)
    model, graph = onnx_file.read(path, wanted.tensor, quantized=wanted.quantized)
    if wanted.inputs is not None:
        return prepared_import.import_prepared(model, graph, wanted, note)
    frame, label = import_features.split_label(wanted.sample, wanted.label, wanted.drop)
    features = _features(graph, wanted, frame)
    sample = None if frame is None else import_features.encode(frame, features)
    rows = _made_up(features, GOLDEN_ROWS) if sample is None else sample[chosen(sample, features)]
    task, output = output_of(width_of(model, rows, graph), wanted, label, note)
    draft = Manifest(
        name=wanted.name,
        version=wanted.version,
        created_at=timestamp(datetime.now(UTC).timestamp()),
        framework=ModelFramework(Onnx.name, onnx_file.written_by(graph)),
        task=task,
        objective=None,
        features=features,
        output=output,
        file=ModelFile.of(model, MODEL_FILE),
        golden_rows=golden_rows(rows[:1], np.zeros((1, output.width))),
        quantized=wanted.quantized,
        tolerance=TOLERANCE,
    )
    found = scored(Artifact(draft, model), rows if sample is None else np.vstack([rows, sample]))
    scores, of_sample = found[: len(rows)], found[len(rows) :]
    prove(model, graph, rows, scores)
    if wanted.expected is not None:
        compare("as given", given_scores(wanted.expected, output.width, len(of_sample)), of_sample)
    _check_gaps(Artifact(draft, model), features, rows)
    if label is not None and output.labels:
        note(agreement(output, of_sample, label))
    described = {} if sample is None else baseline(features, sample, of_sample)
    artifact = Artifact(replace(draft, golden_rows=golden_rows(rows, scores), baseline=described), model)
    verify(artifact, compare=True)
    return artifact


def _refuse_options(wanted: "Import") -> None:
    if wanted.rounds:
        raise UserError(f"--rounds: expected none, an ONNX model has no boosting rounds, got {wanted.rounds}")
    if wanted.expected is not None and wanted.sample is None:
        raise UserError("--expected: expected a sample of the rows that the scores are of (--sample)")


def _features(graph: GraphInterface, wanted: "Import", frame: pl.DataFrame | None) -> tuple[Feature, ...]:
    """The listed ones, or the sample's columns, in the order of the matrix."""
    columns = onnx_file.columns(graph)
    if wanted.features is not None:
        features = import_features.from_file(wanted.features, OnnxColumns(columns))
        return MissingValues.parse(wanted.missing_values, [feature.name for feature in features]).apply(features)
    if frame is None:
        raise UserError(
            "expected a file that lists the features (--features) or a sample of data (--sample); the model has "
            f"{columns}"
        )
    gaps = MissingValues.parse(wanted.missing_values, frame.columns)
    return gaps.apply(import_features.from_sample(frame, OnnxColumns(columns), wanted.missing, gaps))


def _made_up(features: Sequence[Feature], rows: int, seed: int = 7) -> np.ndarray:
    """Rows of values of ordinary sizes, where there is no sample."""
    random = np.random.default_rng(seed)
    columns = []
    for feature in features:
        if feature.type == "float":
            columns.append(random.normal(size=rows))
        else:
            columns.append(random.integers(0, max(2, len(feature.categories)), rows).astype(np.float64))
    return np.column_stack(columns).astype(np.float32)


def _check_gaps(artifact: Artifact, features: Sequence[Feature], rows: np.ndarray) -> None:
    """Raises UserError where a feature may be missing, and the model has no score then."""
    predictor = sound_graph.read(artifact).load(1)
    for column, feature in enumerate(features):
        gap = np.where(np.isnan(rows[:1]), 0, rows[:1])
        gap[0, column] = np.nan
        if feature.allow_missing and not np.isfinite(scores_of(predictor, gap)).all():
            raise UserError(
                f"feature {feature.name!r}: may be missing, and the model gives no score then: list the features with "
                "allow_missing false (--features), or impute in the graph"
            )


def is_onnx(path: Path) -> bool:
    return path.suffix.lower() == ".onnx"
