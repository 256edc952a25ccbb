"""Reading predictions that Firehose delivered, with AWS in memory."""

import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from millrace.sinks.firehose import DeliveredReader
from tests.fakes.stack import prediction_document
from tests.unit.millrace.sinks.test_kinesis import ReadPredictions

Client = Callable[[str], Any]
HOUR = f"{datetime.now(UTC):%Y/%m/%d/%H}"
BUCKET = "delivered"


@pytest.fixture
def delivered(aws: Client) -> Callable[..., DeliveredReader]:
    region = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    aws("s3").create_bucket(Bucket=BUCKET, **region)
    number = 0

    def reader(since: float | None = None, prefix: str = "predictions/!{timestamp:yyyy/MM/dd/HH}/") -> DeliveredReader:
        nonlocal number
        number += 1
        where = {"BucketARN": f"arn:aws:s3:::{BUCKET}", "RoleARN": "arn:aws:iam::123456789012:role/r", "Prefix": prefix}
        aws("firehose").create_delivery_stream(
            DeliveryStreamName=f"s{number}", ExtendedS3DestinationConfiguration=where
        )
        return DeliveredReader(aws("firehose"), aws("s3"), f"s{number}", since)

    return reader


def put(aws: Client, key: str, *lines: bytes, packed: bool = True) -> None:
    body = b"".join(line + b"\n" for line in lines)
    aws("s3").put_object(Bucket=BUCKET, Key=f"predictions/{key}", Body=gzip.compress(body) if packed else body)


def test_objects_are_read_once_from_now_on(aws: Client, delivered: Callable[..., DeliveredReader]) -> None:
    read, told = delivered(), ReadPredictions()
    put(aws, f"{HOUR}/a.gz", prediction_document("too early"))
    read.open()
    put(aws, f"{HOUR}/b.gz", prediction_document("1"), prediction_document("2"))
    read(told)
    put(aws, f"{HOUR}/c", prediction_document("3"), packed=False)
    read(told)
    read(told)
    assert told.ids == ["1", "2", "3"]


def test_from_an_earlier_time_only_what_was_scored_since_comes(
    aws: Client, delivered: Callable[..., DeliveredReader]
) -> None:
    put(aws, f"{HOUR}/a.gz", prediction_document("1"))
    for since, expected in ((0.0, ["1"]), (time.time() + 60, [])):
        told = ReadPredictions()
        delivered(since)(told)
        assert told.ids == expected


def test_keys_without_the_hour_are_all_looked_at(aws: Client, delivered: Callable[..., DeliveredReader]) -> None:
    put(aws, "0/a.gz", prediction_document("1"))
    told = ReadPredictions()
    delivered(1e9, "predictions/!{partitionKeyFromQuery:k}/")(told)
    assert told.ids == ["1"]


def test_what_is_no_prediction_is_counted(aws: Client, delivered: Callable[..., DeliveredReader]) -> None:
    read, told = delivered(), ReadPredictions()
    read.open()
    put(aws, f"{HOUR}/a.gz", b"no prediction", b"7", b"{}", prediction_document("1"))
    read(told)
    assert ([update.unreadable for update in told.updates], told.ids) == ([3], ["1"])
