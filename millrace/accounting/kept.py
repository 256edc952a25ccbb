"""What is kept of a run, in `.millrace/runs/<time>/`: for `millrace report`, and for whoever looks later.

| file | what is in it |
|---|---|
| `receipts.jsonl` | every event that was accepted: `stream_producers.receipts` |
| `predictions.jsonl` | every prediction that was found, and the known outcome of its event |
| `summary.json` | the account |
| `manifest.json` | the champion's, with the baseline of its training data |
| `drift.json` | the features and the scores of the scored events, counted in the cells of that baseline |
| `scorer.log` | the function's log |
| `plan.json`, `localstack.log` | Terraform's plan, LocalStack's log |
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.drift import Drift, Window
from millrace.accounting.prediction import Prediction
from millrace.model.tables import matrix_of
from model_store.documents import parse
from model_store.manifest import Manifest
from records.timestamps import timestamp
from stream_producers.receipts import Receipt
from stream_producers.synthetic import FEATURES, Sessions

RECEIPTS, PREDICTIONS, SUMMARY = "receipts.jsonl", "predictions.jsonl", "summary.json"
MANIFEST, DRIFT, LOG, PLAN = "manifest.json", "drift.json", "scorer.log", "plan.json"

# No feature's name, as a feature may well be called `score`.
SCORE = "the model's score"
_SESSION_FEATURES = {feature.name for feature in FEATURES}


@dataclass(frozen=True, slots=True)
class Scored:
    """A prediction, and the outcome of its event (0, 1, a label or a number) where that is known."""

    prediction: Prediction
    outcome: int | float | str | None


def write_predictions(path: Path, predictions: Iterable[Prediction], receipts: Mapping[str, Receipt]) -> None:
    """JSON Lines: the prediction's members, its times in RFC 3339, and `outcome`. receipts : by prediction id."""
    with path.open("w", encoding="utf-8") as file:
        for prediction in predictions:
            times = {name: timestamp(getattr(prediction, name)) for name in ("arrived_at", "published_at")}
            receipt = receipts.get(prediction.prediction_id)
            outcome = receipt.outcome if receipt else None
            file.write(json.dumps(asdict(prediction) | times | {"outcome": outcome}) + "\n")


def read_predictions(path: Path) -> list[Scored]:
    """What `write_predictions` wrote, in its order."""
    with path.open(encoding="utf-8") as lines:
        return [_scored(json.loads(line)) for line in lines]


def _scored(members: dict[str, Any]) -> Scored:
    outcome = members.pop("outcome")
    times = {name: datetime.fromisoformat(members[name]).timestamp() for name in ("arrived_at", "published_at")}
    attributions = tuple(map(tuple, members.get("attributions", ())))
    return Scored(Prediction(**members | times | {"attributions": attributions}), outcome)


def write_drift(path: Path, manifest: Manifest, predictions: Sequence[Prediction]) -> None:
    """An `evaluation.drift.Window` of the synthetic sessions that were scored; nothing where there are none.

    The producer makes a session again from an event's id, so no event needs to be kept. A model of many scores, or
    with features that sessions do not have, has none of this.
    """
    by_seed = _numbers(predictions)
    if not by_seed or manifest.output.width != 1 or not {f.name for f in manifest.features} <= _SESSION_FEATURES:
        return
    window = Window(manifest)
    for seed, numbered in by_seed.items():
        first, last = min(numbered), max(numbered)
        table = Sessions(seed).table(last + 1 - first, first)
        matrix = matrix_of({f.name: table[f.name] for f in manifest.features}, manifest.features)
        rows = np.array(sorted(numbered))
        scores = np.array([numbered[number] for number in rows.tolist()], dtype=np.float32)
        window.add(np.ascontiguousarray(matrix[rows - first]).tobytes(), scores.tobytes())
    path.write_text(json.dumps(window.to_json(), indent=2))


def read_drift(raw: bytes, manifest: Manifest) -> dict[str, Drift]:
    """Each feature, and the score, against the manifest's baseline, from what `write_drift` or the evaluator wrote.

    Raises DocumentInvalid, NotMergeable.
    """
    drifts = Window.read(manifest, parse(raw, DRIFT)).drift()
    names = [f"{SCORE} {i}" for i in range(len(drifts.scores))] if len(drifts.scores) > 1 else [SCORE]
    return drifts.features | dict(zip(names, drifts.scores, strict=True))


def _numbers(predictions: Iterable[Prediction]) -> dict[int, dict[int, float]]:
    """Scores by the number of the session and the seed that it comes from: `session-<seed>-<number>`."""
    numbers: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for prediction in predictions:
        match prediction.event_id.split("-"):
            case ["session", seed, number] if seed.isdecimal() and number.isdecimal():
                numbers[int(seed)][int(number)] = prediction.score
    return numbers
