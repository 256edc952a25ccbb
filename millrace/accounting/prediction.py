"""A prediction, as it is read from a sink."""

import json
from dataclasses import dataclass
from datetime import datetime

from millrace import sources
from model_store.release import CHAMPION
from records import kpl


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction as it was read from the sink; times are seconds since the epoch.

    path, arrived_at : where and when its event arrived, on the event stream or topic; a compact prediction has no path.
    published_at : when the prediction arrived in the sink.
    attributions : the features that it names, with their values.
    """

    prediction_id: str
    event_id: str
    version: str
    variant: str
    score: float
    label: str | None
    path: str
    arrived_at: float
    published_at: float
    attributions: tuple[tuple[str, float], ...] = ()

    @property
    def latency(self) -> float:
        """Seconds from one arrival to the other."""
        return self.published_at - self.arrived_at


def prediction(body: str | bytes, published_at: float) -> Prediction:
    """A prediction from its JSON. For many classes `score` is the largest; for named outputs it is the first.

    Raises ValueError, KeyError and TypeError.
    """
    members = json.loads(body)
    if type(members) is not dict:
        raise ValueError(f"prediction: expected an object, got {type(members).__name__}")
    scores = members.get("scores")
    score = members["score"] if scores is None else next(iter(scores.values())) if type(scores) is dict else max(scores)
    return Prediction(
        prediction_id=members["prediction_id"],
        event_id=str(members.get("event_id", "")),
        version=members["model"]["version"],
        variant=members["model"].get("variant", CHAMPION),  # a compact prediction names only others
        score=score,
        label=members.get("label"),
        path=sources.path_of(kind) if (kind := members["source"].get("type")) else "",
        arrived_at=datetime.fromisoformat(members["source"]["arrived_at"]).timestamp(),
        published_at=published_at,
        attributions=tuple((part["feature"], part["value"]) for part in members.get("attributions", {}).get("top", ())),
    )


def predictions(data: bytes, published_at: float) -> list[Prediction]:
    """The predictions in one Kinesis record: one, or as many as were aggregated in it."""
    bodies = [body for _, body in kpl.deaggregate(data)] if data.startswith(kpl.MAGIC) else [data]
    return [prediction(body, published_at) for body in bodies]
