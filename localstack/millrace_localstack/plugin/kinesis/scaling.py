"""The splits and merges that make the shards of a stream equal (UpdateShardCount), and its limits."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from millrace_localstack.plugin.kinesis import hash_keys
from millrace_localstack.plugin.kinesis.errors import invalid_argument, limit_exceeded
from millrace_localstack.plugin.kinesis.hash_keys import HashRange

MOST_SHARDS = 10_000
# Of hash keys: the starts of 3 equal shards are not exactly among those of 6.
ROUNDING = 2**64


class Split(NamedTuple):
    """The shard with this range becomes two; the second starts at `start`."""

    split: HashRange
    start: int


class Merge(NamedTuple):
    """Two adjacent shards become one."""

    first: HashRange
    second: HashRange


def check(current: int, target: int) -> None:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html"""
    counts = f"Current open shard count: {current} Target shard count: {target}"
    if target > 2 * current:
        raise invalid_argument(f"UpdateShardCount cannot scale up over double your current open shard count. {counts}")
    if 2 * target < current:
        raise invalid_argument(f"UpdateShardCount cannot scale down below half your current open shard count. {counts}")
    if target > MOST_SHARDS:
        raise limit_exceeded(f"UpdateShardCount cannot scale over {MOST_SHARDS} shards. {counts}")


def steps(shards: Sequence[HashRange], target: int) -> list[Split | Merge]:
    """From these open shards, which cover all hash keys in order, to `target` equal ones.

    Each shard is split where a shard of the result starts, then what belongs to one shard of the result is merged. So
    a count that is not a multiple makes shards that live shortly, as on AWS.
    """
    starts = _starts(shards, target)
    splits: list[Split | Merge] = []
    pieces: list[HashRange] = []
    for shard in shards:
        rest = shard
        for start in starts[bisect_right(starts, shard.first) : bisect_right(starts, shard.last)]:
            splits.append(Split(rest, start))
            pieces.append(HashRange(rest.first, start - 1))
            rest = HashRange(start, rest.last)
        pieces.append(rest)
    return splits + _merges(pieces, set(starts))


def _starts(shards: Sequence[HashRange], target: int) -> list[int]:
    """Where the shards of the result start: where one starts already, if that is no more than rounding away."""
    present = [shard.first for shard in shards]
    found = []
    for wanted in (hash_range.first for hash_range in hash_keys.uniform(target)):
        place = bisect_right(present, wanted)
        nearest = min(present[max(0, place - 1) : place + 1], key=lambda start: abs(start - wanted))
        found.append(nearest if abs(nearest - wanted) < ROUNDING else wanted)
    return found


def _merges(pieces: Sequence[HashRange], starts: set[int]) -> list[Split | Merge]:
    found: list[Split | Merge] = []
    whole = pieces[0]
    for piece in pieces[1:]:
        if piece.first in starts:
            whole = piece
        else:
            found.append(Merge(whole, piece))
            whole = HashRange(whole.first, piece.last)
    return found
