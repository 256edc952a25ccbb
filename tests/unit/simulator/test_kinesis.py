import base64
import hashlib
import json

import pytest

from simulator import Stream, World
from simulator.kinesis import records_json


def test_the_envelope_is_as_lambda_delivers_it(world: World) -> None:
    stream = Stream(world, shards=1)
    record = stream.put("alice", b"data")
    sequence = str(record.sequence)
    assert record.envelope == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "alice",
            "sequenceNumber": sequence,
            "data": base64.b64encode(b"data").decode(),
            "approximateArrivalTimestamp": world.now,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/function",
        "awsRegion": "eu-central-1",
        "eventSourceARN": stream.arn,
    }
    assert (record.shard_id, record.partition_key, record.arrived_at) == ("shardId-000000000000", "alice", world.now)


@pytest.mark.parametrize("key", ["a", 'quoted "key"', "ключ"])
def test_the_size_is_that_of_the_envelope_as_json(world: World, key: str) -> None:
    record = Stream(world).put(key, bytes(1000))
    assert record.size == pytest.approx(len(json.dumps(record.envelope)), abs=10)


def test_the_hash_of_the_key_chooses_the_shard(world: World) -> None:
    stream = Stream(world, shards=4)
    for i in range(50):
        record = stream.put(f"key-{i}", b"")
        hash_key = int(hashlib.md5(f"key-{i}".encode()).hexdigest(), 16)
        shard = next(shard for shard in stream.shards if shard.id == record.shard_id)
        assert shard.first_hash <= hash_key <= shard.last_hash
    assert all(shard.records for shard in stream.shards)


def test_sequence_numbers_increase_beyond_64_bits_and_not_as_text(world: World) -> None:
    stream = Stream(world, shards=1)
    numbers = [record.sequence for record in stream.put_many([("key", b"")] * 2000)]
    texts = [str(number) for number in numbers]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 2**64
    assert sum(texts[i] > texts[i + 1] for i in range(len(texts) - 1)) >= 5
    assert max(map(len, texts)) <= 129  # the longest that AWS allows


def test_shards_can_have_sequence_numbers_in_common(world: World) -> None:
    stream = Stream(world, shards=2)
    stream.put_many((f"key-{i}", b"") for i in range(100))
    first, second = ({record.sequence for record in shard.records} for shard in stream.shards)
    assert first & second


def test_a_split_closes_the_parent_and_shares_its_hash_keys(world: World) -> None:
    stream = Stream(world, shards=1)
    last = stream.put("key", b"").sequence
    left, right = stream.split("shardId-000000000000")
    parent, *children = stream.shards
    assert [child.id for child in children] == [left, right] == [shard.id for shard in stream.open_shards]
    assert (parent.closed, children[0].parents, children[1].parents) == (True, (parent,), (parent,))
    assert children[0].first_hash == parent.first_hash
    assert children[0].last_hash + 1 == children[1].first_hash
    assert children[1].last_hash == parent.last_hash
    record = stream.put("key", b"")
    assert record.shard_id in (left, right)
    assert record.sequence > last


def test_a_merge_joins_adjacent_shards_only(world: World) -> None:
    stream = Stream(world, shards=3)
    first, second, third = (shard.id for shard in stream.shards)
    with pytest.raises(ValueError, match="adjacent"):
        stream.merge(first, third)
    child = stream.merge(second, first)
    assert [shard.id for shard in stream.open_shards] == [child, third]
    with pytest.raises(ValueError, match="open shard"):
        stream.split(first)


def test_a_record_as_json_is_what_json_dumps_writes(world: World) -> None:
    stream = Stream(world)
    world.run(until=world.now + 0.125)
    records = stream.put_many(
        (key, bytes([i])) for i, key in enumerate(("key", 'a "quoted" \\ key', "Schlüssel", "\n"))
    )
    assert [record.json for record in records] == [json.dumps(record.envelope) for record in records]
    assert records_json(records) == json.dumps({"Records": [record.envelope for record in records]})
    assert [len(record.json) for record in records] == [record.size for record in records]
