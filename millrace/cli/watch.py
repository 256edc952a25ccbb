"""`millrace watch`: a stack while it works."""

from typing import Annotated

import typer

from millrace.cli.common import StackName, one_line_errors


def watch(
    once: Annotated[bool, typer.Option("--once", help="One look; so too where the output is no terminal.")] = False,
    window: Annotated[float, typer.Option(min=0, help="How long to watch for one look, in seconds.")] = 15.0,
    since: Annotated[
        float, typer.Option(min=0, max=86_400, help="Begin this many seconds ago, with what sink and log still have.")
    ] = 0.0,
    interval: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, an object a line for each look.")] = False,
    stack: StackName = "local",
) -> None:
    """Watch a stack: rates, latency, quarantine, model and split, drift, alarms, the last predictions.

    It only reads, and takes nothing away from anybody. Ctrl-C ends it. What you may not ask is said in its place.
    """
    from millrace.stack import Stack
    from millrace.watch import Options
    from millrace.watch import watch as look

    with one_line_errors():
        options = Options(once, as_json, interval, window, since)
        look(Stack.load(stack), options)
