"""Receipts and predictions of a run that never was."""

from typing import Any

from millrace.accounting.prediction import Prediction
from stream_producers.receipts import Receipt


def receipt(key: str, code: str | None = None, *, outcome: int | None = None, path: str = "event_stream") -> Receipt:
    """The receipt of the event that became the record `key`."""
    return Receipt(f"event of {key}", key, path, "2026-01-02T03:04:05.000Z", code, outcome)


def prediction(key: str, **changes: Any) -> Prediction:
    """The prediction of that record, half a second after it arrived."""
    members: dict[str, Any] = {
        "event_id": f"event of {key}",
        "version": "1",
        "variant": "champion",
        "score": 0.5,
        "label": "yes",
        "path": "event_stream",
        "arrived_at": 1000.0,
        "published_at": 1000.5,
    }
    return Prediction(key, **(members | changes))
