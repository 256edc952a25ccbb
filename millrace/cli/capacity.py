"""`millrace capacity`: what a stack needs for a rate of events."""

from pathlib import Path
from typing import Annotated

import typer

from millrace.cli.common import one_line_errors
from terminal.bounds import MOST_SECONDS


def capacity(
    events_per_second: Annotated[float, typer.Option(help="Events a second, at the peak; up to 1,000,000.")],
    event_bytes: Annotated[int, typer.Option(help="Bytes of an event.")] = 400,
    model: Annotated[
        Path | None, typer.Option(help="XGBoost's model file or an artifact's folder; 300 trees if left out.")
    ] = None,
    event_microseconds: Annotated[
        float | None, typer.Option(min=0.1, help="CPU time of an event in place of the model's estimate.")
    ] = None,
    sink: Annotated[str | None, typer.Option(help="Type of the prediction sink; Kinesis if left out.")] = None,
    aggregated: Annotated[bool, typer.Option(help="Aggregate predictions in a Kinesis sink.")] = False,
    age_seconds: Annotated[
        float, typer.Option(min=0, max=MOST_SECONDS, help="How long an event may wait, at the 99th percentile.")
    ] = 5.0,
    architecture: Annotated[str, typer.Option(help="arm64 or x86_64.")] = "arm64",
    prices: Annotated[Path | None, typer.Option(help="JSON file with prices; those of the report if left out.")] = None,
) -> None:
    """Print sizes, latency, cost a month and what breaks first for a rate of events. It makes no call to AWS."""
    from datetime import UTC, datetime

    from millrace.capacity import show
    from millrace.capacity.cost import monthly
    from millrace.capacity.recommendation import Demand, recommend
    from millrace.capacity.service_time import MEASURED_TREES, ServiceTime
    from millrace.capacity.service_time import event_microseconds as estimated
    from millrace.capacity.trees import number_of_trees
    from millrace.console import show as console
    from millrace.errors import UserError
    from millrace.report.cost import Prices
    from millrace.sinks import SINKS, sink_part

    with one_line_errors():
        part = sink_part(sink) if sink else next(iter(SINKS.values()))
        if architecture not in ("arm64", "x86_64"):
            raise UserError(f"--architecture: expected arm64 or x86_64, got {architecture!r}")
        trees = number_of_trees(model) if model else MEASURED_TREES
        event_us = event_microseconds or estimated(event_bytes, trees)
        demand = Demand(events_per_second, event_bytes, event_us, part, age_seconds, aggregated)
        sizes = recommend(demand, ServiceTime(event_us, part.entries))
        read = Prices.read(prices)
        items = monthly(demand, sizes, read, architecture)
        console.CONSOLE.print(show.text(demand, sizes, items, read, datetime.now(UTC).date()), markup=False)
