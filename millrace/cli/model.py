"""`millrace model`: train models, and bring them into the model store. What is in it: `millrace.cli.releases`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli import model_import, releases
from millrace.cli.common import StackName, one_line_errors
from millrace.cli.event_options import with_event_options
from millrace.paths import SCRATCH
from records.values import as_dict

if TYPE_CHECKING:
    from millrace.model.event_options import EventOptions

app = typer.Typer(no_args_is_help=True, help="Train models, and bring them into the model store.")
app.command("import")(with_event_options(model_import.import_model))


@app.command()
@with_event_options
def train(
    name: Annotated[str, typer.Option(help="The model's name.")] = "purchase-intent",
    table: Annotated[Path | None, typer.Option(help="CSV, Parquet or JSONL; the built-in task if left out.")] = None,
    label: Annotated[str, typer.Option(help="The column to predict.")] = "purchased",
    drop: Annotated[list[str] | None, typer.Option(help="A column that is no feature; may be repeated.")] = None,
    missing: Annotated[str, typer.Option(help="Columns that may lack a value: seen (those that do), always.")] = "seen",
    missing_value: Annotated[
        list[str] | None,
        typer.Option(help="What counts as missing in addition to null, as value or feature=value; may be repeated."),
    ] = None,
    version: Annotated[str | None, typer.Option(help="The model's version; the time if left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the artifact.")] = None,
    *,
    events: "EventOptions",
) -> None:
    """Train a model; write its artifact (model.ubj and manifest.json)."""
    from millrace.console import show
    from millrace.demo import training
    from millrace.model.event_options import described
    from millrace.model.tables import labelled
    from millrace.model.train import Recipe
    from millrace.model.train import train as train_table
    from stream_producers.tables import read_table

    with one_line_errors():
        with show.step("Training") as step:
            if table is None:
                artifact = training.train_built_in(name, step, version=version)
            else:
                data = labelled(
                    read_table(table), label, missing=missing, drop=drop or (), missing_values=missing_value or ()
                )
                artifact = train_table(data, Recipe(name, version or training.new_version()), step)
        artifact = described(artifact, events)
        folder = out or SCRATCH / "models" / name / artifact.manifest.version
        artifact.write(folder)
        for metric, value in artifact.manifest.metrics.items():
            show.CONSOLE.print(f"  {metric} {value:.4f}")
        show.CONSOLE.print(f"artifact: {os.path.relpath(folder)}")


@app.command()
def publish(
    folder: Annotated[Path, typer.Argument(help="The artifact's folder.")],
    release: Annotated[bool, typer.Option(help="Make it the champion; without, it is stored only.")] = True,
    why: releases.Why = "",
    stack: StackName = "local",
    json: releases.Json = False,
) -> None:
    """Verify an artifact, store it, and release it as champion."""
    from millrace.model.catalogue import read_folder
    from millrace.model.operator import operator
    from millrace.model.releases import Releases
    from millrace.stack import Stack

    with one_line_errors():
        artifact = read_folder(folder)
        target = Stack.load(stack)
        store = target.model_store()
        if release:
            releases.print_change(Releases(store, operator(target)).publish(artifact, why), json)
        else:
            pointer = store.publish(artifact)
            releases.emit(as_dict(pointer), f"stored: {pointer.version} ({pointer.manifest_digest[:12]})", json)


releases.register(app)
