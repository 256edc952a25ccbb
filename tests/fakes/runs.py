"""Receipts and predictions of a run that never was."""

from typing import Any

from millrace.accounting.prediction import Prediction
from records.identity import prediction_id
from stream_producers.receipts import Receipt


def identity(key: str, model: str = "sessions") -> str:
    """The prediction id of the event that became the record `key`, of a stack whose model has that name."""
    return prediction_id(model, (key,))


def receipt(key: str, code: str | None = None, *, outcome: int | None = None, path: str = "event_stream") -> Receipt:
    """The receipt of the event that became the record `key`."""
    return Receipt(f"event of {key}", (key,), path, "2026-01-02T03:04:05.000Z", code, outcome)


def by_key(*receipts: Receipt) -> dict[str, Receipt]:
    """Receipts as `account` takes them, where keys stand for prediction ids."""
    return {receipt.position[0]: receipt for receipt in receipts}


def prediction(key: str, **changes: Any) -> Prediction:
    """The prediction with the id `key`, half a second after its event arrived."""
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
