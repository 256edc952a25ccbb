"""Predictions as they arrive in a Kinesis sink, from every shard."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from millrace.accounting import Prediction
from millrace.observe import predictions
from millrace.watch.updates import Published
from records.faults import Fault

# All readers of a shard may make 5 calls a second together, the consumers among them: one call a poll, a poll a second.
# A shard takes 1,000 records a second, so one call keeps up with it.
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
POLL_SECONDS = 1.0
MOST_RECORDS = 10_000
READERS = 8


class Sink:
    """Reads each shard once a call; what cannot be read as a prediction is counted, and passed over.

    since : begin with what arrived then, in seconds since the epoch; None: with what arrives from now on.
    """

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

    def __call__(self, tell: Callable[[Published], None]) -> None:
        """Read what is new. Raises what the client raises, and then goes on from there the next time."""
        if self._look:
            self._open()
        with ThreadPoolExecutor(READERS) as readers:
            calls = [readers.submit(self._read, shard, iterator, tell) for shard, iterator in self._iterators.items()]
        for call in calls:
            call.result()

    def _open(self) -> None:
        """Find the shards. Those that come later hold what came since: they are read from their beginning."""
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamName=self._stream)
        shards = {shard["ShardId"] for page in pages for shard in page["Shards"]}
        start = {"ShardIteratorType": "TRIM_HORIZON"} if self._known else self._start
        self._iterators |= {shard: self._iterator(shard, start) for shard in sorted(shards - self._known)}
        self._known, self._look = shards, False

    def _iterator(self, shard: str, start: dict[str, Any]) -> str:
        answer = self._kinesis.get_shard_iterator(StreamName=self._stream, ShardId=shard, **start)
        iterator: str = answer["ShardIterator"]
        return iterator

    def _read(self, shard: str, iterator: str, tell: Callable[[Published], None]) -> None:
        try:
            answer = self._kinesis.get_records(ShardIterator=iterator, Limit=MOST_RECORDS)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExpiredIteratorException":
                raise
            self._iterators[shard] = self._iterator(shard, self._after(shard))
            return
        records = answer["Records"]
        if records:
            self._last[shard] = records[-1]["SequenceNumber"]
        with self._lock:
            tell(_published(records, shard, answer.get("MillisBehindLatest", 0) / 1000))
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
