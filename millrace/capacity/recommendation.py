"""Sizes for a demand: shards first, then batches, concurrent batches and concurrency; and how full each is."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from millrace.capacity import quotas
from millrace.capacity.service_time import ServiceTime
from millrace.errors import UserError
from millrace.services import kinesis
from millrace.services.quota import Quota
from millrace.sinks import SINKS
from millrace.sinks.operations import SinkOperations

MOST_EVENTS = 1_000_000  # a second: beyond, several streams and accounts are needed
# Hash keys fill shards unevenly, and traffic has peaks: nothing is planned to be fuller than this.
FULL = 0.7
# Lambda reads each shard once a second.
POLL_SECONDS = 1.0
# What a Kinesis record has in addition in the event that Lambda sends: base64, and the envelope.
ENVELOPE_BYTES = 450
PREDICTION_BYTES = 650  # in the full form
USUAL_SINK = next(iter(SINKS.values()))


@dataclass(frozen=True, slots=True)
class Demand:
    """events : a second. event_us : CPU time of one in microseconds. age_seconds : how long one may wait, at the 99th
    percentile. aggregated : predictions share records of a Kinesis sink.
    """

    events: float
    event_bytes: int
    event_us: float
    sink: SinkOperations = USUAL_SINK
    age_seconds: float = 5.0
    aggregated: bool = False


@dataclass(frozen=True, slots=True)
class ResourceLoad:
    """How full a resource is, 1 being its limit, and what is done about it."""

    what: str
    share: float
    remedy: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """latency : seconds from arrival to prediction, by percentile. exceeded : quotas to raise, with what is needed."""

    shards: int
    sink_shards: int
    parallelization_factor: int
    batch_size: int
    memory_mb: int
    reserved_concurrency: int
    batch_records: float
    batch_seconds: float
    invocations: float
    latency: dict[int, float]
    loads: tuple[ResourceLoad, ...]
    exceeded: tuple[tuple[Quota, int], ...]

    @property
    def breaks_first(self) -> ResourceLoad:
        return max(self.loads, key=lambda load: load.share)


def recommend(demand: Demand, service: ServiceTime) -> Recommendation:
    """The sizes for a demand. Raises UserError where no size would do."""
    _check(demand)
    shards = _shards(demand.events, demand.event_bytes, demand.events)
    on_shard = demand.events / shards
    in_batch = demand.event_bytes * 4 / 3 + ENVELOPE_BYTES
    largest = min(quotas.BATCH_RECORDS, int(quotas.BATCH_BYTES / in_batch))
    factor, records, seconds = _lanes(on_shard, largest, service)
    slowest = POLL_SECONDS + 2 * seconds
    if slowest > demand.age_seconds:
        raise UserError(
            f"age: expected {demand.age_seconds:g} s or less at the 99th percentile, got {slowest:.1f} s: Lambda reads "
            f"a shard once a second, and a batch takes {seconds:.2f} s; allow more (--age-seconds), or have less CPU "
            "time an event"
        )
    concurrency = shards * factor
    reserved = concurrency + max(2, math.ceil(concurrency * 0.1))
    sink_shards = _sink_shards(demand)
    return Recommendation(
        shards=shards,
        sink_shards=sink_shards,
        parallelization_factor=factor,
        batch_size=largest if records * 1.5 > largest else max(100, math.ceil(records * 1.5 / 100) * 100),
        memory_mb=service.memory_mb,
        reserved_concurrency=reserved,
        batch_records=records,
        batch_seconds=seconds,
        invocations=concurrency / max(POLL_SECONDS, seconds),
        latency={percent: POLL_SECONDS * percent / 100 + seconds for percent in (50, 90, 99)},
        loads=tuple(_loads(demand, shards, sink_shards, factor, records, seconds)),
        exceeded=tuple(_exceeded(demand, shards + sink_shards, reserved)),
    )


def _check(demand: Demand) -> None:
    if not 0 < demand.events <= MOST_EVENTS:
        raise UserError(
            f"--events-per-second: expected more than 0 and up to {MOST_EVENTS:,}, got {demand.events:,.0f}; divide "
            "more among several streams and accounts"
        )
    if not 1 <= demand.event_bytes <= quotas.RECORD_BYTES:
        raise UserError(f"--event-bytes: expected 1 to {quotas.RECORD_BYTES:,}, got {demand.event_bytes:,}")
    if not 0 < demand.age_seconds < math.inf:
        raise UserError(f"--age-seconds: expected a number of seconds above 0, got {demand.age_seconds:g}")
    if demand.aggregated and demand.sink.resource != kinesis.RESOURCE:
        raise UserError(f"--aggregated: expected a Kinesis sink, which takes aggregates, got {demand.sink.name}")


def _shards(records: float, size: float, events: float) -> int:
    """For records, and events of `size` bytes, a second."""
    needed = max(records / quotas.SHARD_RECORDS, events * size / quotas.SHARD_BYTES)
    return max(1, math.ceil(needed / FULL))


def _sink_shards(demand: Demand) -> int:
    if demand.sink.resource != kinesis.RESOURCE:
        return 0
    records = demand.events / 50 if demand.aggregated else demand.events
    return _shards(records, PREDICTION_BYTES, demand.events)


def _lanes(on_shard: float, largest: int, service: ServiceTime) -> tuple[int, float, float]:
    """Concurrent batches a shard, records in one, and its seconds: the fewest that keep up. Raises UserError."""
    for factor in range(1, quotas.PARALLELIZATION + 1):
        records = min(largest, max(1.0, on_shard * POLL_SECONDS / factor))
        seconds = service.seconds(records)
        if on_shard / factor * seconds <= FULL * records:
            return factor, records, seconds
    raise UserError(
        f"a shard's {on_shard:,.0f} events a second take more than {quotas.PARALLELIZATION} concurrent batches at "
        f"{service.event_us:,.0f} µs an event: use a smaller model, more memory, or a sink with larger calls"
    )


def _loads(
    demand: Demand, shards: int, sink_shards: int, factor: int, records: float, seconds: float
) -> Iterator[ResourceLoad]:
    yield ResourceLoad(
        "records written to a shard", demand.events / shards / quotas.SHARD_RECORDS, "more event_stream.shards"
    )
    yield ResourceLoad(
        "bytes written to a shard",
        demand.events * demand.event_bytes / shards / quotas.SHARD_BYTES,
        "more event_stream.shards",
    )
    yield ResourceLoad(
        "time of a shard's batches",
        demand.events / shards / factor * seconds / records,
        "a higher event_stream.mapping.parallelization_factor, then more shards",
    )
    if sink_shards and not demand.aggregated:
        share = demand.events / sink_shards / quotas.SHARD_RECORDS
        yield ResourceLoad(
            "records written to a shard of the sink", share, "more prediction_sink.kinesis.shards, or aggregation"
        )
    if sink_shards:
        share = demand.events * PREDICTION_BYTES / sink_shards / quotas.SHARD_BYTES
        yield ResourceLoad("bytes written to a shard of the sink", share, "more prediction_sink.kinesis.shards")
    if rate := demand.sink.quota:
        yield ResourceLoad(f"{rate.service}, {rate.name}", demand.events / rate.value, "raise the quota")


def _exceeded(demand: Demand, shards: int, reserved: int) -> Iterator[tuple[Quota, int]]:
    if shards > quotas.SHARDS.value:
        yield quotas.SHARDS, shards
    if reserved + quotas.UNRESERVED > quotas.CONCURRENCY.value:
        yield quotas.CONCURRENCY, reserved + quotas.UNRESERVED
    rate = demand.sink.quota
    if rate and demand.events > rate.value:
        yield rate, math.ceil(demand.events)
