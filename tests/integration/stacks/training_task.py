"""A training task for tests: it trains nothing, and fails or takes its time where its input says so."""

import time
from typing import Any


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    if event.get("fails"):
        raise ValueError("the table has no label")
    time.sleep(event.get("takes_seconds", 0))
    return {"model": "purchase-intent", "version": event["version"], "metrics": {}}
