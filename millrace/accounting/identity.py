"""Receipts by the prediction id of their event: a producer knows the position, and a stack the model."""

from collections.abc import Iterable

from records.identity import prediction_id
from stream_producers.receipts import Receipt


def by_id(receipts: Iterable[Receipt], model: str) -> dict[str, Receipt]:
    """The receipts that have a position. model : the name of the model that scores their events."""
    return {
        prediction_id(model, receipt.position, index=receipt.event_index): receipt
        for receipt in receipts
        if receipt.position
    }
