"""The documents that Lambda leaves in an S3 destination when it gives up."""

from typing import TYPE_CHECKING, Any, Literal

from .function import Function, Outcome
from .kinesis import Record, records_json
from .world import iso

if TYPE_CHECKING:
    from .kinesis_mapping import KinesisMapping

type Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]
type AsyncCondition = Literal["RetriesExhausted", "EventAgeExceeded"]


def kinesis_record(
    mapping: "KinesisMapping", records: list[Record], condition: Condition, invocations: int, last: Outcome | None
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html

    Only S3 gets the `payload`: the whole event, as text. Recorded: records that are too old count one invocation,
    however many there were, and have no `responseContext`.
    """
    first, final = records[0], records[-1]
    aged = condition == "RecordAgeExceeded"
    return {
        "requestContext": _request(mapping.world.uuid(), mapping.function, condition, 1 if aged else invocations),
        **({} if aged else {"responseContext": _response(last)}),
        "version": "1.0",
        "timestamp": iso(mapping.world.now),
        mapping.stream.batch_info: {
            "shardId": first.shard_id,
            "startSequenceNumber": str(first.sequence),
            "endSequenceNumber": str(final.sequence),
            "approximateArrivalOfFirstRecord": iso(first.arrived_at),
            "approximateArrivalOfLastRecord": iso(final.arrived_at),
            "batchSize": len(records),
            "streamArn": mapping.stream.arn,
        },
        "payload": records_json(records),
    }


def async_record(
    function: Function,
    request_id: str,
    event: dict[str, Any],
    condition: AsyncCondition,
    invocations: int,
    last: Outcome | None,
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    return {
        "version": "1.0",
        "timestamp": iso(function.world.now),
        "requestContext": _request(request_id, function, condition, invocations),
        "requestPayload": event,
        "responseContext": _response(last),
        "responsePayload": None if last is None or last.was_not_invoked else last.payload,
    }


def _request(request_id: str, function: Function, condition: str, invocations: int) -> dict[str, Any]:
    return {
        "requestId": request_id,
        "functionArn": function.arn,
        "condition": condition,
        "approximateInvokeCount": invocations,
    }


def _response(last: Outcome | None) -> dict[str, Any] | None:
    """None where the function was never called: not documented."""
    if last is None or last.was_not_invoked:
        return None
    return {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled" if last.is_function_error else None,
    }
