"""Reading predictions from a DynamoDB sink, with AWS in memory."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from millrace.sinks.dynamodb import TableReader
from tests.fakes.stack import prediction_document
from tests.unit.millrace.sinks.test_kinesis import ReadPredictions

Client = Callable[[str], Any]


@pytest.fixture
def dynamodb(aws: Client) -> Any:
    client = aws("dynamodb")
    client.create_table(
        TableName="predictions",
        AttributeDefinitions=[{"AttributeName": "prediction_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "prediction_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def put(dynamodb: Any, name: str, text: str | None = None) -> None:
    body = text or prediction_document(name).decode()
    dynamodb.put_item(TableName="predictions", Item={"prediction_id": {"S": name}, "prediction": {"S": body}})


def test_items_are_read_once_from_now_on(dynamodb: Any) -> None:
    read, told = TableReader(dynamodb, "predictions"), ReadPredictions()
    put(dynamodb, "too early")
    read.open()

    put(dynamodb, "1")
    read(told)
    put(dynamodb, "2")
    read(told)
    read(told)

    assert told.ids == ["1", "2"]


def test_from_an_earlier_time_only_what_was_scored_since_comes(dynamodb: Any) -> None:
    put(dynamodb, "1")
    scored_at = json.loads(prediction_document("1"))["scored_at"]

    for since, expected in ((0.0, ["1"]), (time.time() + 60, [])):
        told = ReadPredictions()
        TableReader(dynamodb, "predictions", since)(told)
        assert told.ids == expected, scored_at


@pytest.mark.parametrize("text", ["no prediction", "7", "{}"])
def test_what_is_no_prediction_is_counted(dynamodb: Any, text: str) -> None:
    read, told = TableReader(dynamodb, "predictions"), ReadPredictions()
    read(told)

    put(dynamodb, "x", text)
    read(told)

    assert [update.unreadable for update in told.updates] == [0, 1]
