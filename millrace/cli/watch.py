"""`millrace watch`: a stack while it works."""

from typing import Annotated

import typer

from millrace.cli.common import StackName, one_line_errors
from terminal.bounds import MOST_SECONDS


def watch(
    once: Annotated[
        bool, typer.Option("--once", help="Print one view and exit; the default if the output is not a terminal.")
    ] = False,
    window: Annotated[
        float, typer.Option(min=0, max=MOST_SECONDS, help="With --once: seconds to watch before the view is printed.")
    ] = 15.0,
    since: Annotated[
        float, typer.Option(min=0, max=86_400, help="Start this many seconds ago, with what sink and log still have.")
    ] = 0.0,
    interval: Annotated[float, typer.Option(min=0.5, max=MOST_SECONDS, help="Seconds between two views.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line for each view.")] = False,
    stack: StackName = "local",
) -> None:
    """Watch a stack: rates, latency, quarantine, model and split, expected quality, drift, alarms, last predictions.

    It only reads, and removes no message. Ctrl-C ends it. A missing permission is named in place of its values.
    """
    from millrace.stack import Stack
    from millrace.watch import Options
    from millrace.watch import watch as look

    with one_line_errors():
        options = Options(once, as_json, interval, window, since)
        look(Stack.load(stack), options)
