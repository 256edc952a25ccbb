"""The sink that the configuration names."""

from collections.abc import Callable
from typing import Any

from sinks.kinesis import KinesisSink
from sinks.kinesis_aggregated import AggregatingKinesisSink
from sinks.sink import Sink
from sinks.sns import SnsSink
from sinks.sqs import SqsSink


def make_sink(kind: str, target: str, client: Callable[[str], Any], aggregate_ranges: int = 0) -> Sink:
    """The sink of type `kind` (kinesis, sns, sqs); `client` makes the client of a service.

    aggregate_ranges : of a Kinesis sink; 0: a record for each prediction.
    """
    if kind == "kinesis" and aggregate_ranges:
        return AggregatingKinesisSink(client(kind), target, aggregate_ranges)
    sinks: dict[str, Callable[[Any, str], Sink]] = {"kinesis": KinesisSink, "sns": SnsSink, "sqs": SqsSink}
    return sinks[kind](client(kind), target)
