"""`millrace backtest`: past events through a candidate."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import StackName, one_line_errors

if TYPE_CHECKING:
    from millrace.batch.runs import RunProgress


def backtest(
    begin: Annotated[str, typer.Option("--from", help="Events that arrived at this time (ISO 8601, UTC) or after.")],
    version: Annotated[str, typer.Option(help="The candidate.")],
    end: Annotated[
        str | None, typer.Option("--to", help="Events that arrived before this time. [default: now]")
    ] = None,
    captured: Annotated[
        bool, typer.Option("--captured", help="Captured rows, in place of the stream's events.")
    ] = False,
    against: Annotated[str | None, typer.Option(help="The version to compare with. [default: the champion]")] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="File with outcomes, JSON lines. [default: the evaluator's stream]")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="What decides. [default: by the model's objective]")] = None,
    max_cost: Annotated[float, typer.Option(min=0, help="Refuse to start above this estimate.")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
    stack: StackName = "local",
) -> None:
    """Score past events of the stream by a candidate and by the champion, and compare both by what happened.

    The events come from the stream's retention, or are captured rows. Predictions go to batches' own bucket: nothing
    reaches the sink.
    """
    from millrace.backtest import captured as captured_rows
    from millrace.backtest import events, run, truth
    from millrace.backtest.events import moment
    from millrace.batch.place import BatchPlace
    from millrace.console import show
    from millrace.errors import UserError
    from millrace.model import catalogue
    from millrace.stack import Stack

    with one_line_errors():
        place = BatchPlace.of(Stack.load(stack))
        now = datetime.now(UTC)
        first, last = moment(begin, "--from"), moment(end, "--to") if end else now
        happened = truth.of_file(outcomes) if outcomes else truth.of_stack(place.stack, first, now)
        champion = against or catalogue.released(place.stack.model_store()).champion.version
        if captured:
            lines = captured_rows.lines(place.stack, champion, first, last)
            kept = "capture keeps rows for capture.keep_days"
        else:
            lines = events.lines(place.stack, place.stack.outputs["model"]["name"], first, last)
            kept = "streams keep them for event_stream.retention_hours; captured rows are read with --captured"
        none = f"expected events from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, found none: {kept}"
        with run.collected(place, lines, none) as past:
            cost = 2 * past.expected.cost
            if not as_json:
                currency = past.expected.prices.currency
                described = f"{past.events:,} events by {champion} and {version}: about {cost:.2f} {currency}"
                show.CONSOLE.print(described, markup=False)
            if cost > max_cost:
                raise UserError(
                    f"expected a cost of up to {max_cost:g}, got an estimate of {cost:.2f}; raise --max-cost"
                )
            past.put(place.stack.client("s3"))
        with nullcontext() if as_json else show.step("Both versions scored") as step:

            def advance(progress: "RunProgress") -> None:
                if step:
                    step(progress.done, progress.items, "items")

            verdict = run.compare(place, past, (champion, version), happened, metric, advance)
        if as_json:
            typer.echo(json.dumps(verdict.to_json()))
        else:
            show.CONSOLE.print(verdict.line(), markup=False)
