"""What a recommendation costs a month, by part, with the report's prices."""

import math
from collections.abc import Iterator
from datetime import date

from millrace.capacity.recommendation import PREDICTION_BYTES, Demand, Recommendation
from millrace.report.cost import Item, Prices
from millrace.services.charges import HOURS_A_MONTH, MILLION

SECONDS_A_MONTH = HOURS_A_MONTH * 3600
PUT_UNIT_BYTES = 25 * 1024
LOG_BYTES = 1_500  # of an invocation


def monthly(demand: Demand, sizes: Recommendation, prices: Prices, architecture: str = "arm64") -> list[Item]:
    """Each part for a month of this rate."""
    return [item for item in _items(demand, sizes, prices, architecture) if item.quantity]


def _items(demand: Demand, sizes: Recommendation, prices: Prices, architecture: str) -> Iterator[Item]:
    price, events = prices.prices, demand.events * SECONDS_A_MONTH
    invocations = sizes.invocations * SECONDS_A_MONTH
    units = events * math.ceil(demand.event_bytes / PUT_UNIT_BYTES)
    yield Item("event stream, shard hours", sizes.shards * HOURS_A_MONTH, price["kinesis_shard_hour"])
    yield Item("event stream, units of 25 KB", units, price["kinesis_million_put_units"], per=MILLION)
    yield Item("Lambda requests", invocations, price["lambda_million_requests"], per=MILLION)
    yield Item(
        "Lambda GB-seconds",
        invocations * sizes.batch_seconds * sizes.memory_mb / 1024,
        price[f"lambda_gb_second_{architecture}"],
    )
    yield Item("prediction sink, shard hours", sizes.sink_shards * HOURS_A_MONTH, price["kinesis_shard_hour"])
    for charge in demand.sink.charges:
        number = events * charge.each
        if demand.aggregated:  # a unit holds what fits into its bytes
            number = math.ceil(events * PREDICTION_BYTES / PUT_UNIT_BYTES)
        yield Item(f"prediction sink, {charge.what}", number, price[charge.price], charge.note, charge.per)
    yield Item("CloudWatch Logs, GB", invocations * LOG_BYTES / 1e9, price["logs_gb"])


def age_months(prices: Prices, today: date) -> int:
    """How old the prices are, by their month."""
    year, month = map(int, prices.as_of.split("-")[:2])
    return (today.year - year) * 12 + today.month - month
