"""`millrace redrive`: bring back what failed."""

import json
import threading
from contextlib import nullcontext
from dataclasses import asdict
from enum import StrEnum
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millrace.cli.common import StackName, one_line_errors
from millrace.console import signals
from records.faults import Code
from terminal.bounds import MOST_EVENTS

if TYPE_CHECKING:
    from rich.table import Table

    from millrace.redrive import Redrive, RedriveResult, Selection, Survey


class From(StrEnum):
    """Where failed events are."""

    ON_FAILURE = "on-failure"
    DEAD_LETTERS = "dead-letters"
    QUARANTINE = "quarantine"


def redrive(
    execute: Annotated[bool, typer.Option("--execute", help="Redrive; without it, only show what is waiting.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Score what is waiting, show the result, and change nothing.")
    ] = False,
    origins: Annotated[
        list[From] | None,
        typer.Option("--from", help="Where to redrive from; may be repeated. [default: on-failure, dead-letters]"),
    ] = None,
    code: Annotated[
        list[Code] | None, typer.Option(help="Only quarantined events with this code; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Events that arrived at this time (ISO 8601, UTC) or after.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Events that arrived before this time.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=MOST_EVENTS, help="Redrive up to this many records.")] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            help="A run of `millrace batch`: score its failed items again; with --from quarantine also faulty rows."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    stack: StackName = "local",
) -> None:
    """Send failed events through the scorer again, under their original prediction ids.

    Ctrl-C ends it after the current chunk; run it again to continue. Exit code 1 if anything failed again.
    """
    from millrace.cli.batch import redrive_run
    from millrace.console import show
    from millrace.redrive import Selection, seconds
    from millrace.redrive.stack import for_stack
    from millrace.stack import Stack

    if execute and dry_run:
        raise typer.BadParameter("expected one of --execute and --dry-run, got both")
    with one_line_errors():
        if batch is not None:
            if not execute:
                raise typer.BadParameter("expected --execute with --batch: `millrace batch status` shows what failed")
            quarantined = From.QUARANTINE in (origins or ())
            redrive_run(batch, quarantined=quarantined, as_json=as_json, stack=stack)
            return
        selection = Selection(
            origins=frozenset(map(str, origins or (From.ON_FAILURE, From.DEAD_LETTERS))),
            codes=frozenset(map(str, code or ())),
            since=None if since is None else seconds(since),
            until=None if until is None else seconds(until),
            limit=limit,
        )
        work = for_stack(Stack.load(stack))
        survey = _survey(work, selection, as_json=as_json)
        result = _run(work, selection, survey, dry=not execute, as_json=as_json) if execute or dry_run else None
        if as_json:
            typer.echo(json.dumps(_document(survey, result, executed=execute)))
        elif result is not None:
            show.CONSOLE.print(_result_table(survey, result, executed=execute))
        _complain(survey, result)
        if result is not None and not result.complete:
            raise typer.Exit(130 if result.stopped else 1)


def _survey(work: "Redrive", selection: "Selection", *, as_json: bool) -> "Survey":
    from millrace.console import show

    if as_json:
        return work.survey(selection)
    with show.step("Looked at what waits"):
        survey = work.survey(selection)
    show.CONSOLE.print(_survey_table(survey) if survey.records else "nothing waits that would be redriven")
    return survey


def _run(work: "Redrive", selection: "Selection", survey: "Survey", *, dry: bool, as_json: bool) -> "RedriveResult":
    """Redrive, with a bar; Ctrl-C ends it after the chunk under way, a second one at once."""
    from millrace.console import show
    from millrace.redrive import RedriveResult

    if not survey.records:
        return RedriveResult(unreadable=survey.unreadable)
    stop = threading.Event()

    def asked_to_stop(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        show.ERRORS.print("ending after the chunk under way; Ctrl-C again ends at once")

    with show.bars() if not as_json else nullcontext() as bars, signals.handled(signals.ENDING, asked_to_stop):
        task = bars.add_task("redriven", total=survey.records) if bars else None

        def advance(result: "RedriveResult") -> None:
            if bars and task is not None:
                bars.update(task, completed=result.tried)

        return work.run(selection, dry=dry, on_progress=advance, stopped=stop.is_set)


def _complain(survey: "Survey", result: "RedriveResult | None") -> None:
    from millrace.console import show

    for name in result.unreadable if result else survey.unreadable:
        show.error(f"{name}: is nothing that the scorer or Lambda writes; it is left where it is")
    if result is not None and result.trouble:
        show.error(result.trouble)
    if result is not None and result.stopped:
        show.error("interrupted: run it again to continue")


def _survey_table(survey: "Survey") -> "Table":
    from rich.markup import escape
    from rich.table import Table

    from records.timestamps import timestamp

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("from", "reason", "arrived on", "first", "last", "records"):
        table.add_column(column, justify="right" if column == "records" else "left", no_wrap=True)
    for group, tally in sorted(survey.groups.items()):
        times = (timestamp(tally.first)[11:16], timestamp(tally.last)[11:16])
        table.add_row(group.origin, escape(group.reason), group.day, *times, f"{tally.records:,}")
    return table


def _result_table(survey: "Survey", result: "RedriveResult", *, executed: bool) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Redriven" if executed else "What a redrive would do", title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row("predictions", f"{result.predictions:,}")
    if result.ignored:
        table.add_row("ignored, no events", f"{result.ignored:,}")
    table.add_row("quarantined again", f"{result.quarantined.total():,}")
    for code, count in result.quarantined.most_common():
        table.add_row(f"  [dim]{escape(code)}[/]", f"[dim]{count:,}[/]")
    colour = "red" if result.failed else "green"
    table.add_row(f"[{colour}]failed again[/]", f"[{colour}]{result.failed.total():,}[/]")
    for reason, count in result.failed.most_common():
        table.add_row(f"  [dim]{escape(reason)}[/]", f"[dim]{count:,}[/]")
    table.add_row("left, not tried", f"{_left(survey, result):,}")
    return table


def _document(survey: "Survey", result: "RedriveResult | None", *, executed: bool) -> dict[str, Any]:
    """What `--json` prints."""
    from records.timestamps import timestamp

    waiting = [
        {
            "from": group.origin,
            "reason": group.reason,
            "day": group.day,
            "first_arrival": timestamp(tally.first),
            "last_arrival": timestamp(tally.last),
            "records": tally.records,
        }
        for group, tally in sorted(survey.groups.items())
    ]
    document = {"executed": executed, "waiting": waiting, "records": survey.records}
    if result is None:
        return document | {"unreadable": survey.unreadable}
    return document | asdict(result) | {"left": _left(survey, result)}


def _left(survey: "Survey", result: "RedriveResult") -> int:
    """What was seen and not tried; more may have come meanwhile."""
    return max(0, survey.records - result.tried)
