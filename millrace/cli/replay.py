"""`millrace replay`: your own rows or recorded events through a stack."""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import BadFraction, Rate, Seed, StackName, one_line_errors, written
from terminal.bounds import MOST_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from model_store.manifest import Manifest
    from stream_producers.csv_table import CsvFormat
    from stream_producers.event import Event
    from stream_producers.receipts import Receipt
    from stream_producers.report import Report


def replay(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, Parquet or JSONL, .gz or not.", exists=True, dir_okay=False)],
    label: Annotated[
        str | None, typer.Option(help="Column with the true outcome; it is not sent in the events.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column with the event ids; file name and row number if left out.")
    ] = None,
    as_is: Annotated[
        bool | None,
        typer.Option(
            "--as-is/--rows",
            help="Whether lines are events already. If left out: those of a JSONL file, if the model reads them.",
        ),
    ] = None,
    per_record: Annotated[
        int,
        typer.Option(min=1, max=MOST_EVENTS, help="Rows in each record, where the model reads several events of one."),
    ] = 1,
    skip: Annotated[int, typer.Option(min=0, max=MOST_EVENTS, help="Rows to leave out at the beginning.")] = 0,
    count: Annotated[
        int | None, typer.Option(min=0, max=MOST_EVENTS, help="Number of events; the whole file if left out.")
    ] = None,
    rate: Rate = None,
    bad_fraction: BadFraction = 0.0,
    seed: Seed = 7,
    to: Annotated[
        str, typer.Option(help="The source: event_stream, event_topic or another of the stack.")
    ] = "event_stream",
    outcomes: Annotated[
        bool, typer.Option(help="Send the true outcomes to the evaluator, if the stack has one.")
    ] = True,
    receipts: Annotated[Path | None, typer.Option(help="File for a JSON line about each accepted event.")] = None,
    stack: StackName = "local",
    *,
    csv: "CsvFormat",
) -> None:
    """Send a file to a stack, in the form that its champion reads; exit code 1 if an event was not accepted.

    Rows become events with the model's features, in the format, envelope and compression that its manifest states; a
    label becomes outcomes. Lines of a JSONL file that are events already are sent unchanged.
    """
    from itertools import islice

    from millrace.console import show
    from millrace.model import catalogue
    from millrace.replay import rows, send
    from millrace.stack import Stack
    from stream_producers.bad import with_bad
    from stream_producers.event import FeatureSpec
    from stream_producers.pace import Pace

    with one_line_errors():
        target = Stack.load(stack)
        store = target.model_store()
        release = catalogue.released(store)
        manifest, _ = store.manifest(release.champion.version)
        way = send.target(target, to)
        send.check_bytes(manifest, to, way)
        sent_as = _read(file, manifest, label, id_column, as_is, csv)
        total = max(0, sent_as.length - skip) if count is None else min(count, max(0, sent_as.length - skip))
        events: Iterator[Event] = islice(sent_as.events, skip, skip + total)
        if bad_fraction:
            rows.check_usual(manifest)
            specs = [FeatureSpec(f.name, f.type, f.allow_missing, f.categories) for f in manifest.features]
            events = with_bad(events, bad_fraction, specs, seed=seed, text_only=way.text_only)
        if not sent_as.recorded:
            events = rows.records(events, manifest, per_record)
            total = -(-total // per_record)
        send.wait_for_release(target, release, lambda line: show.CONSOLE.print(line, markup=False))
        with _receipts_to(receipts) as write, show.bars() as bars:
            task = bars.add_task(f"sent to {to.replace('_', ' ')}", total=total)
            report, accepted = send.send(
                events, way, Pace(rate=rate or None), lambda report: bars.update(task, completed=report.sent)
            )
            write(accepted)
        _print_report(to, report, len(accepted))
        sent = send.send_outcomes(target, accepted) if outcomes else None
        if sent is not None:
            show.CONSOLE.print(f"outcomes: sent {sent.sent:,}, failed {sent.failed:,}")
        if report.failed or (sent is not None and sent.failed):
            raise typer.Exit(1)


@contextmanager
def _receipts_to(path: Path | None) -> "Iterator[Callable[[Sequence[Receipt]], None]]":
    """What takes the receipts: a file, which is opened before anything is sent."""
    from stream_producers.receipts import ReceiptFile

    if path is None:
        yield lambda receipts: None
        return
    with written(path), ReceiptFile(path) as file:
        yield file


@dataclass(frozen=True, slots=True)
class _Read:
    """What a file has. recorded : records as they were, rather than rows."""

    events: "Iterator[Event]"
    length: int
    recorded: bool


def _read(
    file: Path,
    manifest: "Manifest",
    label: str | None,
    id_column: str | None,
    as_is: bool | None,
    csv: "CsvFormat",
) -> _Read:
    """Columns with a role are columns of a table, whatever its lines look like."""
    from millrace.console import show
    from millrace.replay import rows
    from millrace.replay.recorded import RecordedEvents
    from stream_producers.tables import read_table

    recorded = RecordedEvents(file, manifest)
    if (not (label or id_column) and recorded.found()) if as_is is None else as_is:
        show.CONSOLE.print("sent as they are: the lines are events already (--rows: they are rows)", markup=False)
        return _Read(recorded.events(), recorded.count(), recorded=True)
    table = read_table(file, csv, note=show.note)
    left_out = rows.columns_left_out(table, manifest, [name for name in (label, id_column) if name])
    if left_out:
        show.CONSOLE.print(f"left out, as the model does not read them: {', '.join(left_out)}", markup=False)
    for note in rows.notes(table, manifest):
        show.note(note)
    return _Read(
        rows.events(table, manifest, file.stem, label=label, id_column=id_column), table.height, recorded=False
    )


def _print_report(to: str, report: "Report", events: int) -> None:
    from millrace.console import show

    several = f" records with {events:,} events" if events != report.sent else ""
    show.CONSOLE.print(
        f"{to}: sent {report.sent:,}{several}, resent {report.resent:,}, failed {report.failed:,}", markup=False
    )
    for reason, times in report.reasons.most_common():
        show.CONSOLE.print(f"  {times:,} × {reason}", markup=False)
