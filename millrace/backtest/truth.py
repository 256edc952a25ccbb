"""What happened: outcomes by the prediction or the event that they are of."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from millrace.backtest.events import records
from millrace.errors import UserError
from millrace.services.kinesis import SERVICE
from millrace.stack import Stack

Value = str | int | float


@dataclass(slots=True)
class Happened:
    """The last observed outcome of each prediction and each event; one of a prediction takes precedence."""

    by_prediction: dict[str, tuple[float, Value]] = field(default_factory=dict)
    by_event: dict[str, tuple[float, Value]] = field(default_factory=dict)
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

    def of(self, prediction: dict[str, Any]) -> Value | None:
        found = self.by_prediction.get(prediction["prediction_id"])
        if found is None and (event_id := prediction.get("event_id")) is not None:
            found = self.by_event.get(str(event_id))
        return None if found is None else found[1]


def _seconds(moment: str) -> float:
    """Since the epoch, of a time in ISO 8601, UTC by default; none is before all others. Raises ValueError."""
    if not moment:
        return 0.0
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def of_file(file: Path) -> Happened:
    """Of JSON lines. Raises UserError."""
    happened = Happened()
    try:
        for line in file.read_text().splitlines():
            if line.strip():
                happened.add(json.loads(line), "")
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: expected outcomes as lines of JSON: {error}") from None
    return happened


def of_stack(stack: Stack, begin: datetime, end: datetime) -> Happened:
    """What the stack's stream of outcomes has. Raises UserError without an evaluator."""
    evaluator = stack.outputs.get("evaluator")
    if not evaluator:
        raise UserError(
            f"stack {stack.name}: expected an evaluator, which has a stream of outcomes; name a file with --outcomes"
        )
    happened = Happened()
    for document, at in _documents(records(stack.client(SERVICE), evaluator["outcomes_stream"]["arn"], begin, end)):
        happened.add(document, at)
    return happened


def _documents(found: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[Any, str]]:
    for _, record in found:
        try:
            document = json.loads(record["Data"])
        except ValueError:
            document = None
        yield document, record["ApproximateArrivalTimestamp"].isoformat()
