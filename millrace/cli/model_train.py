"""`millrace model train`: an artifact from a labelled table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millrace.cli.common import MOST_DAYS, check_folder, one_line_errors, write_artifact
from terminal.bounds import MOST_ROUNDS

if TYPE_CHECKING:
    from millrace.capture.training import StackTable
    from millrace.model.event_options import EventOptions
    from millrace.model.tables import LabelledTable
    from millrace.model.train import Recipe
    from stream_producers.csv_table import CsvFormat

# Where the options are left out.
LABEL, MISSING, UNKNOWN_CATEGORY, DAYS = "purchased", "seen", "refuse", 30


def train(
    name: Annotated[str, typer.Option(help="The model's name.")] = "purchase-intent",
    table: Annotated[
        Path | None,
        typer.Option(help="CSV, TSV, Parquet or JSONL, .gz or not; the built-in task if left out."),
    ] = None,
    from_stack: Annotated[
        str | None,
        typer.Option("--from-stack", help="A stack whose captured rows and outcomes are the table (docs/capture.md)."),
    ] = None,
    days: Annotated[
        float, typer.Option(min=0, max=MOST_DAYS, help="With --from-stack: rows of the last days, this many.")
    ] = DAYS,
    settled_hours: Annotated[
        float,
        typer.Option(
            "--settled-hours",
            min=0,
            max=24 * MOST_DAYS,
            help="With --from-stack: how long an outcome may take; newer rows are left out.",
        ),
    ] = 0,
    label: Annotated[str, typer.Option(help="The column to predict.")] = LABEL,
    task: Annotated[
        str | None, typer.Option(help="binary, multiclass or regression; what the label suggests if left out.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(help="A column that is not a feature; may be repeated.")] = None,
    missing: Annotated[
        str,
        typer.Option(help="Columns that may have missing values: seen (those with some in the table) or always (all)."),
    ] = MISSING,
    missing_value: Annotated[
        list[str] | None,
        typer.Option(help="What counts as missing in addition to null, as value or feature=value; may be repeated."),
    ] = None,
    unknown_category: Annotated[
        str, typer.Option(help="A category that the table does not have: refuse the event, or read it as missing.")
    ] = UNKNOWN_CATEGORY,
    params: Annotated[
        list[str] | None, typer.Option(help="XGBoost parameter, such as max_depth=6; may be repeated.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=MOST_ROUNDS, help="Boosting rounds, at most.")] = 400,
    early_stopping: Annotated[
        int,
        typer.Option(
            min=0, max=MOST_ROUNDS, help="Stop after that many rounds without a better loss on held-out rows; 0: never."
        ),
    ] = 30,
    stratify: Annotated[bool, typer.Option(help="Hold out the same share of each class.")] = True,
    calibrate: Annotated[
        str | None, typer.Option(help="Calibrate scores on the held-out rows: isotonic or platt.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="The model's version; the time if left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the artifact.")] = None,
    *,
    events: "EventOptions",
    csv: "CsvFormat",
) -> None:
    """Train a model and write its artifact (model.ubj and manifest.json); print how the table was read."""
    from millrace.capture.training import reads_as
    from millrace.console import show
    from millrace.demo import training
    from millrace.errors import UserError
    from millrace.model.event_options import described
    from millrace.model.tables import labelled
    from millrace.model.train import Recipe
    from millrace.model.train import train as train_table
    from stream_producers.tables import read_table

    with one_line_errors():
        recipe = Recipe(
            name,
            version or training.new_version(),
            rounds=rounds,
            patience=early_stopping,
            stratify=stratify,
            newest_held_out=from_stack is not None,
            parameters=_parameters(params or ()),
            calibrate=calibrate,
        )
        recipe.check()
        check_folder(out)
        of_table = {
            "--label": label != LABEL, "--task": task, "--missing": missing != MISSING,
            "--missing-value": missing_value, "--unknown-category": unknown_category != UNKNOWN_CATEGORY,
            "--null": csv.nulls, "--separator": csv.separator, "--decimal-comma": csv.decimal_comma is not None,
        }  # fmt: skip
        _refuse_unused("--table", table, of_table)
        _refuse_unused("--from-stack", from_stack, {"--days": days != DAYS, "--settled-hours": settled_hours})
        _refuse_unused("--table or --from-stack", table or from_stack, {"--drop": drop})
        notes: list[str] = []
        if from_stack is not None:
            if table is not None:
                raise UserError("expected --table or --from-stack, got both")
            stacked = _table_of(from_stack, days, settled_hours, drop or ())
            data, recipe = stacked.table, replace(recipe, name=stacked.champion.name)
            notes = [f"{count:,} rows left out: {reason}" for reason, count in stacked.left_out.items()]
        elif table is None:
            data = training.built_in_table()
        else:
            frame = read_table(table, csv, note=notes.append)
            data = labelled(
                frame,
                label,
                missing=missing,
                drop=drop or (),
                task=task,
                unknown_category=unknown_category,
                missing_values=missing_value or (),
            )
        _print_understood(data, recipe, notes)
        with show.step("Training") as step:
            artifact = train_table(data, recipe, step)
            if from_stack is not None:
                artifact = reads_as(artifact, stacked.champion)
            artifact = described(artifact, events)
        for metric, value in artifact.manifest.metrics.items():
            show.CONSOLE.print(f"  {metric} {value:.4f}")
        write_artifact(artifact, out)


def _refuse_unused(source: str, is_given: object, options: Mapping[str, object]) -> None:
    """Raises UserError for options of a source of rows that is not given: they would have no effect."""
    from millrace.errors import UserError

    if not is_given and (unused := [option for option, value in options.items() if value]):
        raise UserError(f"{', '.join(unused)}: expected {source} with it, got none: give it, or leave the option out")


def _table_of(name: str, days: float, settled_hours: float, drop: Sequence[str]) -> "StackTable":
    from millrace.capture.training import training_table
    from millrace.stack import Stack

    now = datetime.now(UTC)
    return training_table(Stack.load(name), now - timedelta(days=days), now, timedelta(hours=settled_hours), drop)


def _print_understood(data: "LabelledTable", recipe: "Recipe", notes: Sequence[str]) -> None:
    from millrace.console import show
    from millrace.model import understood

    for note in notes:
        show.note(note)
    for line in understood.lines(
        data, recipe.name, recipe.objective(data), stratify=recipe.stratify, newest=recipe.newest_held_out
    ):
        show.CONSOLE.print(line, markup=False)


def _parameters(texts: Sequence[str]) -> dict[str, Any]:
    """The parameters of key=value texts; a value is read as JSON where it is JSON. Raises UserError."""
    from millrace.errors import UserError

    parameters: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UserError(f"--params: expected key=value, got {text!r}")
        try:
            parameters[key] = json.loads(value)
        except ValueError:
            parameters[key] = value
    return parameters
