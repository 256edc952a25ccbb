"""The operators' part of Kinesis as a prediction sink: predictions are read as they arrive, from every shard."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from millrace.accounting.prediction import Prediction, predictions
from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import kinesis
from millrace.services.charges import Charge
from millrace.sinks.operations import Outputs, PredictionReader, Published, ReadInPlace, SinkOperations
from records.faults import Fault

# All readers of a shard may make 5 calls a second together, the consumers among them: one call a poll, a poll a second.
# A shard takes 1,000 records a second, so one call keeps up with it.
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
POLL_SECONDS = 1.0
MAX_RECORDS = 10_000
READERS = 8


class KinesisSinkOperations(ReadInPlace, SinkOperations):
    name = "kinesis"
    resource = kinesis.RESOURCE
    charges = (Charge(kinesis.UNITS.what, kinesis.PUT_UNITS, "one a prediction"),)
    entries = 500
    quota = None

    def address(self, output: Outputs) -> str:
        address: str = output["name"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return kinesis.check(place, name, kinesis.summary(ask, output["name"]))

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader:
        return KinesisPredictionReader(client("kinesis"), output["name"], since)


class KinesisPredictionReader(PredictionReader):
    """Reads each shard once a call; what cannot be read as a prediction is counted and skipped.

    since : begin with what arrived then, in seconds since the epoch; None: with what arrives from now on.
    """

    service = "kinesis"
    poll_seconds = POLL_SECONDS

    def __init__(self, kinesis: Any, stream: str, since: float | None = None) -> None:
        self._kinesis, self._stream = kinesis, stream
        at = {} if since is None else {"Timestamp": datetime.fromtimestamp(since, UTC)}
        self._start = {"ShardIteratorType": "AT_TIMESTAMP" if at else "LATEST", **at}
        # Where each shard that is open is read next, the last that was read of it, and all shards there are.
        self._iterators: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._known: set[str] = set()
        self._look = True
        self._lock = threading.Lock()

    def __call__(self, report: Callable[[Published], None]) -> None:
        if self._look:
            self.open()
        with ThreadPoolExecutor(READERS) as readers:
            calls = [readers.submit(self._read, shard, iterator, report) for shard, iterator in self._iterators.items()]
        for call in calls:
            call.result()

    def open(self) -> None:
        """Find the shards. Those that come later have what came since: they are read from their beginning."""
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamName=self._stream)
        shards = {shard["ShardId"] for page in pages for shard in page["Shards"]}
        start = {"ShardIteratorType": "TRIM_HORIZON"} if self._known else self._start
        self._iterators |= {shard: self._iterator(shard, start) for shard in sorted(shards - self._known)}
        self._known, self._look = shards, False

    def _iterator(self, shard: str, start: dict[str, Any]) -> str:
        answer = self._kinesis.get_shard_iterator(StreamName=self._stream, ShardId=shard, **start)
        iterator: str = answer["ShardIterator"]
        return iterator

    def _read(self, shard: str, iterator: str, report: Callable[[Published], None]) -> None:
        try:
            answer = self._kinesis.get_records(ShardIterator=iterator, Limit=MAX_RECORDS)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExpiredIteratorException":
                raise
            self._iterators[shard] = self._iterator(shard, self._after(shard))
            return
        records = answer["Records"]
        if records:
            self._last[shard] = records[-1]["SequenceNumber"]
        with self._lock:
            report(_published(records, shard, answer.get("MillisBehindLatest", 0) / 1000))
        if following := answer.get("NextShardIterator"):
            self._iterators[shard] = following
        else:  # it was split or merged: others follow it
            del self._iterators[shard]
            self._look = True

    def _after(self, shard: str) -> dict[str, Any]:
        """After what was read last: iterators live for five minutes, and a laptop sleeps for longer."""
        if shard not in self._last:
            return self._start
        return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": self._last[shard]}


def _published(records: Sequence[Any], shard: str, behind: float) -> Published:
    found: list[Prediction] = []
    unreadable = 0
    for record in records:
        try:
            found += predictions(record["Data"], record["ApproximateArrivalTimestamp"].timestamp())
        except (ValueError, KeyError, TypeError, Fault):
            unreadable += 1
    return Published(found, unreadable, shard, behind)
