"""LocalStack's Kinesis provider on moto's streams, in process; no Node.

LocalStack 2026.3.0 starts kinesis-mock, a Node program: it must be installed beforehand, listens on every interface,
drops a stream's tags at creation, and its PutRecords costs more with every record stored.
Here: records are put and read on an indexed log; streams, shards and consumers are moto's; tags are kept.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.kinesis import (
    GetRecordsOutput,
    GetShardIteratorOutput,
    InvalidArgumentException,
    ListTagsForResourceOutput,
    ProvisionedThroughputExceededException,
    PutRecordOutput,
    PutRecordsOutput,
    PutRecordsResultEntry,
    Tag,
)
from localstack.services.kinesis.provider import KinesisProvider
from localstack.services.moto import call_moto
from localstack.utils.aws.arns import parse_arn
from moto.core.exceptions import RESTError
from moto.kinesis.models import kinesis_backends

from localstack import config
from millrace_localstack.plugin.kinesis import iterators
from millrace_localstack.plugin.kinesis.record_log import StoredRecord
from millrace_localstack.plugin.kinesis.streams import Router

# Kinesis Data Streams quotas: PutRecords 500 records and 10 MiB, a record 1 MiB; GetRecords 10,000 records, 10 MiB.
PUT_RECORDS = 500
PUT_BYTES = 10 * 2**20
RECORD_BYTES = 2**20
GET_RECORDS = 10_000
GET_BYTES = 10 * 2**20
# A shard must not be closed between the choice of it and the write: its last reader would have gone by then.
_resharding = threading.Lock()
THROTTLED = "Rate exceeded for shard X in stream Y under account Z."


def with_moto_errors[**P, T](operation: Callable[P, T]) -> Callable[P, T]:
    """moto's errors and ours as LocalStack's."""

    @wraps(operation)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return operation(*args, **kwargs)
        except RESTError as error:
            raise CommonServiceException(error.error_type, error.message, status_code=error.code) from error
        except ValueError as error:
            raise InvalidArgumentException(str(error)) from error

    return wrapped


class InProcessKinesis(KinesisProvider):  # type: ignore[misc]
    # Records

    @with_moto_errors
    def put_record(
        self,
        context: RequestContext,
        data: bytes,
        partition_key: str,
        stream_name: str | None = None,
        explicit_hash_key: str | None = None,
        stream_arn: str | None = None,
        **kwargs: Any,
    ) -> PutRecordOutput:
        _check_size([{"Data": data, "PartitionKey": partition_key}])
        if random.random() < config.KINESIS_ERROR_PROBABILITY:
            raise ProvisionedThroughputExceededException(THROTTLED)
        stream = _stream(context, stream_arn, stream_name)
        with _resharding:
            shard_id, sequence_number = Router(stream).append(data, partition_key, explicit_hash_key)
        return PutRecordOutput(ShardId=shard_id, SequenceNumber=str(sequence_number))

    @with_moto_errors
    def put_records(
        self,
        context: RequestContext,
        records: list[dict[str, Any]],
        stream_name: str | None = None,
        stream_arn: str | None = None,
        **kwargs: Any,
    ) -> PutRecordsOutput:
        _check_size(records)
        stream = _stream(context, stream_arn, stream_name)
        with _resharding:
            router = Router(stream)
            results = [_put(router, record) for record in records]
        failed = sum("ErrorCode" in result for result in results)
        return PutRecordsOutput(FailedRecordCount=failed, Records=results)

    @with_moto_errors
    def get_shard_iterator(
        self,
        context: RequestContext,
        shard_id: str,
        shard_iterator_type: str,
        stream_name: str | None = None,
        starting_sequence_number: str | None = None,
        timestamp: datetime | None = None,
        stream_arn: str | None = None,
        **kwargs: Any,
    ) -> GetShardIteratorOutput:
        stream = _stream(context, stream_arn, stream_name)
        log = stream.get_shard(shard_id).log
        after = iterators.starting_after(log, shard_iterator_type, starting_sequence_number, timestamp)
        return GetShardIteratorOutput(ShardIterator=iterators.Position(stream.arn, shard_id, after).token())

    @with_moto_errors
    def get_records(
        self,
        context: RequestContext,
        shard_iterator: str,
        limit: int | None = None,
        stream_arn: str | None = None,
        **kwargs: Any,
    ) -> GetRecordsOutput:
        return read(shard_iterator, limit or GET_RECORDS)

    # Shards

    def split_shard(self, context: RequestContext, **kwargs: Any) -> Any:
        with _resharding:
            return call_moto(context)

    def merge_shards(self, context: RequestContext, **kwargs: Any) -> Any:
        with _resharding:
            return call_moto(context)

    def update_shard_count(self, context: RequestContext, **kwargs: Any) -> Any:
        with _resharding:
            return call_moto(context)

    # Tags

    def create_stream(self, context: RequestContext, **kwargs: Any) -> None:
        call_moto(context)  # creates the stream, and drops its tags
        request = context.service_request
        _stream(context, None, request["StreamName"]).tags.update(request.get("Tags") or {})

    @with_moto_errors
    def list_tags_for_resource(
        self, context: RequestContext, resource_arn: str, **kwargs: Any
    ) -> ListTagsForResourceOutput:
        tags = _stream(context, resource_arn, None).tags
        return ListTagsForResourceOutput(Tags=[Tag(Key=key, Value=value) for key, value in tags.items()])

    @with_moto_errors
    def tag_resource(self, context: RequestContext, tags: dict[str, str], resource_arn: str, **kwargs: Any) -> None:
        _stream(context, resource_arn, None).tags.update(tags)

    @with_moto_errors
    def untag_resource(self, context: RequestContext, tag_keys: list[str], resource_arn: str, **kwargs: Any) -> None:
        tags = _stream(context, resource_arn, None).tags
        for key in tag_keys:
            tags.pop(key, None)


def read(shard_iterator: str, limit: int) -> GetRecordsOutput:
    here = iterators.position(shard_iterator)
    stream = _stream_of(here.stream_arn)
    shard = stream.get_shard(here.shard_id)
    is_open = shard.is_open  # before reading: what is put in between comes with the next call
    records = shard.log.after(here.after, min(limit, GET_RECORDS), GET_BYTES)
    after = records[-1].sequence_number if records else here.after
    behind = after < shard.log.last
    output = GetRecordsOutput(
        Records=[_output(record, stream.encryption_type) for record in records],
        MillisBehindLatest=int((time.time() - records[-1].arrived) * 1000) if records and behind else 0,
    )
    if is_open or behind:
        output["NextShardIterator"] = iterators.Position(stream.arn, here.shard_id, after).token()
    return output


def _stream(context: RequestContext, arn: str | None, name: str | None) -> Any:
    if arn:
        return _stream_of(arn)
    return kinesis_backends[context.account_id][context.region].describe_stream(None, name)


def _stream_of(arn: str) -> Any:
    parsed = parse_arn(arn)
    return kinesis_backends[parsed["account"]][parsed["region"]].describe_stream(arn, None)


def _check_size(records: list[dict[str, Any]]) -> None:
    if len(records) > PUT_RECORDS:
        raise ValueError(f"PutRecords takes at most {PUT_RECORDS} records, and {len(records)} came.")
    sizes = [len(record["Data"]) + len(record["PartitionKey"].encode()) for record in records]
    if max(sizes) > RECORD_BYTES:
        raise ValueError(f"A record has {max(sizes)} bytes with its partition key; at most {RECORD_BYTES} are allowed.")
    if sum(sizes) > PUT_BYTES:
        raise ValueError(f"The records have {sum(sizes)} bytes together; at most {PUT_BYTES} are allowed.")


def _put(router: Router, record: dict[str, Any]) -> PutRecordsResultEntry:
    if random.random() < config.KINESIS_ERROR_PROBABILITY:
        return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": THROTTLED}
    shard_id, number = router.append(record["Data"], record["PartitionKey"], record.get("ExplicitHashKey"))
    return {"ShardId": shard_id, "SequenceNumber": str(number)}


def _output(record: StoredRecord, encryption_type: str) -> dict[str, Any]:
    output = {
        "SequenceNumber": str(record.sequence_number),
        "ApproximateArrivalTimestamp": datetime.fromtimestamp(record.arrived, UTC),
        "Data": record.data,
        "PartitionKey": record.partition_key,
    }
    return output if encryption_type == "NONE" else {**output, "EncryptionType": encryption_type}
