"""What `millrace capacity` recommends, run in the simulator: it keeps up; half of it does not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from millrace.capacity.quotas import SHARD_BYTES, SHARD_RECORDS
from millrace.capacity.recommendation import Demand, Recommendation, recommend
from millrace.capacity.service_time import ServiceTime
from millrace.sinks import SINKS
from simulator import Context, Function, KinesisMapping, KinesisSettings, Stream, World

SECONDS = 12
TICK = 0.1  # producers put so often
KEYS = 5_000


@dataclass
class Happened:
    """refused : puts that a shard had no room for. throttled : invocations. ages : in seconds, when it is published."""

    refused: int
    throttled: int
    ages: list[float]
    left: int

    def percentile(self, percent: int) -> float:
        return sorted(self.ages)[int(len(self.ages) * percent / 100)]


def run(demand: Demand, service: ServiceTime, sizes: Recommendation, *, part: float = 1.0) -> Happened:
    """Producers put the demand for some seconds. part : of the recommended shards and concurrency that there is."""
    world = World(7)
    shards = max(1, int(sizes.shards * part))
    stream = Stream(world, shards=shards)
    ages: list[float] = []

    def container() -> Any:
        def handle(event: Any, context: Context) -> None:
            world.pass_time(service.seconds(len(event["Records"])))
            now = world.now
            ages.extend(now - record["kinesis"]["approximateArrivalTimestamp"] for record in event["Records"])

        return handle

    function = Function(world, container, concurrency=int(sizes.reserved_concurrency * part))
    settings = KinesisSettings(batch_size=sizes.batch_size, parallelization_factor=sizes.parallelization_factor)
    mapping = KinesisMapping(world, stream, function, settings)
    refused, limits = 0, _Limits(demand.event_bytes)
    for number, keys in enumerate(_ticks(demand)):

        def put(keys: list[str] = keys) -> None:
            nonlocal refused
            taken = [key for key in keys if limits.take(int(world.now), stream.shard_of(key))]
            refused += len(keys) - len(taken)
            stream.put_many((key, b"x") for key in taken)

        world.at(world.now + number * TICK, put)
    start = world.now
    world.run(until=start + SECONDS)
    return Happened(refused, mapping.counts["throttled"], ages, len(stream.records) - len(ages))


def _ticks(demand: Demand) -> Iterator[list[str]]:
    random, each = Random(7), int(demand.events * TICK)
    for _ in range(int(SECONDS / TICK)):
        yield [f"key-{random.randrange(KEYS)}" for _ in range(each)]


class _Limits:
    """What each shard takes in a second."""

    def __init__(self, size: int) -> None:
        self._most = int(min(SHARD_RECORDS, SHARD_BYTES / size))
        self._taken: Counter[tuple[int, str]] = Counter()

    def take(self, second: int, shard: str) -> bool:
        self._taken[second, shard] += 1
        return self._taken[second, shard] <= self._most


DEMANDS = {
    "small events": (Demand(4_000, 400, 11.0), 500),
    "large events": (Demand(1_500, 5_000, 60.0), 500),
    "a slow model": (Demand(1_500, 400, 2_500.0), 500),
    "a sink of ten a call": (Demand(3_000, 400, 11.0, SINKS["sns"]), 10),
}


@pytest.mark.parametrize(("demand", "entries"), DEMANDS.values(), ids=DEMANDS.keys())
def test_what_is_recommended_keeps_up(demand: Demand, entries: int) -> None:
    service = ServiceTime(demand.event_us, entries)
    sizes = recommend(demand, service)

    happened = run(demand, service, sizes)

    assert happened.throttled == 0
    assert happened.refused == 0
    assert happened.percentile(99) < demand.age_seconds
    assert happened.percentile(50) < 1.5 * sizes.latency[50] + 0.2


@pytest.mark.parametrize(("demand", "entries"), DEMANDS.values(), ids=DEMANDS.keys())
def test_half_of_it_is_throttled(demand: Demand, entries: int) -> None:
    service = ServiceTime(demand.event_us, entries)

    happened = run(demand, service, recommend(demand, service), part=0.5)

    assert happened.refused > 0.05 * demand.events * SECONDS or happened.throttled > 0
