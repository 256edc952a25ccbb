"""`millrace report`: how a run went."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from millrace.cli.common import MOST_DAYS, one_line_errors
from millrace.paths import SCRATCH


def report(
    run: Annotated[Path | None, typer.Argument(help="The run's folder; the last one kept if left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="The page; report.html in the run's folder if left out.")] = None,
    stack: Annotated[
        str | None, typer.Option("--stack", help="Report on a running stack instead of a kept run.")
    ] = None,
    since: Annotated[
        float, typer.Option(min=0, max=24 * 60 * MOST_DAYS, help="With --stack: how many minutes to look back.")
    ] = 60.0,
    prices: Annotated[Path | None, typer.Option(help="JSON file with prices for the cost estimate.")] = None,
) -> None:
    """Write one HTML page on a run that `make demo` kept, or on a stack: flow, latency, quality, drift, cost."""
    from millrace import report as reports
    from millrace.console import show

    with one_line_errors():
        if stack is not None:
            run = _read_live(stack, since)
        page = reports.write(run or reports.latest(SCRATCH / "runs"), out, prices)
        show.CONSOLE.print(f"report: {os.path.relpath(page)}", markup=False)


def _read_live(stack: str, minutes: float) -> Path:
    """What the stack has of the last minutes, kept like a run but not among the runs."""
    from millrace.console import show
    from millrace.report import live
    from millrace.stack import Stack

    target = Stack.load(stack)
    with show.step("Read sink, failure store and log"):
        return live.keep(target, time.time() - minutes * 60, SCRATCH / "live")
