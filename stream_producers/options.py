"""The command line's options, declared once for all commands."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from terminal.bounds import MOST_EVENTS, MOST_RATE, MOST_SECONDS


class To(StrEnum):
    KINESIS = "kinesis"
    SNS = "sns"
    STDOUT = "stdout"


ToOption = Annotated[To, Option("--to", help="Where events go.")]
Stream = Annotated[str | None, Option("--stream", help="Name of the event stream (Kinesis).")]
Topic = Annotated[str | None, Option("--topic", help="ARN of the event topic (SNS).")]
Count = Annotated[
    int | None,
    Option("--count", min=0, max=MOST_EVENTS, help="Events in all; without it, until the input ends, or Ctrl-C."),
]
Rate = Annotated[
    float | None,
    Option("--rate", min=0, max=MOST_RATE, help="Events a second; without it, as fast as the target takes them."),
]
Duration = Annotated[float | None, Option("--duration", min=0, max=MOST_SECONDS, help="Seconds to run for.")]
BadFraction = Annotated[float, Option("--bad-fraction", min=0, max=1, help="Share of events made faulty on purpose.")]
Seed = Annotated[int, Option("--seed", min=0, max=2**64 - 1, help="The same seed gives the same bytes.")]
Keys = Annotated[
    int, Option("--keys", min=0, max=2**32, help="Partition keys to spread events over; 0: the event id is the key.")
]
Calls = Annotated[
    int, Option("--calls", min=1, max=1_000, help="Calls under way at once; 1 keeps the order of the calls.")
]
Receipts = Annotated[Path | None, Option("--receipts", help="File for a JSON line about each accepted event.")]
Json = Annotated[bool, Option("--json", help="The report as JSON.")]

Start = Annotated[int, Option("--start", min=0, max=MOST_EVENTS, help="Index of the first session.")]

Input = Annotated[
    Path, Argument(help="A .csv, .tsv, .parquet, .jsonl or .ndjson file, .gz or not.", exists=True, dir_okay=False)
]
Label = Annotated[str | None, Option("--label", help="Column with the outcome: kept out of the events.")]
Positive = Annotated[str | None, Option("--positive", help="The label's value that means 1.")]
Id = Annotated[str | None, Option("--id", help="Column with the event ids; without it, file name and row.")]
LeaveOut = Annotated[list[str] | None, Option("--leave-out", help="Column that is no feature; may be repeated.")]
Null = Annotated[list[str] | None, Option("--null", help="Text that stands for null; may be repeated.")]
Separator = Annotated[str | None, Option("--separator", help="Between fields of a CSV; without it, the header's own.")]
DecimalComma = Annotated[
    bool | None, Option("--decimal-comma/--no-decimal-comma", help="Whether 0,5 in a CSV is a number.")
]
Skip = Annotated[int, Option("--skip", min=0, max=MOST_EVENTS, help="Rows to leave out at the beginning.")]
