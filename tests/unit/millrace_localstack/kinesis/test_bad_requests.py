"""Whatever a caller sends, an operation answers or refuses: no other error comes out of it."""

from collections.abc import Callable
from typing import Any

import pytest

from millrace_localstack.plugin.kinesis import account, api
from millrace_localstack.plugin.kinesis.errors import KinesisError
from tests.fakes.bad_requests import bad_requests
from tests.fakes.kinesis_requests import good_requests
from tests.unit.millrace_localstack.kinesis.conftest import MODEL, Clock

# What a stream in this state refuses, however well it is asked.
REFUSED = {
    "DeleteStream": "has consumers registered",
    "DeleteResourcePolicy": "No resource policy",
    "UpdateStreamWarmThroughput": "On-Demand mode",
}


def good(call: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """On a new stream."""
    account.ACCOUNTS.clear()
    call("CreateStream", StreamName="s", ShardCount=2)
    arn = call("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    consumer = call("RegisterStreamConsumer", StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    iterator = call(
        "GetShardIterator", StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    return good_requests("s", arn, consumer, iterator["ShardIterator"], b"x")


def test_every_operation_has_a_request_here(call: Callable[..., Any]) -> None:
    assert good(call).keys() == api.OPERATIONS.keys()


@pytest.mark.parametrize("operation", api.OPERATIONS)
def test_the_good_request_is_accepted(operation: str, call: Callable[..., Any]) -> None:
    request = good(call)[operation]
    if operation in REFUSED:
        with pytest.raises(KinesisError, match=REFUSED[operation]):
            call(operation, **request)
    else:
        call(operation, **request)


@pytest.mark.parametrize("operation", api.OPERATIONS)
def test_bad_requests_are_refused_and_never_a_fault(operation: str, call: Callable[..., Any], clock: Clock) -> None:
    """The clock stands still, so that a new stream's ARNs and iterators are those of the one before."""
    shape = MODEL.operation_model(operation).input_shape
    accepted = []
    for bad in list(bad_requests(shape, good(call)[operation])):
        good(call)
        try:
            call(operation, **bad.request)
        except KinesisError:
            continue
        accepted += [bad.why] if bad.must_fail else []
    assert accepted == []
