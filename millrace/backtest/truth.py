"""What happened: outcomes by the prediction or the event that they are of."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from millrace.backtest.events import records
from millrace.errors import UserError
from millrace.services.kinesis import SERVICE
from millrace.stack import Stack
from outcomes.backtest import Happened


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
