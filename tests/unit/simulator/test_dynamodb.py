"""Streams of tables: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""

import json
from pathlib import Path

from simulator import TableStream, World

RECORDED = Path(__file__).parents[2] / "events" / "dynamodb.json"


def test_a_change_is_shaped_as_recorded() -> None:
    stream = TableStream(World(1, 1_700_000_000.5))
    recorded = json.loads(RECORDED.read_text())["Records"][0]
    (change,) = stream.change([recorded["dynamodb"]["NewImage"]])
    assert change.envelope.keys() == recorded.keys()
    assert change.envelope["dynamodb"].keys() == recorded["dynamodb"].keys()
    assert json.loads(change.json) == change.envelope
    assert (change.arrived_at, change.partition_key) == (1_700_000_000.0, "e-0")


def test_changes_of_an_item_are_in_order_in_one_shard() -> None:
    stream = TableStream(World(1), shards=3)
    item = {"event_id": {"S": "e-1"}}
    found = [*stream.change([item, item]), *stream.remove([item]), *stream.change([item])]
    assert [change.envelope["eventName"] for change in found] == ["INSERT", "MODIFY", "REMOVE", "INSERT"]
    assert len({change.shard_id for change in found}) == 1
    assert [change.sequence for change in found] == sorted(change.sequence for change in found)
    assert "NewImage" not in found[2].envelope["dynamodb"]
