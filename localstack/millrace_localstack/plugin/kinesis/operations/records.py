"""PutRecord, PutRecords, GetShardIterator, GetRecords."""

import os
import random

from millrace_localstack.plugin.kinesis import account, iterators, reads
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.errors import KinesisError, constraints_failed, invalid_argument
from millrace_localstack.plugin.kinesis.iterators import Position
from millrace_localstack.plugin.kinesis.operations import Answer, Request, stream_of
from millrace_localstack.plugin.kinesis.stream import NewRecord
from millrace_localstack.plugin.kinesis.writes import check_sizes

# LocalStack's setting: the part of the records that are throttled.
ERROR_PROBABILITY = float(os.environ.get("KINESIS_ERROR_PROBABILITY") or 0)
THROTTLED = KinesisError(
    "ProvisionedThroughputExceededException", "Rate exceeded for shard X in stream Y under account Z."
)


def put_record(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    entries = [_entry(request, "partitionKey")]
    check_sizes(entries, stream.max_record_bytes, "data")
    if _throttled():
        raise THROTTLED
    [(shard_id, number)] = stream.put(entries)
    return {"ShardId": shard_id, "SequenceNumber": str(number), "EncryptionType": stream.encryption_type}


def put_records(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    entries = [
        _entry(record, f"records.{number}.member.partitionKey") for number, record in enumerate(request["Records"], 1)
    ]
    check_sizes(entries, stream.max_record_bytes, "records.{}.member.data")
    throttled = [_throttled() for _ in entries] if ERROR_PROBABILITY else [False] * len(entries)
    put = iter(stream.put([entry for entry, refused in zip(entries, throttled, strict=True) if not refused]))
    results = [
        {"ErrorCode": THROTTLED.code, "ErrorMessage": THROTTLED.message} if refused else _result(*next(put))
        for refused in throttled
    ]
    return {"FailedRecordCount": sum(throttled), "Records": results, "EncryptionType": stream.encryption_type}


def get_shard_iterator(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    shard = stream.shard(request["ShardId"])
    after = iterators.starting_after(
        shard.log,
        request["ShardIteratorType"],
        request.get("StartingSequenceNumber"),
        request.get("Timestamp"),
        stream.where(shard.id),
    )
    return {"ShardIterator": Position(stream.arn, shard.id, after).token()}


def get_records(caller: KinesisAccount, request: Request) -> Answer:
    """`caller` does not matter: an iterator knows its stream."""
    here = iterators.position(request["ShardIterator"])
    if request.get("StreamARN") not in (None, here.stream_arn):
        raise invalid_argument(f"StreamARN {request['StreamARN']} is not the stream of the ShardIterator.")
    return reads.read(account.stream_of_arn(here.stream_arn), here, request.get("Limit") or reads.MOST_RECORDS)


def _entry(record: Request, member: str) -> NewRecord:
    key = record.get("PartitionKey")
    if key is None:  # later models do not require it
        raise constraints_failed([f"Value null at '{member}' failed to satisfy constraint: Member must not be null"])
    return NewRecord(record["Data"], key, record.get("ExplicitHashKey"))


def _throttled() -> bool:
    return random.random() < ERROR_PROBABILITY


def _result(shard_id: str, number: int) -> Request:
    return {"ShardId": shard_id, "SequenceNumber": str(number)}


OPERATIONS = {
    "PutRecord": put_record,
    "PutRecords": put_records,
    "GetShardIterator": get_shard_iterator,
    "GetRecords": get_records,
}
