"""Which shard a record goes to: as on AWS, as in the simulator, and as the aggregating sink assumes."""

import pytest

from millrace_localstack.plugin.kinesis import hash_keys
from millrace_localstack.plugin.kinesis.errors import KinesisError
from millrace_localstack.plugin.kinesis.stream import NewRecord, Stream
from simulator import kinesis as simulated
from simulator.world import World

KEYS = [f"key-{number}" for number in range(500)] + ["", "clé", "鍵", "🔑", "k" * 256]


def test_a_partition_keys_hash_key_is_its_md5() -> None:
    """The digest of "a": RFC 1321."""
    assert hash_keys.of_partition_key("a") == 0x0CC175B9C0F1B6A831C399E269772661


def test_three_shards_have_the_ranges_that_aws_gives_them() -> None:
    assert hash_keys.uniform(3) == [
        (0, 113427455640312821154458202477256070484),
        (113427455640312821154458202477256070485, 226854911280625642308916404954512140969),
        (226854911280625642308916404954512140970, 340282366920938463463374607431768211455),
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64])
def test_uniform_ranges_cover_every_hash_key_once(count: int) -> None:
    ranges = hash_keys.uniform(count)

    assert (ranges[0].first, ranges[-1].last) == (0, 2**128 - 1)
    assert [one.last + 1 for one in ranges[:-1]] == [one.first for one in ranges[1:]]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_the_simulator_puts_every_key_into_the_same_shard(count: int) -> None:
    ours = Stream("0" * 12, "eu-central-1", "events", count, "PROVISIONED")
    theirs = simulated.Stream(World(1), shards=count)
    ours.split("shardId-000000000000", sum(ours.shard("shardId-000000000000").hash_range) // 2 + 1)
    theirs.split("shardId-000000000000")

    placed = [shard_id for shard_id, _ in ours.put([NewRecord(b"", key) for key in KEYS])]

    assert placed == [theirs.put(key, b"").shard_id for key in KEYS]


def test_an_explicit_hash_key_wins_over_the_partition_key() -> None:
    stream = Stream("0" * 12, "eu-central-1", "events", 2, "PROVISIONED")
    edges = [0, 2**127 - 1, 2**127, 2**128 - 1]

    placed = [shard_id[-1] for shard_id, _ in stream.put([NewRecord(b"", "k", str(edge)) for edge in edges])]

    assert placed == ["0", "0", "1", "1"]


def test_a_hash_key_of_129_bits_is_refused() -> None:
    with pytest.raises(KinesisError, match="must be in the range") as raised:
        hash_keys.explicit(str(2**128))
    assert raised.value.code == "InvalidArgumentException"
