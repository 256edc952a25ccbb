"""The recommendation as text."""

from collections.abc import Iterator, Sequence
from datetime import date

from millrace.capacity.cost import age_months
from millrace.capacity.recommendation import FULL, Demand, Recommendation
from millrace.report.cost import Item, Prices


def text(demand: Demand, sizes: Recommendation, items: Sequence[Item], prices: Prices, today: date) -> str:
    """All of it, in lines."""
    return "\n".join(_lines(demand, sizes, items, prices, today))


def _lines(demand: Demand, sizes: Recommendation, items: Sequence[Item], prices: Prices, today: date) -> Iterator[str]:
    yield (
        f"{demand.events:,.0f} events a second of {demand.event_bytes:,} bytes, "
        f"{demand.event_us:.1f} µs of CPU time each"
    )
    yield ""
    yield "event_stream = {"
    yield f"  shards  = {sizes.shards}"
    yield (
        f"  mapping = {{ batch_size = {sizes.batch_size}, parallelization_factor = {sizes.parallelization_factor}, "
        "window_seconds = 0 }"
    )
    yield "}"
    ranges = ", aggregate_ranges = 256" if demand.aggregated else ""
    size = f", kinesis = {{ shards = {sizes.sink_shards}{ranges} }}" if sizes.sink_shards else ""
    yield f'prediction_sink = {{ type = "{demand.sink.name}"{size} }}'
    yield f"scorer = {{ memory_mb = {sizes.memory_mb}, reserved_concurrency = {sizes.reserved_concurrency} }}"
    yield ""
    yield (
        f"latency     {', '.join(f'p{percent} {seconds:.2f} s' for percent, seconds in sizes.latency.items())} "
        f"(batches of {sizes.batch_records:,.0f}, {sizes.batch_seconds * 1000:.0f} ms each)"
    )
    first = sizes.breaks_first
    yield f"breaks first  {first.what}, at {demand.events / first.share:,.0f} events a second: {first.remedy}"
    for load in sorted(sizes.loads, key=lambda load: -load.share):
        yield f"  {load.share:5.0%}  {load.what}"
    yield ""
    for quota, needed in sizes.exceeded:
        yield f"raise the quota  {quota.service}, {quota.name}: {quota.value:,} by default, {needed:,} needed"
    yield from _costs(items, prices, today)
    yield ""
    yield f"Planned to be {FULL:.0%} full at this rate. Estimates: docs/sources-and-sinks.md, Capacity."


def _costs(items: Sequence[Item], prices: Prices, today: date) -> Iterator[str]:
    width = max(len(item.what) for item in items)
    yield f"a month, {prices.currency}"
    for item in sorted(items, key=lambda item: -item.cost):
        yield f"  {item.what:<{width}}  {item.cost:12,.2f}"
    yield f"  {'all of it':<{width}}  {sum(item.cost for item in items):12,.2f}"
    months = age_months(prices, today)
    yield f"Prices: {prices.region}, {prices.as_of} ({months} months old); {prices.source}."
    yield "Not included: KMS, S3, data transfer, alarms, metrics."
