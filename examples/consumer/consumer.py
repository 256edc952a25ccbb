"""A consumer of a Kinesis prediction sink: each prediction once, over restarts and resharding.

    eval "$(millrace env)"
    python consumer.py --stream "$MILLRACE_PREDICTION_SINK" --state predictions.sqlite

The state is one SQLite file: predictions, by id, and the checkpoint of each shard. Both are written in one transaction,
so that a crash between them can neither lose a prediction nor count one twice.
"""

import argparse
import base64
import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

KPL_MAGIC = b"\xf3\x89\x9a\xc2"
# A shard takes 5 GetRecords a second, from all its readers together.
PAUSE_SECONDS = 1.0
# A prediction comes some seconds after its event, and later from a function that starts.
IDLE_SECONDS = 10.0
# How long a shard is left alone that takes no more calls.
THROTTLED_SECONDS = 2.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS predictions (
    prediction_id TEXT PRIMARY KEY, event_id TEXT, score REAL, label TEXT, body TEXT
);
CREATE TABLE IF NOT EXISTS checkpoints (shard TEXT PRIMARY KEY, sequence_number TEXT, closed INTEGER NOT NULL);
"""


class State:
    """Predictions and checkpoints, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    def checkpoint(self, shard: str) -> tuple[str | None, bool]:
        """The sequence number that was read last, and whether the shard was read to its end."""
        query = "SELECT sequence_number, closed FROM checkpoints WHERE shard = ?"
        row = self._database.execute(query, (shard,)).fetchone()
        return (row[0], bool(row[1])) if row else (None, False)

    def add(self, shard: str, predictions: Iterable[dict[str, Any]], sequence_number: str | None, closed: bool) -> int:
        """Add what was read of a shard, all or nothing; how many predictions were new."""
        rows = [
            (one["prediction_id"], one.get("event_id"), one.get("score"), one.get("label"), json.dumps(one))
            for one in predictions
        ]
        with self._database as database:  # one transaction
            before = database.total_changes
            database.executemany("INSERT OR IGNORE INTO predictions VALUES (?, ?, ?, ?, ?)", rows)
            new = database.total_changes - before
            database.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", (shard, sequence_number, closed))
        return new


class Consumer:
    """Reads all shards of a stream. A shard that came of a split or a merge is read after those it came of.

    kinesis : a boto3 client. wait : waits so many seconds, and returns whether to end.
    """

    def __init__(self, kinesis: Any, stream: str, state: State, wait: Callable[[float], bool]) -> None:
        self._kinesis, self._stream, self._state, self._wait = kinesis, stream, state, wait
        self._iterators: dict[str, str] = {}
        self.new = self.duplicates = 0

    def run(self, *, until_idle: bool = False) -> None:
        """Read until `wait` ends it; or, with `until_idle`, until nothing came for IDLE_SECONDS."""
        idle = 0.0
        while True:
            shards = self._readable()
            busy = [shard for shard in shards if self._read(shard)]
            if until_idle and not busy and idle >= IDLE_SECONDS:
                return
            pause = 0.0 if busy else PAUSE_SECONDS
            idle = 0.0 if busy else idle + pause
            if self._wait(pause):
                return

    def _readable(self) -> list[str]:
        """The shards to read now: not read to their end, with parents that are, or that the stream no longer has."""
        shards = {shard["ShardId"]: shard for shard in self._shards()}
        done = {name for name in shards if self._state.checkpoint(name)[1]}
        return [
            name
            for name, shard in shards.items()
            if name not in done
            and all(
                parent in done or parent not in shards
                for parent in (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
            )
        ]

    def _shards(self) -> Iterator[dict[str, Any]]:
        arguments: dict[str, str] = {"StreamName": self._stream}
        while True:
            page = self._kinesis.list_shards(**arguments)
            yield from page["Shards"]
            if not (token := page.get("NextToken")):
                return
            arguments = {"NextToken": token}

    def _read(self, shard: str) -> bool:
        """Read one batch of a shard; whether there may be more at once."""
        try:
            iterator = self._iterators.pop(shard, None) or self._iterator(shard)
            answer = self._kinesis.get_records(ShardIterator=iterator, Limit=10_000)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ExpiredIteratorException":  # after five minutes, as when a laptop sleeps
                return True
            if code in ("ProvisionedThroughputExceededException", "LimitExceededException"):
                self._wait(THROTTLED_SECONDS)
                return True
            raise
        records, following = answer["Records"], answer.get("NextShardIterator")
        predictions = [one for record in records for one in decoded(record["Data"])]
        if records or not following:
            last = records[-1]["SequenceNumber"] if records else self._state.checkpoint(shard)[0]
            new = self._state.add(shard, predictions, last, closed=not following)
            self.new, self.duplicates = self.new + new, self.duplicates + len(predictions) - new
        if following:
            self._iterators[shard] = following
        return bool(records) or not following or answer.get("MillisBehindLatest", 0) > 0

    def _iterator(self, shard: str) -> str:
        """Where to begin: after the checkpoint, else with the oldest record that the stream has."""
        at, _ = self._state.checkpoint(shard)
        where = (
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": at}
            if at
            else {"ShardIteratorType": "TRIM_HORIZON"}
        )
        answer = self._kinesis.get_shard_iterator(StreamName=self._stream, ShardId=shard, **where)
        iterator: str = answer["ShardIterator"]
        return iterator


def decoded(data: bytes) -> list[dict[str, Any]]:
    """The predictions in a record: one, or as many as a sink with aggregation put into it."""
    if not data.startswith(KPL_MAGIC):
        return [json.loads(data)]
    from aws_kinesis_agg.deaggregator import iter_deaggregate_records  # pip install aws-kinesis-agg

    envelope = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "",
        "sequenceNumber": "0",
        "approximateArrivalTimestamp": 0,
        "data": base64.b64encode(data),
    }
    parts = iter_deaggregate_records([{"kinesis": envelope}])
    return [json.loads(base64.b64decode(part["kinesis"]["data"])) for part in parts]


def main() -> int:
    parser = argparse.ArgumentParser(description="Read a Kinesis prediction sink; each prediction counts once.")
    parser.add_argument("--stream", required=True, help="the sink's name: millrace env prints it")
    parser.add_argument("--state", type=Path, default=Path("predictions.sqlite"), help="predictions and checkpoints")
    parser.add_argument("--until-idle", action="store_true", help="end when nothing came for 10 seconds")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with closing(State(options.state)) as state:
        consumer = Consumer(boto3.client("kinesis"), options.stream, state, ended.wait)
        consumer.run(until_idle=options.until_idle)
    print(f"new {consumer.new:,}, duplicates {consumer.duplicates:,}, state in {options.state}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
