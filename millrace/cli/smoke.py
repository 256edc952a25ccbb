"""`millrace smoke`: whether a stack does what it should."""

from typing import Annotated

import typer

from millrace.cli.common import StackName, one_line_errors
from terminal.bounds import MOST_SECONDS


def smoke(
    stack: StackName = "local",
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Events to each source.")] = 10,
    fail: Annotated[
        bool,
        typer.Option("--fail/--no-fail", help="Force a failure and redrive it; other events fail meanwhile too."),
    ] = True,
    patience: Annotated[float, typer.Option(min=1, max=MOST_SECONDS, help="Seconds that each part may take.")] = 300.0,
) -> None:
    """Send events through each source, force a failure and redrive it, fire an alarm, look for the log; then count.

    The forced failure lets the scorer's alias point to a version that fails, for as long as it takes. Exit code 1 if
    anything did not happen.
    """
    from millrace.console import show
    from millrace.smoke.run import Smoke
    from millrace.stack import Stack

    with one_line_errors():
        for line in Smoke(Stack.load(stack), count=count, patience=patience).run(fail=fail):
            show.CONSOLE.print(f"✓ {line}", markup=False)
