"""UpdateShardCount: equal shards, by splits and merges, within AWS's limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace_localstack.plugin.kinesis import hash_keys, scaling
from millrace_localstack.plugin.kinesis.errors import KinesisError
from millrace_localstack.plugin.kinesis.hash_keys import HashRange
from millrace_localstack.plugin.kinesis.scaling import Merge, Split


def done(shards: list[HashRange], target: int) -> list[HashRange]:
    """The open shards after the steps, each of which must be possible when its turn comes."""
    open_shards = set(shards)
    for step in scaling.steps(shards, target):
        match step:
            case Split(shard, start):
                assert shard.first < start <= shard.last
                open_shards.remove(shard)
                open_shards |= {HashRange(shard.first, start - 1), HashRange(start, shard.last)}
            case Merge(first, second):
                assert first.last + 1 == second.first
                open_shards -= {first, second}
                open_shards.add(HashRange(first.first, second.last))
    return sorted(open_shards)


def equal(shards: list[HashRange], count: int) -> bool:
    """Whether they are so many equal shards, but for rounding."""
    ideal = hash_keys.uniform(count)
    pairs = zip(shards, ideal, strict=True)
    return all(abs(a.first - b.first) < scaling.ROUNDING > abs(a.last - b.last) for a, b in pairs)


@given(st.integers(1, 40), st.integers(1, 40))
def test_shards_are_equal_afterwards(current: int, target: int) -> None:
    assert equal(done(hash_keys.uniform(current), target), target)


@given(st.sets(st.integers(2, 2**128 - 2), max_size=10), st.integers(1, 20))
def test_also_from_shards_that_were_not(cuts: set[int], target: int) -> None:
    starts = [0, *sorted(cuts)]
    shards = [HashRange(first, last - 1) for first, last in zip(starts, [*starts[1:], 2**128], strict=True)]

    assert equal(done(shards, target), target)


def test_twice_as_many_are_splits_only_and_half_as_many_merges_only() -> None:
    assert [type(step) for step in scaling.steps(hash_keys.uniform(3), 6)] == [Split] * 3
    assert [type(step) for step in scaling.steps(hash_keys.uniform(6), 3)] == [Merge] * 3
    assert scaling.steps(hash_keys.uniform(4), 4) == []


@pytest.mark.parametrize(("current", "target"), [(1, 1), (1, 2), (2, 1), (5, 3), (5, 10), (5_000, 10_000)])
def test_counts_within_the_limits(current: int, target: int) -> None:
    scaling.check(current, target)


@pytest.mark.parametrize(
    ("current", "target", "code", "why"),
    [
        (1, 4, "InvalidArgumentException", "up over double"),
        (2, 5, "InvalidArgumentException", "up over double"),
        (4, 1, "InvalidArgumentException", "below half"),
        (5, 2, "InvalidArgumentException", "below half"),
        (6_000, 10_001, "LimitExceededException", "over 10000"),
    ],
)
def test_counts_beyond_them(current: int, target: int, code: str, why: str) -> None:
    with pytest.raises(KinesisError, match=why) as raised:
        scaling.check(current, target)
    assert raised.value.code == code
