"""The operators' part of Firehose as a prediction sink: predictions are read from what it delivers to S3."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from millrace.accounting.prediction import Prediction, predictions
from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import firehose
from millrace.services.charges import Charge
from millrace.services.quota import Quota
from millrace.sinks.operations import Outputs, PredictionReader, Published, SinkOperations, Unread

POLL_SECONDS = 5.0
DESTINATION = "ExtendedS3DestinationDescription"
HOURLY = "!{timestamp:yyyy/MM/dd/HH}"
GZIP = b"\x1f\x8b"


class FirehoseSinkOperations(Unread, SinkOperations):
    name = "firehose"
    resource = firehose.RESOURCE
    # Records are billed in steps of 5 KB: 200,000 of them are a gigabyte.
    charges = (Charge("Firehose GB", firehose.GIGABYTES, "5 KB a prediction", per=200_000),)
    entries = 500
    quota = Quota("Firehose", "Rate of put records", 500_000)
    unread = "Firehose delivers after the time of its buffer"

    def address(self, output: Outputs) -> str:
        address: str = output["arn"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return firehose.check(place, name, firehose.description(ask, output["name"]))

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader:
        return DeliveredReader(client("firehose"), client("s3"), output["name"], since)


class DeliveredReader(PredictionReader):
    """Reads what a delivery stream wrote to S3, which is what it collected for `buffer_seconds` before.

    since : leave out what was scored before, in seconds since the epoch; None: what is there at the beginning. Of a
    delivery stream with another destination nothing is read.
    """

    service = "firehose"
    poll_seconds = POLL_SECONDS

    def __init__(self, firehose: Any, s3: Any, name: str, since: float | None = None) -> None:
        self._firehose, self._s3, self._name, self._since = firehose, s3, name, since
        self._bucket, self._prefix, self._by_hour = "", "", False
        self._known: set[str] = set()
        self._opened = False

    def open(self) -> None:
        described = self._firehose.describe_delivery_stream(DeliveryStreamName=self._name)["DeliveryStreamDescription"]
        destination = described["Destinations"][0].get(DESTINATION)
        if destination:
            self._bucket = destination["BucketARN"].rpartition(":")[2]
            prefix = destination.get("Prefix", "")
            self._prefix = prefix.partition("!{")[0]
            # Without expressions, Firehose appends the hour.
            self._by_hour = "!{" not in prefix or prefix.removeprefix(self._prefix).startswith(HOURLY)
            if self._since is None:
                self._known |= set(self._keys())
        self._opened = True

    def __call__(self, report: Callable[[Published], None]) -> None:
        if not self._opened:
            self.open()
        for key in list(self._keys()):
            if key in self._known:
                continue
            body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            self._known.add(key)
            report(self._published(gzip.decompress(body) if body.startswith(GZIP) else body))

    def _published(self, lines: bytes) -> Published:
        found: list[Prediction] = []
        unreadable = 0
        for line in lines.splitlines():
            try:
                found += predictions(line, datetime.fromisoformat(json.loads(line)["scored_at"]).timestamp())
            except (ValueError, KeyError, TypeError):
                unreadable += 1
        return Published([one for one in found if self._since is None or one.published_at >= self._since], unreadable)

    def _keys(self) -> Iterator[str]:
        """From the hour of delivery in which `since` is, where keys have the hour."""
        if not self._bucket:
            return
        hour = ""
        if self._since is not None and self._by_hour:
            hour = f"{datetime.fromtimestamp(self._since, UTC):%Y/%m/%d/%H/}"
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, StartAfter=self._prefix + hour
        )
        yield from (entry["Key"] for page in pages for entry in page.get("Contents", []))
