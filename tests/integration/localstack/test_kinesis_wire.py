"""The in-process Kinesis on the wire: bad requests, and CBOR."""

import time
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from millrace_localstack.plugin.kinesis import api
from tests.fakes.bad_requests import bad_requests
from tests.fakes.kinesis_requests import good_requests
from tests.integration.localstack.lab import Lab, unique
from tests.integration.localstack.wire import CBOR, JSON, Wire

MODEL = botocore.session.get_session().get_service_model("kinesis")


@pytest.fixture(scope="module")
def wire(lab: Lab) -> Wire:
    return Wire(lab.localstack.port, MODEL)


def good(lab: Lab, operation: str) -> dict[str, Any]:
    """For JSON, on a new stream."""
    kinesis, stream = lab.client("kinesis"), lab.stream(shards=2)
    arn = lab.stream_arn(stream)
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return good_requests(stream, arn, consumer, iterator, "eA==")[operation]


@pytest.mark.parametrize("operation", api.OPERATIONS)
def test_no_request_is_a_fault_of_the_server(lab: Lab, wire: Wire, operation: str) -> None:
    """LocalStack's model is older than ours: what must fail is `test_bad_requests.py`'s, with the model at hand."""
    faults = []
    for bad in bad_requests(MODEL.operation_model(operation).input_shape, good(lab, operation)):
        status, answer = wire.json(operation, bad.request)
        if status not in (200, 400) or (status == 400 and not answer.get("__type")):
            faults.append((bad.why, status, answer))
        if status == 200 and "missing" in bad.why and "PartitionKey" not in bad.why:
            faults.append((bad.why, status, answer))
    assert faults == []


@pytest.mark.parametrize("content_type", [JSON, CBOR])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xff", b"5", b"[]", b"null", b"\xa1"])
def test_a_body_that_is_no_request_is_refused(wire: Wire, body: bytes, content_type: str) -> None:
    status, found, answer = wire.send("PutRecord", body, content_type)
    assert status == 400
    assert found in (content_type, "application/json")
    assert b"Exception" in answer


def test_an_unknown_operation_is_refused(wire: Wire) -> None:
    status, answer = wire.json("Nonsense", {})
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_records_are_put_and_read_as_cbor(lab: Lab, wire: Wire) -> None:
    stream = lab.stream()
    began = time.time() * 1000
    data = bytes(range(256))
    status, put = wire.cbor("PutRecord", StreamName=stream, Data=data, PartitionKey="clé")
    assert status == 200
    _, several = wire.cbor("PutRecords", StreamName=stream, Records=[{"Data": b"", "PartitionKey": "k"}] * 2)
    assert several["FailedRecordCount"] == 0

    where = {"StreamName": stream, "ShardId": put["ShardId"]}
    moment = datetime.fromtimestamp((began - 1000) / 1000, UTC)
    _, here = wire.cbor("GetShardIterator", **where, ShardIteratorType="AT_TIMESTAMP", Timestamp=moment)
    status, answer = wire.cbor("GetRecords", ShardIterator=here["ShardIterator"], Limit=2)

    first, second = answer["Records"]
    assert (first["Data"], first["PartitionKey"], first["SequenceNumber"]) == (data, "clé", put["SequenceNumber"])
    assert second["SequenceNumber"] == several["Records"][0]["SequenceNumber"]
    assert isinstance(first["ApproximateArrivalTimestamp"], int)
    assert began - 1 <= first["ApproximateArrivalTimestamp"] <= time.time() * 1000 + 1
    as_json = lab.client("kinesis").get_records(ShardIterator=here["ShardIterator"])["Records"][0]
    arrived: datetime = as_json["ApproximateArrivalTimestamp"]
    assert round(arrived.timestamp() * 1000) == first["ApproximateArrivalTimestamp"]


def test_a_timestamp_in_cbor_is_in_milliseconds(lab: Lab, wire: Wire) -> None:
    stream = lab.stream()
    where = {"StreamName": stream, "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP"}
    status, answer = wire.cbor("GetShardIterator", **where, Timestamp=datetime.fromtimestamp(time.time() + 60, UTC))
    assert (status, answer["__type"]) == (400, "InvalidArgumentException")


def test_errors_and_descriptions_are_cbor_too(wire: Wire, lab: Lab) -> None:
    status, answer = wire.cbor("DescribeStreamSummary", StreamName=unique("no-such"))
    assert (status, answer["__type"]) == (400, "ResourceNotFoundException")
    status, answer = wire.cbor("PutRecord", StreamName="s", Data=b"", PartitionKey="")
    assert (status, answer["__type"]) == (400, "ValidationException")
    status, answer = wire.cbor("DescribeStream", StreamName=lab.stream())
    created = answer["StreamDescription"]["StreamCreationTimestamp"]
    assert status == 200
    assert abs(created - time.time() * 1000) < 60_000
