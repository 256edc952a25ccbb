"""`millrace replay`: your own rows or recorded events through a stack."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import BadFraction, DecimalComma, Null, Rate, Seed, Separator, StackName, one_line_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_store.manifest import Manifest
    from stream_producers.event import Event


def replay(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, Parquet or JSONL, .gz or not.", exists=True, dir_okay=False)],
    label: Annotated[
        str | None, typer.Option(help="Column with the true outcome; it is not sent in the events.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column with the event ids; file name and row number if left out.")
    ] = None,
    null: Null = None,
    separator: Separator = None,
    decimal_comma: DecimalComma = None,
    as_is: Annotated[
        bool | None,
        typer.Option(
            "--as-is/--rows", help="Whether the lines of a JSONL file are events; found in its first line if left out."
        ),
    ] = None,
    skip: Annotated[int, typer.Option(min=0, help="Rows to leave out at the beginning.")] = 0,
    count: Annotated[int | None, typer.Option(min=0, help="Number of events; the whole file if left out.")] = None,
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
) -> None:
    """Send a file to a stack, in the form that its champion reads; exit code 1 if an event was not accepted.

    Rows become events with the model's features, and the label becomes outcomes. Lines of a JSONL file that are events
    already are sent unchanged.
    """
    from itertools import islice

    from millrace.console import show
    from millrace.model import catalogue
    from millrace.replay import recorded, send
    from millrace.stack import Stack
    from stream_producers.bad import with_bad
    from stream_producers.event import FeatureSpec
    from stream_producers.pace import Pace
    from stream_producers.receipts import ReceiptFile

    with one_line_errors():
        target = Stack.load(stack)
        store = target.model_store()
        manifest, _ = store.manifest(catalogue.released(store).champion.version)
        if recorded.are_events(file, manifest) if as_is is None else as_is:
            events, length = recorded.events(file, manifest), recorded.count(file)
        else:
            events, length = _rows(file, manifest, label, id_column, null, separator, decimal_comma)
        way = send.target(target, to)
        events = islice(events, skip, None)
        if bad_fraction:
            specs = [FeatureSpec(f.name, f.type, f.allow_missing, f.categories) for f in manifest.features]
            events = with_bad(events, bad_fraction, specs, seed=seed, text_only=way.text_only)
        total = max(0, length - skip) if count is None else min(count, max(0, length - skip))
        with show.bars() as bars:
            task = bars.add_task(f"sent to {to.replace('_', ' ')}", total=total)
            report, accepted = send.send(
                events,
                way,
                Pace(rate=rate or None, count=count),
                lambda report: bars.update(task, completed=report.sent),
            )
        show.CONSOLE.print(
            f"{to}: sent {report.sent:,}, resent {report.resent:,}, failed {report.failed:,}", markup=False
        )
        for reason, times in report.reasons.most_common():
            show.CONSOLE.print(f"  {times:,} × {reason}", markup=False)
        if receipts is not None:
            with ReceiptFile(receipts) as write:
                write(accepted)
        sent = send.send_outcomes(target, accepted) if outcomes else None
        if sent is not None:
            show.CONSOLE.print(f"outcomes: sent {sent.sent:,}, failed {sent.failed:,}")
        if report.failed or (sent is not None and sent.failed):
            raise typer.Exit(1)


def _rows(
    file: Path,
    manifest: "Manifest",
    label: str | None,
    id_column: str | None,
    null: list[str] | None,
    separator: str | None,
    decimal_comma: bool | None,
) -> "tuple[Iterator[Event], int]":
    from millrace.console import show
    from millrace.replay import rows
    from stream_producers.tables import read_table

    table = read_table(file, null or (), separator=separator, decimal_comma=decimal_comma)
    left_out = rows.columns_left_out(table, manifest, [name for name in (label, id_column) if name])
    if left_out:
        show.CONSOLE.print(f"left out, as the model does not read them: {', '.join(left_out)}", markup=False)
    return rows.events(table, manifest, file.stem, label=label, id_column=id_column), table.height
