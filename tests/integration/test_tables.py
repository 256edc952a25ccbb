"""A DynamoDB table as an event source: its changes are scored, bad ones quarantined, removed items are no events."""

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from millrace.sources import path_of
from stream_producers.synthetic import Sessions
from tests.integration.harness import Harness, wait_for


def item(event: bytes | str) -> dict[str, Any]:
    """The item that an event is the new image of."""
    members: dict[str, Any] = TypeSerializer().serialize(json.loads(event, parse_float=Decimal))["M"]
    return members


def quarantined(harness: Harness) -> dict[str, str]:
    """Codes by the partition key of events from the table."""
    s3, store = harness.stack.client("s3"), harness.stack.outputs["failure_store"]
    listed = s3.list_objects_v2(Bucket=store["bucket"], Prefix=store["quarantine_prefix"]).get("Contents", [])
    lines = [
        json.loads(line)
        for entry in listed
        for line in s3.get_object(Bucket=store["bucket"], Key=entry["Key"])["Body"].read().splitlines()
    ]
    return {line["partition_key"]: line["code"] for line in lines if line["source"]["type"] == "dynamodb"}


def test_new_and_changed_items_are_scored(harness: Callable[[str], Harness]) -> None:
    direct = harness("direct")
    table, dynamodb = direct.stack.outputs["sources"]["event_table"]["name"], direct.stack.client("dynamodb")
    events = list(islice(Sessions(510).events(), 12))
    ids = [event.event_id for event in events]

    for event in events:
        dynamodb.put_item(TableName=table, Item=item(event.data))
    changed = item(events[0].data)
    changed["features"]["M"]["cart_value"] = {"N": "12.25"}
    dynamodb.put_item(TableName=table, Item=changed)
    dynamodb.put_item(TableName=table, Item=item('{"event_id": "bad", "features": {"pages_viewed": "many"}}'))
    dynamodb.delete_item(TableName=table, Key={"event_id": {"S": ids[1]}})

    def found() -> list[str]:
        return sorted(p.event_id for p in direct.predictions.values() if p.path == path_of("dynamodb"))

    wait_for(lambda: found() == sorted([*ids, ids[0]]))
    wait_for(lambda: quarantined(direct).keys() == {"bad"})
