"""GetRecords."""

import time
from datetime import UTC, datetime
from typing import Any

from millrace_localstack.plugin.kinesis.descriptions import child_shard
from millrace_localstack.plugin.kinesis.iterators import Position
from millrace_localstack.plugin.kinesis.record_log import StoredRecord
from millrace_localstack.plugin.kinesis.stream import Stream

MOST_RECORDS = 10_000
MOST_BYTES = 10 * 2**20


def read(stream: Stream, here: Position, limit: int) -> dict[str, Any]:
    """The answer of GetRecords. A shard that was closed and is read to its end has no next iterator, but children."""
    shard = stream.shard(here.shard_id)
    is_open = shard.is_open  # before reading: what is put in between comes with the next call
    records = shard.log.after(here.after, min(limit, MOST_RECORDS), MOST_BYTES)
    after = records[-1].sequence_number if records else here.after
    behind = after < shard.log.last and bool(records)
    answer: dict[str, Any] = {
        "Records": [_output(record, stream.encryption_type) for record in records],
        "MillisBehindLatest": max(0, round((time.time() - records[-1].arrived) * 1000)) if behind else 0,
    }
    if is_open or behind:
        answer["NextShardIterator"] = here._replace(after=after).token()
    else:
        answer["ChildShards"] = [child_shard(child) for child in shard.children]
    return answer


def _output(record: StoredRecord, encryption_type: str) -> dict[str, Any]:
    output = {
        "SequenceNumber": str(record.sequence_number),
        "ApproximateArrivalTimestamp": datetime.fromtimestamp(record.arrived, UTC),
        "Data": record.data,
        "PartitionKey": record.partition_key,
    }
    return output if encryption_type == "NONE" else {**output, "EncryptionType": encryption_type}
