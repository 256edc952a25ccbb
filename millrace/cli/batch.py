"""`millrace batch`: score objects in S3, or a local file, by a version of the model."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millrace.cli.common import StackName, one_line_errors
from millrace.cli.table_options import with_table_options

if TYPE_CHECKING:
    from millrace.batch.runs import RunProgress, Runs, RunStatus
    from stream_producers.csv_table import CsvFormat

app = typer.Typer(no_args_is_help=True, help="Score objects in S3, or a local file, by a version of the model.")

Wait = Annotated[bool, typer.Option("--wait", help="Wait until it ends; exit code 1 if it is not complete.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
RunName = Annotated[str, typer.Argument(help="Name of the run.")]


def run(
    source: Annotated[str, typer.Argument(help="s3://bucket/prefix, or with --upload a local file.")],
    version: Annotated[str | None, typer.Option(help="The version that scores. [default: the champion]")] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="lines: a line is an event as the model reads it; csv: with a header of feature names; "
            "objects: an object is an event. [default: csv for .csv, else lines]",
        ),
    ] = None,
    upload: Annotated[
        bool,
        typer.Option(
            "--upload", help="Convert a local file, or objects in S3, into the batch bucket: CSV, TSV, Parquet, JSONL."
        ),
    ] = False,
    max_cost: Annotated[
        float, typer.Option(min=0, help="Refuse to start above this estimate, in the prices' currency.")
    ] = 10.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the estimate.")] = False,
    name: Annotated[str | None, typer.Option(help="Name of the run. [default: the time]")] = None,
    wait: Wait = False,
    as_json: AsJson = False,
    stack: StackName = "local",
    *,
    csv: "CsvFormat",
) -> None:
    """Score rows or objects. Prints what it will take, and starts unless that is above --max-cost."""
    from contextlib import ExitStack

    from millrace.batch.estimate import estimate
    from millrace.batch.place import Address, BatchPlace, format_of
    from millrace.batch.runs import Runs, name_now
    from millrace.batch.upload import Conversion, upload_of
    from millrace.console import show
    from millrace.errors import UserError
    from millrace.model import catalogue
    from millrace.stack import Stack

    with one_line_errors(), ExitStack() as ends:
        place = BatchPlace.of(Stack.load(stack))
        called = name or name_now()
        store = place.stack.model_store()
        chosen = version or catalogue.released(store).champion.version
        manifest, _ = store.manifest(chosen)
        uploaded = upload_of(place, source, called, Conversion(manifest, csv, show.note)) if upload else None
        if uploaded:
            ends.callback(uploaded.close)
        address = uploaded.address if uploaded else Address.read(source)
        rows = format_of(address, form)
        expected = uploaded.estimate() if uploaded else estimate(place, address, rows)
        if not as_json:
            show.CONSOLE.print(f"{address} by version {chosen}: {expected.described()}", markup=False)
        if expected.cost > max_cost:
            raise UserError(
                f"expected a cost of up to {max_cost:g} {expected.prices.currency}, got an estimate of "
                f"{expected.cost:.2f}; raise --max-cost to start it"
            )
        if dry_run:
            return
        if uploaded:
            uploaded.put()
        runs = Runs(place)
        execution = runs.start(called, address, chosen, rows)
        if not as_json:
            show.CONSOLE.print(f"run {called} started", markup=False)
        _end(runs, called, execution, wait=wait, as_json=as_json)


def status(run: RunName, wait: Wait = False, as_json: AsJson = False, stack: StackName = "local") -> None:
    """Print what became of a run."""
    with one_line_errors():
        runs = _runs(stack)
        runs.status(run)
        _end(runs, run, runs.execution(run) if wait else "", wait=wait, as_json=as_json, always=True)


def list_runs(as_json: AsJson = False, stack: StackName = "local") -> None:
    """List the runs of a stack, the last first."""
    from rich.markup import escape
    from rich.table import Table

    from millrace.console import show

    with one_line_errors():
        found = list(_runs(stack).all())
        if as_json:
            typer.echo(json.dumps([one.to_json() for one in found]))
            return
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("run", "status", "version", "rows", "predictions", "quarantined", "failed", "input"):
            table.add_column(column, no_wrap=True)
        for one in found:
            counts = one.counts or {}
            numbers = (
                f"{counts[key]:,}" if key in counts else "" for key in ("rows", "predictions", "quarantined", "failed")
            )
            table.add_row(*map(escape, (one.run, one.status, one.version, *numbers, one.source)))
        show.CONSOLE.print(table if found else "no runs yet")


def redrive_run(run: str, *, quarantined: bool, as_json: bool, stack: str) -> None:
    """Of `millrace redrive --batch`: score again what failed, and wait."""
    runs = _runs(stack)
    execution = runs.redrive(run, quarantined=quarantined)
    _end(runs, run, execution, wait=True, as_json=as_json)


def _runs(stack: str) -> "Runs":
    from millrace.batch.place import BatchPlace
    from millrace.batch.runs import Runs
    from millrace.stack import Stack

    return Runs(BatchPlace.of(Stack.load(stack)))


def _end(runs: "Runs", run: str, execution: str, *, wait: bool, as_json: bool, always: bool = False) -> None:
    """Wait with `wait`, and print the run; exit code 1 if it ended and is not complete."""
    from millrace.batch.runs import RUNNING

    error = _followed(runs, execution, quiet=as_json).error if wait else ""
    if not (wait or always or as_json):
        return
    found = runs.status(run)
    if as_json:
        typer.echo(json.dumps(found.to_json()))
    else:
        _print(found, error)
    if found.status != RUNNING and not found.complete:
        raise typer.Exit(1)


def _followed(runs: "Runs", execution: str, *, quiet: bool) -> "RunProgress":
    from millrace.console import show

    if quiet:
        return runs.wait(execution, lambda progress: None)
    with show.bars() as bars:
        task = bars.add_task("items", total=None)

        def advance(progress: "RunProgress") -> None:
            bars.update(task, completed=progress.done, total=progress.items or None)

        return runs.wait(execution, advance)


def _print(found: "RunStatus", error: str) -> None:
    from millrace.console import show

    line: dict[str, Any] = {"run": found.run, "status": found.status, "version": found.version, "input": found.source}
    for name, value in line.items():
        show.CONSOLE.print(f"{name:<12} {value}", markup=False)
    for name, count in (found.counts or {}).items():
        show.CONSOLE.print(f"{name.replace('_', ' '):<12} {count:,}", markup=False)
    for item in found.failed_items[:5]:
        show.CONSOLE.print(f"failed: part {item['part']} ({item['first_object']}): {item['error']}", markup=False)
    if found.error or error:
        show.error(found.error or error)
    if (found.counts or {}).get("failed"):
        show.CONSOLE.print(f"bring them back: millrace redrive --execute --batch {found.run}", markup=False)


app.command("run")(with_table_options(run))
app.command("status")(status)
app.command("list")(list_runs)
