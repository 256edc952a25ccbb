"""The command `stream-producers`: synthetic events, or the rows of a file, to Kinesis, SNS or standard output.

Exit codes: 0 all sent; 1 an event failed, or the target or the input did; 2 wrong usage; 130 Ctrl-C.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from stream_producers import options
from stream_producers.bad import with_bad
from stream_producers.csv_table import CsvFormat
from stream_producers.errors import Interrupted, ProducerError, TargetFailed
from stream_producers.event import PARTITION_KEYS, Event, FeatureSpec
from stream_producers.pace import Pace
from stream_producers.produce import CALLS, produce
from stream_producers.progress import ProgressView, summary
from stream_producers.receipts import ReceiptFile
from stream_producers.replay import replay as replayed
from stream_producers.report import Report
from stream_producers.synthetic import FEATURES, Sessions
from stream_producers.tables import feature_specs, read_table
from stream_producers.targets import KinesisTarget, SnsTarget, StdoutTarget, Target
from terminal.console import EscapingConsole, print_error, write
from terminal.program import Program

app = typer.Typer(
    cls=Program,
    help="Produce events: synthetic ones, or the rows of a file.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Source = Callable[[], tuple[Iterator[Event], Sequence[FeatureSpec], int | None]]
"""Gives the events, what their features are, and how many there are (None: no end)."""


@dataclass(frozen=True, slots=True)
class _Job:
    to: options.To
    stream: str | None
    topic: str | None
    pace: Pace
    bad_fraction: float
    seed: int
    calls: int
    receipts: Path | None
    as_json: bool


def _print_version(wanted: bool) -> None:
    if wanted:
        write(f"stream-producers {metadata.version('millrace')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def synthetic(
    to: options.ToOption,
    stream: options.Stream = None,
    topic: options.Topic = None,
    count: options.Count = None,
    rate: options.Rate = None,
    duration: options.Duration = None,
    bad_fraction: options.BadFraction = 0.0,
    seed: options.Seed = 7,
    start: options.Start = 0,
    keys: options.Keys = PARTITION_KEYS,
    calls: options.Calls = CALLS,
    receipts: options.Receipts = None,
    as_json: options.Json = False,
) -> None:
    """Send synthetic web sessions, of which the truth is known."""
    job = _Job(to, stream, topic, _pace(rate, count, duration), bad_fraction, seed, calls, receipts, as_json)
    _run(job, lambda: (Sessions(seed, keys=keys).events(start), FEATURES, None))


@app.command()
def replay(
    file: options.Input,
    to: options.ToOption,
    stream: options.Stream = None,
    topic: options.Topic = None,
    label: options.Label = None,
    positive: options.Positive = None,
    id_column: options.Id = None,
    leave_out: options.LeaveOut = None,
    null: options.Null = None,
    separator: options.Separator = None,
    decimal_comma: options.DecimalComma = None,
    skip: options.Skip = 0,
    count: options.Count = None,
    rate: options.Rate = None,
    duration: options.Duration = None,
    bad_fraction: options.BadFraction = 0.0,
    seed: options.Seed = 7,
    keys: options.Keys = PARTITION_KEYS,
    calls: options.Calls = CALLS,
    receipts: options.Receipts = None,
    as_json: options.Json = False,
) -> None:
    """Send the rows of a file; --seed is for the bad events."""

    def rows() -> tuple[Iterator[Event], Sequence[FeatureSpec], int | None]:
        table = read_table(file, CsvFormat(null or (), separator, decimal_comma))
        events = replayed(
            table,
            name=file.stem,
            label=label,
            positive=positive,
            id_column=id_column,
            leave_out=leave_out or [],
            keys=keys,
        )
        for _ in zip(range(skip), events, strict=False):
            pass
        no_features = {label, id_column, *(leave_out or [])}
        features = [feature for feature in feature_specs(table) if feature.name not in no_features]
        return events, features, max(0, table.height - skip)

    job = _Job(to, stream, topic, _pace(rate, count, duration), bad_fraction, seed, calls, receipts, as_json)
    _run(job, rows)


def _pace(rate: float | None, count: int | None, duration: float | None) -> Pace:
    try:
        return Pace(rate, count, duration)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _run(job: _Job, source: Source) -> None:
    """Produce, show how it goes, and leave with the exit code."""
    messages = EscapingConsole(stderr=True)
    try:
        report = _produce(job, source, messages)
    except Interrupted as interrupted:
        _finish(job, interrupted.report)
        raise typer.Exit(130) from None
    except ProducerError as error:
        if isinstance(error, TargetFailed) and error.report:
            _finish(job, error.report)
        print_error(messages, str(error))
        raise typer.Exit(1) from None
    _finish(job, report)
    raise typer.Exit(1 if report.failed else 0)


def _produce(job: _Job, source: Source, messages: EscapingConsole) -> Report:
    target = _target(job)
    events, features, length = source()
    if job.bad_fraction:
        events = with_bad(events, job.bad_fraction, features, seed=job.seed, text_only=target.text_only)
    bounds = [bound for bound in (length, job.pace.total) if bound is not None]
    with ExitStack() as stack:
        view = stack.enter_context(ProgressView(messages, _name(job), min(bounds, default=None)))
        receipts = stack.enter_context(_receipt_file(job.receipts)) if job.receipts else None
        return produce(events, target, pace=job.pace, calls=job.calls, receipts=receipts, on_progress=view)


def _receipt_file(path: Path) -> ReceiptFile:
    try:
        return ReceiptFile(path)
    except OSError as error:
        raise ProducerError(f"receipts cannot be written to {path}: {error.strerror}") from error


def _target(job: _Job) -> Target:
    match job.to:
        case options.To.KINESIS:
            return KinesisTarget.open(_needed(job.stream, "--stream", job.to))
        case options.To.SNS:
            return SnsTarget.open(_needed(job.topic, "--topic", job.to))
        case options.To.STDOUT:
            return StdoutTarget(sys.stdout.buffer)


def _needed(value: str | None, option: str, to: options.To) -> str:
    if not value:
        raise typer.BadParameter(f"--to {to} needs {option}")
    return value


def _name(job: _Job) -> str:
    return {"kinesis": f"event stream {job.stream}", "sns": f"event topic {job.topic}"}.get(job.to, "standard output")


def _finish(job: _Job, report: Report) -> None:
    """The report, on standard output unless the events are there."""
    text = json.dumps(report.as_json()) if job.as_json else summary(report, _name(job))
    EscapingConsole(stderr=job.to is options.To.STDOUT).print(text, markup=False)
