"""`millrace report`: how a run went."""

import os
from pathlib import Path
from typing import Annotated

import typer

from millrace.cli.common import one_line_errors
from millrace.paths import SCRATCH


def report(
    run: Annotated[Path | None, typer.Argument(help="The run's folder; the last one kept if left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="The page; report.html in the run's folder if left out.")] = None,
    prices: Annotated[Path | None, typer.Option(help="JSON file with prices for the cost estimate.")] = None,
) -> None:
    """Write one HTML page on a run that `make demo` kept: flow, latency, quality, drift, batches, cost."""
    from millrace import report as reports
    from millrace.console import show

    with one_line_errors():
        page = reports.write(run or reports.latest(SCRATCH / "runs"), out, prices)
        show.CONSOLE.print(f"report: {os.path.relpath(page)}", markup=False)
