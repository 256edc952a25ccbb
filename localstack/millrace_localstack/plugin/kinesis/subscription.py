"""SubscribeToShard: records as they come, for five minutes or up to the end of the shard."""

import time
from collections.abc import Iterator
from typing import Any

from millrace_localstack.plugin.kinesis import iterators, reads
from millrace_localstack.plugin.kinesis.errors import KinesisError
from millrace_localstack.plugin.kinesis.iterators import Position
from millrace_localstack.plugin.kinesis.stream import Stream

SECONDS = 300.0
LOOK_SECONDS = 0.1
# An event without records comes as often.
SILENCE_SECONDS = 3.0


def begin(stream: Stream, shard_id: str, start: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`start`: Type, and SequenceNumber or Timestamp. What is wrong with it is raised here, not by the iterator."""
    shard = stream.shard(shard_id)
    after = iterators.starting_after(
        shard.log, start["Type"], start.get("SequenceNumber"), start.get("Timestamp"), stream.where(shard_id)
    )
    return _events(stream, Position(stream.arn, shard_id, after))


def _events(stream: Stream, here: Position) -> Iterator[dict[str, Any]]:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            answer = _wait(stream, here)
        except KinesisError:  # the stream or the shard is gone
            return
        if answer["Records"]:
            here = here._replace(after=int(answer["Records"][-1]["SequenceNumber"]))
        event = {name: answer[name] for name in ("Records", "MillisBehindLatest", "ChildShards") if name in answer}
        yield {"SubscribeToShardEvent": {"ContinuationSequenceNumber": str(here.after), **event}}
        if "ChildShards" in answer:
            return


def _wait(stream: Stream, here: Position) -> dict[str, Any]:
    """The next records, the end of the shard, or nothing after a while."""
    silent_until = time.monotonic() + SILENCE_SECONDS
    while True:
        answer = reads.read(stream, here, reads.MOST_RECORDS)
        if answer["Records"] or "ChildShards" in answer or time.monotonic() > silent_until:
            return answer
        time.sleep(LOOK_SECONDS)
