"""A training table from captured rows and their outcomes, as they were known at a point in time.

No leakage: features are those that the model saw when it scored, and only outcomes that had arrived at `as_of` count.
Rows are in the order in which they were scored, so that the newest can be held out.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from millrace.capture import reader
from millrace.errors import UserError
from millrace.model.tables import LabelledTable
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.errors import ModelStoreError
from model_store.feature import PLAIN, Feature
from model_store.manifest import Manifest
from model_store.verify import verify

TASKS = ("binary", "multiclass", "regression")
LABEL = "outcome"


@dataclass(frozen=True, slots=True)
class StackTable:
    """A labelled table of a stack, and the champion's manifest, which events are read by.

    left_out : rows that are not in it, by reason.
    """

    table: LabelledTable
    champion: Manifest
    left_out: Mapping[str, int]


def training_table(
    stack: Stack, since: datetime, as_of: datetime, settled: timedelta, drop: Sequence[str]
) -> StackTable:
    """The rows that were scored from `since` until `settled` before `as_of`.

    settled : how long an outcome may take. Of newer rows only those would have a label whose outcome came early, which
    are not like the others. drop : features to leave out.

    Raises UserError.
    """
    store = stack.model_store()
    champion = store.manifest(_champion(store))[0]
    if champion.task not in TASKS:
        raise UserError(f"expected a champion of the tasks {', '.join(TASKS)}, got one of {champion.task}")
    left_out = Counter[str]()
    rows = _rows(
        reader.CaptureReader(stack), _Manifests(store), _features(champion, drop), since, as_of - settled, left_out
    )
    labelled = _labelled(rows, reader.outcomes(stack, since, as_of), as_of)
    codes = _codes(champion, labelled["label"], labelled["number"])
    left_out["no outcome yet"] += int((labelled["label"].is_null() & labelled["number"].is_null()).sum())
    known = np.isfinite(codes)
    left_out["an outcome that the model does not know"] += int((~known).sum()) - left_out["no outcome yet"]
    if not known.any():
        raise UserError(
            f"expected captured rows with outcomes from {since:%Y-%m-%d %H:%M}, got none: "
            + ", ".join(f"{count} with {reason}" for reason, count in left_out.items() if count)
        )
    features = _features(champion, drop)
    matrix = labelled.select([f"f{i}" for i in range(len(features))]).to_numpy().astype(np.float32)[known]
    classes = _classes(champion)
    table = LabelledTable(features, matrix, codes[known], classes, champion.task, LABEL, int((~known).sum()))
    return StackTable(table, champion, {reason: count for reason, count in left_out.items() if count})


def reads_as(artifact: Artifact, champion: Manifest) -> Artifact:
    """A trained artifact that reads the champion's events, and writes predictions in its form."""
    own = {feature.name: feature for feature in champion.features}
    features = tuple(own[feature.name] for feature in artifact.manifest.features)
    manifest = replace(artifact.manifest, features=features, event=champion.event, prediction=champion.prediction)
    again = Artifact(Manifest.from_bytes(manifest.to_bytes()), artifact.model)
    verify(again)
    return again


def _champion(store: object) -> str:
    from millrace.model import catalogue

    return catalogue.released(store).champion.version  # type: ignore[arg-type]


def _features(champion: Manifest, drop: Sequence[str]) -> tuple[Feature, ...]:
    """The champion's features whose values are captured."""
    names = [feature.name for feature in champion.features]
    for name in drop:
        if name not in names:
            raise UserError(f"--drop: expected one of {', '.join(names)}, got {name!r}")
    found = tuple(f for f in champion.features if f.capture == PLAIN and f.name not in drop)
    if not found:
        raise UserError("expected at least one feature whose values are captured, got none")
    return found


class _Manifests:
    """The manifests of the versions that scored; None for one that is not there."""

    def __init__(self, store: object) -> None:
        self._store, self._known = store, dict[str, Manifest | None]()

    def __call__(self, version: str) -> Manifest | None:
        if version not in self._known:
            try:
                self._known[version] = self._store.manifest(version)[0]  # type: ignore[attr-defined]
            except ModelStoreError:
                self._known[version] = None
        return self._known[version]


def _rows(
    captured: reader.CaptureReader,
    manifests: Callable[[str], Manifest | None],
    features: Sequence[Feature],
    since: datetime,
    until: datetime,
    left_out: Counter[str],
) -> pl.DataFrame:
    """Each row once, in the order of scoring: ids, and the features as columns f0, f1 …"""
    frames = []
    for frame in captured.frames(since, until):
        frame = frame.filter(pl.col("scored_at").is_between(pl.lit(_text(since)), pl.lit(_text(until))))
        if not frame.height:
            continue
        version = frame["version"][0]
        values = frame["features"].struct.unnest() if "features" in frame.columns else pl.DataFrame()
        columns = _columns(values, manifests(version), features)
        if columns is None:
            left_out[f"other features (version {version})"] += frame.height
            continue
        frames.append(frame.select("prediction_id", "event_id", "scored_at").with_columns(columns))
    if not frames:
        raise UserError(
            f"expected rows captured from {since:%Y-%m-%d %H:%M}, got none: is the champion scoring events?"
        )
    return (
        pl.concat(frames).sort("scored_at", "prediction_id").unique("prediction_id", keep="first", maintain_order=True)
    )


def _columns(values: pl.DataFrame, manifest: Manifest | None, features: Sequence[Feature]) -> list[pl.Series] | None:
    """The values of the champion's features, in its codes; None where this version had others."""
    own = {feature.name: feature for feature in manifest.features} if manifest else {}
    columns = []
    for i, feature in enumerate(features):
        there = own.get(feature.name)
        if there is None or there.type != feature.type or there.capture != PLAIN or feature.name not in values.columns:
            return None
        column = values[feature.name]
        if there.categories != feature.categories:
            column = _recoded(column, there.categories, feature.categories)
        columns.append(column.alias(f"f{i}"))
    return columns


def _recoded(column: pl.Series, was: Sequence[str], now: Sequence[str]) -> pl.Series:
    """Codes of other categories; one that the champion does not have is missing."""
    codes = {float(i): float(now.index(text)) if text in now else float("nan") for i, text in enumerate(was)}
    return pl.Series([codes.get(value, float("nan")) for value in column], dtype=pl.Float32)


def _labelled(rows: pl.DataFrame, outcomes: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The rows with `label` and `number` of the outcome that counts: by prediction id before event id, the last one.

    As the evaluator does (docs/evaluation.md). What had not arrived at `as_of` is not there.
    """
    rank = ["observed_at", "arrived_at", "position"]
    known = outcomes.filter(pl.col("arrived_at") <= pl.lit(as_of.replace(tzinfo=None))).sort(rank)
    value = ["label", "number"]
    by_id = known.filter(pl.col("prediction_id") != "").unique("prediction_id", keep="last")
    by_event = known.filter((pl.col("prediction_id") == "") & (pl.col("event_id") != "")).unique(
        "event_id", keep="last"
    )
    joined = rows.join(by_id.select("prediction_id", *value), on="prediction_id", how="left", maintain_order="left")
    joined = joined.join(
        by_event.select("event_id", *(pl.col(name).alias(f"{name}_of_event") for name in value)),
        on="event_id",
        how="left",
        maintain_order="left",
    )
    has_own = pl.col("label").is_not_null() | pl.col("number").is_not_null()
    return joined.with_columns(
        pl.when(has_own).then(pl.col(name)).otherwise(pl.col(f"{name}_of_event")).alias(name) for name in value
    )


def _classes(champion: Manifest) -> tuple[str, ...]:
    if champion.task == "regression":
        return ()
    return champion.output.labels or tuple(str(code) for code in range(max(2, champion.output.width)))


def _codes(champion: Manifest, label: pl.Series, number: pl.Series) -> np.ndarray:
    """The label of each row as the model is trained on it; NaN where there is none, or the model does not know it."""
    numbers = number.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if champion.task == "regression":
        return numbers
    classes = _classes(champion)
    codes = {name: float(code) for code, name in enumerate(classes)}
    texts = np.array([codes.get(text, np.nan) if text is not None else np.nan for text in label])
    valid = np.isin(numbers, np.arange(len(classes)))
    return np.where(np.isnan(texts), np.where(valid, numbers, np.nan), texts)


def _text(time: datetime) -> str:
    from records.timestamps import timestamp

    return timestamp(time.timestamp())
