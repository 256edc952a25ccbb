"""`millrace release`: a version's way into production, in stages, or back."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import StackName, one_line_errors

if TYPE_CHECKING:
    from millrace.releasing.workflows import ReleaseWorkflows, WorkflowStatus
    from millrace.stack import Stack
    from releases.record import WorkflowStep

app = typer.Typer(no_args_is_help=True, help="Bring a version into production in stages, or back.")

Wait = Annotated[bool, typer.Option("--wait", help="Show each step until it ends; exit code 1 if not promoted.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Why = Annotated[str, typer.Option("--why", "-m", help="The reason, for the history.")]
Name = Annotated[str | None, typer.Argument(help="Name of the workflow. [default: the one that runs, or the last]")]


@app.command()
def start(
    version: Annotated[
        str | None, typer.Option(help="A version of the model store; with --train, the new one. [default: the time]")
    ] = None,
    train: Annotated[
        str | None, typer.Option(metavar="TABLE", help="Train a new version first, on this table: s3://bucket/key.")
    ] = None,
    training: Annotated[str, typer.Option(metavar="JSON", help="Further members of the training task's input.")] = "{}",
    backtest_from: Annotated[
        str | None, typer.Option(help="Backtest first, on events that arrived at this time (ISO 8601, UTC) or after.")
    ] = None,
    backtest_to: Annotated[str | None, typer.Option(help="Events that arrived before. [default: now]")] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="File with outcomes of these, JSON lines. [default: the evaluator's stream]")
    ] = None,
    max_cost: Annotated[float, typer.Option(min=0, help="Refuse a backtest above this estimate.")] = 10.0,
    approval: Annotated[
        bool, typer.Option("--approval", help="Wait for `millrace release approve` before promotion.")
    ] = False,
    metric: Annotated[str | None, typer.Option(help="What decides. [default: by the model's objective]")] = None,
    why: Why = "",
    name: Annotated[str | None, typer.Option(help="Name of the workflow. [default: the time]")] = None,
    wait: Wait = False,
    as_json: AsJson = False,
    stack: StackName = "local",
) -> None:
    """Verify a version, let it serve growing shares of the keys, and promote it if it is better.

    Else, and after any failure, the release is as it was before.
    """
    from millrace.console import show
    from millrace.errors import UserError

    with one_line_errors():
        if version is None and train is None:
            raise UserError("expected --version V of the model store, or --train s3://bucket/key; got neither")
        from millrace.batch.runs import name_now
        from millrace.model import operator

        workflows, target = _workflows(stack)
        task = None if train is None else _training(train, training)
        version = version or name_now()
        workflows.check(version, trains=task is not None, name=name)
        given = None
        if backtest_from is not None:
            given = _past(target, (backtest_from, backtest_to), outcomes, max_cost, quiet=as_json)
        started = workflows.start(
            version,
            operator.caller(target),
            why=why,
            metric=metric,
            approval=approval,
            training=task,
            backtest=given,
            name=name,
        )
        if not as_json:
            show.CONSOLE.print(f"release {started} started", markup=False)
        _end(workflows, started, wait=wait, as_json=as_json)


@app.command()
def status(name: Name = None, wait: Wait = False, as_json: AsJson = False, stack: StackName = "local") -> None:
    """Show how far a workflow is: each step, and the evidence so far."""
    with one_line_errors():
        workflows, _ = _workflows(stack)
        _end(workflows, workflows.status(name).execution, wait=wait, as_json=as_json, always=True)


@app.command()
def approve(
    deny: Annotated[bool, typer.Option("--deny", help="Deny it: the release is brought back.")] = False,
    why: Why = "",
    wait: Wait = False,
    as_json: AsJson = False,
    stack: StackName = "local",
) -> None:
    """Give the workflow that waits for it the approval to promote, or deny it."""
    from millrace.model import operator

    with one_line_errors():
        workflows, target = _workflows(stack)
        record = workflows.approve(operator.caller(target), yes=not deny, why=why)
        _end(workflows, record.execution, wait=wait, as_json=as_json)


@app.command()
def abort(why: Why = "", as_json: AsJson = False, stack: StackName = "local") -> None:
    """Stop the workflow that runs; the release is then as it was before."""
    from millrace.model import operator

    with one_line_errors():
        workflows, target = _workflows(stack)
        found = workflows.abort(operator.caller(target), why)
        typer.echo(json.dumps(found.to_json())) if as_json else _print(found)


def _training(table: str, more: str) -> "dict[str, object]":
    """The training task's input. Raises UserError."""
    from millrace.errors import UserError

    try:
        read = json.loads(more)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise UserError(f"--training: expected a JSON object, got {more!r:.80}")
    return {"table": table, **read}


def _past(
    target: "Stack", times: tuple[str, str | None], outcomes: Path | None, max_cost: float, *, quiet: bool
) -> dict[str, str]:
    """Past events for the workflow to score by both versions, uploaded last.

    Raises UserError, also above the highest cost.
    """
    from millrace.backtest import truth
    from millrace.backtest.events import moment
    from millrace.batch.place import BatchPlace
    from millrace.console import show
    from millrace.errors import UserError
    from millrace.releasing import past

    place, now = BatchPlace.of(target), datetime.now(UTC)
    begin, end = moment(times[0], "--backtest-from"), moment(times[1], "--backtest-to") if times[1] else now
    happened = truth.of_file(outcomes) if outcomes else truth.of_stack(target, begin, now)
    with past.collected(place, begin, end) as found:
        cost = 2 * found.expected.cost
        described = f"{found.events:,} past events by both versions: about {cost:.2f} {found.expected.prices.currency}"
        if cost > max_cost:
            raise UserError(f"expected a cost of up to {max_cost:g}, got {described}; raise --max-cost")
        if not quiet:
            show.CONSOLE.print(described, markup=False)
        return past.put(place, found, happened)


def _workflows(stack: str) -> "tuple[ReleaseWorkflows, Stack]":
    from millrace.releasing.workflows import ReleaseWorkflows
    from millrace.stack import Stack

    target = Stack.load(stack)
    return ReleaseWorkflows.of(target), target


def _end(workflows: "ReleaseWorkflows", name: str, *, wait: bool, as_json: bool, always: bool = False) -> None:
    """Follow it with `wait`, and print it; exit code 1 if it ended without a promotion."""
    from millrace.releasing.workflows import RUNNING

    if wait:
        quiet = as_json
        found = workflows.wait(name, _nothing if quiet else _print_step, _nothing if quiet else _print_look)
    elif always or as_json:
        found = workflows.status(name)
    else:
        return
    if as_json:
        typer.echo(json.dumps(found.to_json()))
    else:
        _print(found, steps=not wait)
    if found.status != RUNNING and not found.promoted:
        raise typer.Exit(1)


def _nothing(_: object) -> None:
    pass


def _print_step(step: "WorkflowStep") -> None:
    from millrace.console import show

    show.CONSOLE.print(f"{step.at[11:19]}  {step.name:<9} {step.detail}", markup=False)


def _print_look(line: str) -> None:
    from millrace.console import show

    show.CONSOLE.print(f"{'':<20}{line}", markup=False)


def _print(found: "WorkflowStatus", *, steps: bool = True) -> None:
    from millrace.console import show

    for step in found.steps if steps else ():
        _print_step(step)
    record = found.record
    if record is None:
        show.CONSOLE.print(f"release {found.execution}: {found.status}", markup=False)
        if found.error:
            show.error(found.error)
        return
    if record.running and record.evidence and steps:
        _print_look(record.evidence)
    ending = f"{record.version} {record.state}{f': {record.reason}' if record.reason else ''}"
    show.CONSOLE.print(f"release {found.execution}: {ending}", markup=False)
