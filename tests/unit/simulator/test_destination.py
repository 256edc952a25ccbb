"""On-failure objects: layout, key names, and writes that fail."""

import json
import re
from typing import Any

import pytest

from simulator import (
    AsyncInvoker,
    AsyncSettings,
    Behaviours,
    Buckets,
    CallFaults,
    Destination,
    Function,
    FunctionFaults,
    KinesisMapping,
    KinesisSettings,
    Outage,
    S3Client,
    Stream,
    World,
)
from tests.unit.simulator.conftest import Script

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
DAY_AND_TIME = rf"2023/11/14/2023-11-14T22\.1\d\.\d\d-{UUID}"
NO_RETRY = KinesisSettings(maximum_retry_attempts=0)


class Store:
    """Buckets, and a destination in them."""

    def __init__(self, world: World, faults: CallFaults | None = None, attempts: int | None = None) -> None:
        self.buckets = Buckets(world)
        self.s3 = S3Client(world, self.buckets, faults=faults)
        self.destination = Destination(world, self.s3, "failures", attempts)

    @property
    def documents(self) -> dict[str, Any]:
        return {key: json.loads(body) for key, body in self.buckets.objects("failures").items()}


def kinesis(world: World, store: Store, script: Script, settings: KinesisSettings = NO_RETRY, **more: Any) -> Any:
    stream = Stream(world, shards=1)
    faults = more.pop("function_faults", FunctionFaults())
    mapping = KinesisMapping(
        world, stream, Function(world, lambda: script, faults=faults), settings, store.destination, **more
    )
    stream.put_many([("key", b"one"), ("key", b"two")])
    world.run()
    assert mapping.quiet
    return mapping


def test_a_kinesis_object_is_as_lambda_writes_it(world: World) -> None:
    store = Store(world)
    mapping = kinesis(world, store, Script(ValueError()))
    records = mapping.stream.records
    [(key, document)] = store.documents.items()
    assert re.fullmatch(rf"aws/lambda/{mapping.uuid}/shardId-000000000000/{DAY_AND_TIME}", key)
    assert json.loads(document.pop("payload")) == {"Records": [record.envelope for record in records]}
    assert re.fullmatch(UUID, document["requestContext"].pop("requestId"))
    assert document.pop("timestamp").startswith("2023-11-14T22:1")
    assert document == {
        "requestContext": {
            "functionArn": mapping.function.arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 1,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": str(records[0].sequence),
            "endSequenceNumber": str(records[1].sequence),
            "approximateArrivalOfFirstRecord": "2023-11-14T22:13:20.000Z",
            "approximateArrivalOfLastRecord": "2023-11-14T22:13:20.000Z",
            "batchSize": 2,
            "streamArn": mapping.stream.arn,
        },
    }
    assert mapping.counts["given_up"] == 2
    assert mapping.dropped == []
    assert store.destination.keys == [key]


def test_records_too_old_without_an_invocation(world: World) -> None:
    store = Store(world)
    faults = FunctionFaults(throttled=((0, world.now + 500),))
    kinesis(world, store, Script(), KinesisSettings(maximum_record_age_seconds=60), function_faults=faults)
    [document] = store.documents.values()
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert document["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in document


def test_the_lane_waits_until_the_write_works(world: World) -> None:
    store = Store(world, CallFaults(outages=(Outage(world.now, world.now + 600),)))
    script = Script(ValueError(), None)
    mapping = kinesis(world, store, script, KinesisSettings(batch_size=1, maximum_retry_attempts=0))
    assert script.sizes == [1, 1]
    assert script.times[1] >= 1_700_000_600
    assert store.destination.counts["errors"] > 3
    assert mapping.counts["given_up"] == len(store.documents) == 1


@pytest.mark.parametrize(("same_key", "objects"), [(True, 1), (False, 2)])
def test_a_write_that_timed_out_after_it_took_place(world: World, same_key: bool, objects: int) -> None:
    store = Store(world, CallFaults(outages=(Outage(world.now, world.now + 2, "late_timeout"),)))
    kinesis(world, store, Script(ValueError()), behaviours=Behaviours(rewrites_same_key=same_key))
    assert len(store.documents) == objects


def test_an_asynchronous_object_is_as_lambda_writes_it(world: World) -> None:
    store = Store(world)
    function = Function(world, lambda: Script(ValueError("bad")), faults=FunctionFaults())
    invoker = AsyncInvoker(world, function, AsyncSettings(maximum_retry_attempts=0), store.destination)
    invoker.send({"Records": [1]})
    world.run()
    assert invoker.quiet
    [(key, document)] = store.documents.items()
    assert re.fullmatch(rf"aws/lambda/async/scorer/{DAY_AND_TIME}", key)
    assert re.fullmatch(UUID, document["requestContext"].pop("requestId"))
    assert document.pop("timestamp").startswith("2023-11-14T22:1")
    assert document == {
        "version": "1.0",
        "requestContext": {
            "functionArn": function.arn,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"Records": [1]},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "bad", "errorType": "ValueError"},
    }


def test_a_destination_with_few_attempts_can_lose_a_record(world: World) -> None:
    store = Store(world, CallFaults(access_denied=1), attempts=3)
    kinesis(world, store, Script(ValueError()))
    assert store.destination.counts == {"errors": 3, "lost": 1}
