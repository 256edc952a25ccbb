"""The operators' part of DynamoDB as a prediction sink: predictions are read by scans of the table."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from millrace.accounting.prediction import Prediction, predictions
from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import dynamodb
from millrace.services.charges import Charge
from millrace.services.quota import Quota
from millrace.sinks.operations import Outputs, PredictionReader, Published, ReadInPlace, SinkOperations

# A scan reads, and is billed for, the whole table.
POLL_SECONDS = 5.0


class DynamoDbSinkOperations(ReadInPlace, SinkOperations):
    name = "dynamodb"
    resource = dynamodb.RESOURCE
    charges = (Charge("DynamoDB write units", dynamodb.WRITE_UNITS, "one a prediction of up to 1 KB"),)
    entries = 1
    quota = Quota("DynamoDB", "Table-level write throughput limit", 40_000)

    def address(self, output: Outputs) -> str:
        address: str = output["name"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return dynamodb.check(place, name, dynamodb.description(ask, output["name"]))

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader:
        return TableReader(client("dynamodb"), output["name"], since)


class TableReader(PredictionReader):
    """Scans the table; reports items that earlier scans did not have.

    since : leave out what was scored before, in seconds since the epoch; None: what is there at the first scan.
    """

    service = "dynamodb"
    poll_seconds = POLL_SECONDS

    def __init__(self, dynamodb: Any, table: str, since: float | None = None) -> None:
        self._dynamodb, self._table, self._since = dynamodb, table, since
        self._known: set[str] = set()
        self._opened = False

    def open(self) -> None:
        if self._since is None:
            self._known |= {item["prediction_id"]["S"] for item in self._items("prediction_id")}
        self._opened = True

    def __call__(self, report: Callable[[Published], None]) -> None:
        if not self._opened:
            self.open()
        found: list[Prediction] = []
        unreadable = 0
        for item in self._items("prediction_id, prediction"):
            if (name := item["prediction_id"]["S"]) in self._known:
                continue
            self._known.add(name)
            try:
                found += _read(item["prediction"]["S"])
            except (ValueError, KeyError, TypeError):
                unreadable += 1
        if self._since is not None:
            found = [one for one in found if one.published_at >= self._since]
        report(Published(found, unreadable))

    def _items(self, attributes: str) -> Any:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ProjectionExpression=attributes)
        return (item for page in pages for item in page["Items"])


def _read(body: str) -> list[Prediction]:
    """It was published when it was scored, as far as a table shows. Raises ValueError, KeyError and TypeError."""
    return predictions(body.encode(), datetime.fromisoformat(json.loads(body)["scored_at"]).timestamp())
