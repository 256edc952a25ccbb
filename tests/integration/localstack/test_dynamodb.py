"""DynamoDB and its streams, on moto: conditional writes, and what a mapping does with a stream."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localstack.lab import ACCOUNT, EVERYTHING, Lab, settles, unique, wait_for
from tests.integration.localstack.test_patches import on_failure

SCORER = """\
import json, os

def handle(event, context):
    changes = [(record["dynamodb"]["SequenceNumber"], record) for record in event["Records"]]
    bad = [place for place, (_, record) in enumerate(changes) if record["dynamodb"]["Keys"]["id"]["S"] == "bad"]
    good = changes[: bad[0]] if bad else changes
    if bad and os.environ["FAILS"] == "by exception":
        raise ValueError("a bad record")
    print("SAID", json.dumps([record for _, record in good]), flush=True)
    if bad:
        return {"batchItemFailures": [{"itemIdentifier": changes[bad[0]][0]}]}
"""
PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


@pytest.fixture
def table(lab: Lab) -> str:
    name = unique("table")
    lab.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return name


def stream_of(lab: Lab, table: str) -> str:
    arn: str = lab.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    return arn


def put(lab: Lab, table: str, *ids: str) -> None:
    for id in ids:
        lab.client("dynamodb").put_item(TableName=table, Item={"id": {"S": id}, "spend": {"N": "3.5"}})


def map_changes(lab: Lab, table: str, function: str, **settings: Any) -> str:
    start = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100, "MaximumRetryAttempts": 1}
    return lab.map_source(stream_of(lab, table), function, **{**start, **settings})


def said(lab: Lab, function: str) -> list[str]:
    return [record["dynamodb"]["Keys"]["id"]["S"] for batch in lab.said(function) for record in batch]


def given_up(lab: Lab, bucket: str) -> list[tuple[str, list[str]]]:
    """The condition, and the keys, of what came to the on-failure bucket."""
    return [
        (
            record["requestContext"]["condition"],
            [change["dynamodb"]["Keys"]["id"]["S"] for change in json.loads(record["payload"])["Records"]],
        )
        for record in lab.objects(bucket).values()
    ]


def test_one_of_many_conditional_puts_succeeds(lab: Lab, table: str) -> None:
    def attempt(number: int) -> str:
        try:
            lab.client("dynamodb").put_item(
                TableName=table,
                Item={"id": {"S": "once"}, "by": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "put"

    with ThreadPoolExecutor(8) as threads:
        assert Counter(threads.map(attempt, range(16))) == {"put": 1, "ConditionalCheckFailedException": 15}


def test_a_change_has_the_form_that_lambda_sends(lab: Lab, table: str) -> None:
    function = lab.function(SCORER, FAILS="never")
    put(lab, table, "a")
    lab.client("dynamodb").delete_item(TableName=table, Key={"id": {"S": "a"}})
    map_changes(lab, table, function)

    assert wait_for(lambda: len(said(lab, function)) == 2)
    inserted, removed = (record for batch in lab.said(function) for record in batch)

    assert (inserted["eventName"], removed["eventName"]) == ("INSERT", "REMOVE")
    assert inserted["eventSource"] == "aws:dynamodb"
    assert inserted["eventSourceARN"] == stream_of(lab, table)
    assert inserted["awsRegion"] == "us-east-1"
    assert inserted["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "spend": {"N": "3.5"}}
    assert isinstance(inserted["dynamodb"]["ApproximateCreationDateTime"], float)
    assert "OldImage" not in inserted["dynamodb"]
    assert "NewImage" not in removed["dynamodb"]


def run_with_bad_7(lab: Lab, table: str, fails: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """What was scored and what was given up of 20 changes with one bad."""
    bucket, function = lab.bucket(), lab.function(SCORER, FAILS=fails)
    put(lab, table, *("bad" if number == 7 else str(number) for number in range(20)))
    map_changes(lab, table, function, BisectBatchOnFunctionError=True, **PARTIAL, **on_failure(bucket))
    wait_for(lambda: len(said(lab, function)) + sum(len(ids) for _, ids in given_up(lab, bucket)) >= 20)
    return settles(lambda: said(lab, function)), given_up(lab, bucket)


def test_bisect_gives_up_the_bad_change_only(lab: Lab, table: str) -> None:
    scored, lost = run_with_bad_7(lab, table, "by exception")

    assert lost == [("RetryAttemptsExhausted", ["bad"])]
    assert Counter(scored) == Counter(str(number) for number in range(20) if number != 7)


def test_what_precedes_the_returned_change_is_done(lab: Lab, table: str) -> None:
    """The rest is tried again as it is, and discarded as it is."""
    scored, lost = run_with_bad_7(lab, table, "by sequence number")

    assert lost == [("RetryAttemptsExhausted", ["bad", *map(str, range(8, 20))])]
    assert scored == [str(number) for number in range(7)]


def test_a_mapping_that_is_updated_continues_where_it_stopped(lab: Lab, table: str) -> None:
    function = lab.function(SCORER, FAILS="never")
    put(lab, table, "1", "2")
    mapping = map_changes(lab, table, function)
    assert wait_for(lambda: len(said(lab, function)) == 2)

    lab.client("lambda").update_event_source_mapping(UUID=mapping, BatchSize=10)
    put(lab, table, "3")
    assert wait_for(lambda: "3" in said(lab, function))

    assert settles(lambda: said(lab, function)) == ["1", "2", "3"]


def test_reading_takes_the_permissions_of_the_stream(lab: Lab, table: str) -> None:
    role = lab.role([{**EVERYTHING[0], "Action": "logs:*"}])

    with pytest.raises(ClientError, match=rf"Cannot access stream arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}"):
        map_changes(lab, table, lab.function(SCORER, role=role, FAILS="never"))
