"""From a plain model file to a verified model artifact: of XGBoost or LightGBM here, of ONNX in `onnx_import`."""

import math
import shlex
from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import xgboost as xgb

from millrace.errors import UserError
from millrace.model import calibrate, import_features, import_file, import_rounds, onnx_import
from millrace.model.import_file import PlainModel
from millrace.model.import_golden import rows_around_splits
from millrace.model.label import check_distinct, class_names, codes_of
from millrace.model.missing_values import MissingValues
from model_store import names
from model_store.artifact import Artifact
from model_store.calibrator import Calibrator
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.golden_row import Tolerance
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from model_store.verify import verify
from predictors.xgboost import UBJ_FILE, XGBoost
from predictors.xgboost.booster import Booster
from records.timestamps import timestamp
from training.baseline import baseline, with_attributions
from training.boosting import METRICS, OBJECTIVES, metrics
from training.golden import GOLDEN_ROWS, chosen, golden_rows, scores_of

# From which score on a binary model says its second label: a probability, a logit, or the class itself.
THRESHOLDS = {"binary:logistic": 0.5, "binary:logitraw": 0.0, "binary:hinge": 0.5}
PROBABILITIES = ("binary:logistic", "binary:hinge")  # scores from 0 to 1


@dataclass(frozen=True, slots=True)
class Import:
    """What to make of a model file.

    features : a file that lists the features (import_features.from_file); else they are derived from the sample.
    sample : rows of data as the model was trained on, for golden rows and the baseline.
    label, drop : columns of the sample that are no features.
    missing : `seen` or `always`, as in training; only where features are derived from the sample.
    threshold, labels : of the output; the usual threshold, and the label column's values, where they are left out.
    missing_values : what counts as missing in addition to null, as MissingValues.parse reads it. A number for all
        features is XGBoost's parameter `missing`, which no model file keeps.
    outputs : the names of the outputs of a model with several.
    rounds : which boosting rounds count (import_rounds.rounds_to_count).
    tensor, quantized, expected : of ONNX files: the output with the scores, whether integer operators are accepted, and
        the scores that the exporting library gives for the sample.
    calibrate : how scores are calibrated, on the sample; None: not.
    inputs : of ONNX files that take texts or images: a file with a manifest's `inputs`.
    """

    name: str
    version: str
    features: Path | None = None
    sample: pl.DataFrame | None = None
    label: str | None = None
    drop: Sequence[str] = ()
    missing: str = "seen"
    threshold: float | None = None
    labels: tuple[str, ...] = ()
    rounds: str = import_rounds.AS_SAVED
    missing_values: Sequence[str] = ()
    outputs: tuple[str, ...] = ()
    tensor: str = ""
    quantized: bool = False
    expected: pl.DataFrame | None = None
    calibrate: str | None = None
    inputs: Path | None = None


def import_model(path: Path, wanted: Import, note: Callable[[str], object] = lambda _: None) -> Artifact:
    """Read a model file, convert it, prove that it scores as before, and describe it.

    note : called with each sentence about a choice that the operator may want to make in another way.
    Raises UserError, and ArtifactRefused where the result does not verify.
    """
    names.check(wanted.name, "--name")
    names.check(wanted.version, "--version")
    if wanted.missing not in ("seen", "always"):
        raise UserError(f"--missing: expected seen or always, got {wanted.missing!r}")
    if onnx_import.is_onnx(path):
        calibrate.check(wanted.calibrate, "binary", "ONNX")
        return onnx_import.import_onnx(path, wanted, note)
    _refuse_options_of_onnx(wanted)
    plain = import_file.read(path)
    frame, label = import_features.split_label(wanted.sample, wanted.label, wanted.drop)
    features = _features(plain, wanted, frame)
    # A sample's first rows may all be alike.
    sample = None if frame is None else import_features.encode(frame.sample(fraction=1, shuffle=True, seed=7), features)
    rounds = import_rounds.rounds_to_count(plain.learner, wanted.rounds)
    booster = Booster(plain.model, rounds=rounds)
    rows = (
        rows_around_splits(plain.learner, features, GOLDEN_ROWS) if sample is None else sample[chosen(sample, features)]
    )
    output = _output(plain, wanted, label)
    codes = _codes(label, output)
    calibrator = _calibrator(plain, wanted, booster, features, frame, codes)
    for line in import_rounds.consequence(
        plain.learner, plain.model, rounds, rows if sample is None else sample, output
    ):
        note(line)
    if plain.lightgbm:
        plain.lightgbm.check(plain.original, rounds, rows if sample is None else np.vstack([rows, sample]))
        for line in plain.lightgbm.notes(features):
            note(line)
    manifest = Manifest(
        name=wanted.name,
        version=wanted.version,
        created_at=timestamp(datetime.now(UTC).timestamp()),
        framework=ModelFramework(
            XGBoost.name, plain.xgboost_version, plain.lightgbm.origin if plain.lightgbm else None
        ),
        task=plain.task,
        objective=plain.objective,
        features=features,
        output=replace(output, calibration=calibrator),
        file=ModelFile.of(plain.model, UBJ_FILE),
        golden_rows=golden_rows(
            rows, calibrated(calibrator, _proved(plain, rounds, rows, _finite(scores_of(booster, rows))))
        ),
        rounds=rounds,
        metrics={} if frame is None or label is None else _metrics(plain, rounds, features, frame, label, codes),
        baseline={}
        if sample is None
        else baseline(features, sample, calibrated(calibrator, _finite(scores_of(booster, sample)))),
    )
    artifact = Artifact(manifest, plain.model)
    predictor = verify(artifact, compare=True)
    return artifact if sample is None else with_attributions(artifact, predictor, sample)


def _refuse_options_of_onnx(wanted: Import) -> None:
    given = {
        "--tensor": wanted.tensor, "--quantized": wanted.quantized, "--expected": wanted.expected is not None,
        "--inputs": wanted.inputs is not None,
    }  # fmt: skip
    if unfit := [option for option, value in given.items() if value]:
        raise UserError(f"{unfit[0]}: expected an ONNX model (a file named *.onnx)")


def _features(plain: PlainModel, wanted: Import, frame: pl.DataFrame | None) -> tuple[Feature, ...]:
    features = _listed_features(plain, wanted, frame)
    return plain.lightgbm.with_zeros(features) if plain.lightgbm else features


def _listed_features(plain: PlainModel, wanted: Import, frame: pl.DataFrame | None) -> tuple[Feature, ...]:
    if wanted.features is not None:
        features = import_features.from_file(wanted.features, plain)
        gaps = MissingValues.parse(wanted.missing_values, [feature.name for feature in features])
        return gaps.apply(features, codes=True)
    if frame is not None:
        gaps = MissingValues.parse(wanted.missing_values, frame.columns)
        return gaps.apply(import_features.from_sample(frame, plain, wanted.missing, gaps), codes=True)
    known = f"; the model names them {', '.join(plain.names)}" if plain.names else f"; the model has {plain.columns}"
    raise UserError(f"expected a file that lists the features (--features) or a sample of data (--sample){known}")


def _output(plain: PlainModel, wanted: Import, label: pl.Series | None) -> Output:
    labels = wanted.labels
    if plain.outputs > 1:
        return _named_outputs(plain, wanted)
    if wanted.outputs:
        raise UserError(f"--outputs: expected none, the model has one output, got {', '.join(wanted.outputs)}")
    if plain.task not in ("binary", "multiclass"):
        if labels or wanted.threshold is not None:
            raise UserError(f"labels and threshold: expected none, {plain.objective} predicts no classes")
        return Output(width=plain.width)
    if len(set(labels)) != len(labels) or not all(labels):
        raise UserError(f"labels: expected each once, and none empty, got {', '.join(labels)}")
    if wanted.threshold is not None and not _reachable(plain.objective, wanted.threshold):
        scale = "from 0 to 1" if plain.objective in PROBABILITIES else "that is finite"
        raise UserError(f"threshold: expected a number {scale} for {plain.objective}, got {wanted.threshold:g}")
    if not labels and label is not None:
        labels = class_names(label)
    if labels and len(labels) != max(2, plain.width):
        raise UserError(f"labels: expected {max(2, plain.width)}, got {len(labels)}: {', '.join(labels[:5])}")
    if plain.task == "multiclass":
        if wanted.threshold is not None:
            raise UserError("threshold: expected none with more than two classes, the most likely one is the label")
        return Output(labels, None, plain.width)
    threshold = THRESHOLDS[plain.objective] if wanted.threshold is None else wanted.threshold
    return Output(labels, threshold, plain.width)


def _codes(label: pl.Series | None, output: Output) -> np.ndarray | None:
    if label is None or not output.labels:
        return None
    check_distinct(label)
    return codes_of(label, output.labels)


def _named_outputs(plain: PlainModel, wanted: Import) -> Output:
    """Names for targets, labels or quantiles: those given, or by quantile or number."""
    if wanted.labels or wanted.threshold is not None:
        raise UserError(
            f"labels and threshold: expected none, the model has {plain.outputs} outputs; name them (--outputs)"
        )
    numbered = [f"output_{number}" for number in range(plain.outputs)]
    names = wanted.outputs or tuple(f"q{alpha}" for alpha in plain.quantiles) or tuple(numbered)
    if len(set(names)) != plain.outputs or len(names) != plain.outputs or not all(names):
        raise UserError(f"--outputs: expected {plain.outputs} names, each once, got {', '.join(names)}")
    return Output(width=plain.outputs, names=names)


def _reachable(objective: str, threshold: float) -> bool:
    return 0 <= threshold <= 1 if objective in PROBABILITIES else math.isfinite(threshold)


def _finite(scores: np.ndarray) -> np.ndarray:
    if not np.isfinite(scores).all():
        raise UserError("the model: expected finite scores, got infinity or NaN for ordinary rows")
    return scores


def _proved(plain: PlainModel, rounds: int, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The scores, if XGBoost's own Python predicts them from the file as it was. Raises UserError."""
    matrix = xgb.DMatrix(rows, feature_names=list(plain.names) or None, feature_types=plain.original.feature_types)
    expected = plain.original.predict(matrix, iteration_range=(0, rounds)).reshape(len(rows), -1)
    if Tolerance().first_beyond(expected.ravel().tolist(), scores.ravel().tolist()) is not None:
        worst = np.abs(expected - scores).max()
        raise UserError(f"the converted model: expected the scores of the file as it was, they differ by up to {worst}")
    return scores


def _metrics(
    plain: PlainModel,
    rounds: int,
    features: Sequence[Feature],
    frame: pl.DataFrame,
    label: pl.Series,
    codes: np.ndarray | None,
) -> dict[str, float]:
    """XGBoost's own metrics on the sample, for the objectives that `train` has metrics for."""
    if OBJECTIVES.get(plain.task) != plain.objective:
        return {}
    truth = _numbers(label) if codes is None else codes
    booster = plain.original[:rounds] if rounds else plain.original.copy()
    booster.set_param([("eval_metric", metric) for metric in METRICS[plain.task]])
    matrix = import_features.encode(frame, features)
    types = plain.original.feature_types
    return metrics(booster, xgb.DMatrix(matrix, truth, feature_names=list(plain.names) or None, feature_types=types))


def _calibrator(
    plain: PlainModel,
    wanted: Import,
    booster: Booster,
    features: Sequence[Feature],
    frame: pl.DataFrame | None,
    codes: np.ndarray | None,
) -> Calibrator | None:
    calibrate.check(wanted.calibrate, plain.task, plain.objective)
    if wanted.calibrate is None:
        return None
    if frame is None or codes is None:
        raise UserError("--calibrate: expected --sample with rows the model was not trained on, and --label; add them")
    scores = _finite(scores_of(booster, import_features.encode(frame, features)))
    return calibrate.fit(wanted.calibrate, scores, codes)


def calibrated(calibrator: Calibrator | None, scores: np.ndarray) -> np.ndarray:
    return scores if calibrator is None else calibrate.applied(calibrator, scores)


def _numbers(label: pl.Series) -> np.ndarray:
    """The label of a regression. Raises UserError where it is not numbers."""
    readable = label.dtype.is_numeric() or label.dtype in (pl.String, pl.Boolean)
    numbers = label.cast(pl.Float32, strict=False) if readable else pl.Series([None] * len(label), dtype=pl.Float32)
    wrong = label.filter(~numbers.is_finite().fill_null(False))
    if len(wrong):
        got = wrong[0] if readable else label.dtype
        raise UserError(
            f"label {label.name!r}: expected finite numbers, which a model by regression predicts, got {got!r}; "
            f"name the column that was predicted, or --drop {shlex.quote(label.name)} in place of --label"
        )
    return numbers.to_numpy()
