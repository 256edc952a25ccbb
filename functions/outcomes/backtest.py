"""The verdict on a candidate by past events: both versions' predictions of the same events, with what happened."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from evaluation.comparison import NoVerdict, compare, primary_metric
from evaluation.errors import ValueRefused
from evaluation.multiclass import Multiclass
from evaluation.quality import NoQuality, quality_of
from outcomes.verdict import ComparedVerdict
from records.timestamps import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from evaluation.comparison import Comparison
    from model_store.manifest import Manifest

type OutcomeValue = str | int | float


@dataclass(slots=True)
class Happened:
    """The last observed outcome of each prediction and each event; one of a prediction takes precedence."""

    by_prediction: dict[str, tuple[float, OutcomeValue]] = field(default_factory=dict)
    by_event: dict[str, tuple[float, OutcomeValue]] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, document: Any, observed_at: str) -> None:
        """An outcome as docs/contracts.md has it. observed_at : if the document does not say."""
        value = document.get("outcome") if isinstance(document, dict) else None
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, str | int | float):
            self.unreadable += 1
            return
        try:
            at = _seconds(document.get("observed_at") or observed_at)
        except (TypeError, ValueError):
            self.unreadable += 1
            return
        for name, found in (("prediction_id", self.by_prediction), ("event_id", self.by_event)):
            if (key := document.get(name)) is not None:
                if str(key) not in found or found[str(key)][0] <= at:
                    found[str(key)] = at, value
                return
        self.unreadable += 1

    def of(self, prediction: dict[str, Any]) -> OutcomeValue | None:
        found = self.by_prediction.get(prediction["prediction_id"])
        if found is None and (event_id := prediction.get("event_id")) is not None:
            found = self.by_event.get(str(event_id))
        return None if found is None else found[1]

    def lines(self) -> Iterator[bytes]:
        """As lines of JSON, which `add` reads."""
        for name, found in (("prediction_id", self.by_prediction), ("event_id", self.by_event)):
            for key, (at, value) in found.items():
                document = {name: key, "outcome": value, "observed_at": timestamp(at)}
                yield json.dumps(document).encode() + b"\n"


def _seconds(moment: str) -> float:
    """Since the epoch, of a time in ISO 8601, UTC by default; none is before all others. Raises ValueError."""
    if not moment:
        return 0.0
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True)
class VersionOutcomes:
    """One version's part: predictions, and how many have an outcome; refused : outcomes that the model cannot have."""

    version: str
    predictions: int
    outcomes: int
    refused: int


@dataclass(frozen=True, slots=True)
class BacktestVerdict(ComparedVerdict):
    """comparison : None where nothing can be compared, and `note` says why."""

    champion: VersionOutcomes
    candidate: VersionOutcomes
    comparison: Comparison | None
    note: str = ""

    @property
    def fewer(self) -> bool:
        """Whether the candidate could not predict all that the champion did: it refused the other events."""
        return self.candidate.predictions < self.champion.predictions

    def line(self) -> str:
        if not self.fewer:
            return self._compared()
        ours, theirs = self.champion, self.candidate
        counts = f"{theirs.version} predicted {theirs.predictions:,} of the events, {ours.version} {ours.predictions:,}"
        return f"{counts}; {self._compared()}"

    def _compared(self) -> str:
        found = self.comparison
        if found is None:
            return f"no verdict: {self.note}"
        values = f"{found.metric} {_number(found.challenger.value)} against {_number(found.champion.value)}"
        more = f"; about {found.more:,} outcomes more would settle it" if found.more else ""
        note = f"; {found.note}" if found.note else ""
        return f"{self.candidate.version} is {found.verdict}: {values}, {found.outcomes:,} outcomes of both{more}{note}"


def judge(
    champion: tuple[Manifest, Iterable[dict[str, Any]]],
    candidate: tuple[Manifest, Iterable[dict[str, Any]]],
    happened: Happened,
    metric: str | None = None,
) -> BacktestVerdict:
    """By the evaluation's own statistics: two groups, as if they were independent, so the verdict is cautious."""
    ours, first = _measured(*champion, happened)
    theirs, second = _measured(*candidate, happened)
    if ours is None or theirs is None:
        return BacktestVerdict(first, second, None, f"no metric is defined for models for {champion[0].task}")
    try:
        found = compare(ours, theirs, metric or primary_metric(champion[0].objective))
    except NoVerdict as error:
        return BacktestVerdict(first, second, None, str(error))
    return BacktestVerdict(first, second, found)


def _measured(
    manifest: Manifest, predictions: Iterable[dict[str, Any]], happened: Happened
) -> tuple[Any, VersionOutcomes]:
    try:
        quality: Any = quality_of(manifest)
    except NoQuality:
        quality = None
    width = quality.classes if isinstance(quality, Multiclass) else 1
    number, rows, outcomes = 0, [], []
    for prediction in predictions:
        number += 1
        if (value := happened.of(prediction)) is not None:
            rows.append(_scores(prediction, width))
            outcomes.append(_outcome(manifest, value))
    counted = 0
    if quality is not None and rows:
        scores = np.array(rows, np.float64)
        counted = quality.add_all(scores if width > 1 else scores[:, 0], np.array(outcomes, np.float64))
    refused = 0 if quality is None else len(rows) - counted
    return quality, VersionOutcomes(manifest.version, number, len(rows), refused)


def _scores(prediction: dict[str, Any], width: int) -> list[float]:
    """A score for each class; NaN, which no statistic counts, if there are others."""
    scores = [prediction["score"]] if "score" in prediction else prediction["scores"]
    scores = list(scores.values()) if isinstance(scores, dict) else scores
    return scores if len(scores) == width else [math.nan] * width


def _outcome(manifest: Manifest, value: OutcomeValue) -> float:
    """NaN, which no statistic counts, for an outcome that the model cannot have."""
    try:
        return class_of(manifest, value)
    except ValueRefused:
        return math.nan


def class_of(manifest: Manifest, value: OutcomeValue) -> int | float:
    """An outcome as the number of a class, or as a number for regression. Raises ValueRefused."""
    if manifest.task == "regression":
        if isinstance(value, str):
            raise ValueRefused("outcome: expected a number, got text")
        return value
    if isinstance(value, str):
        if value not in manifest.output.labels:
            raise ValueRefused(f"outcome: expected one of {len(manifest.output.labels)} labels, got another text")
        return manifest.output.labels.index(value)
    if isinstance(value, float) and not value.is_integer():
        raise ValueRefused("outcome: expected the number of a class, got a fraction")
    return int(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
