"""`millrace model train-on-stack`: a version of the model, by the trainer of a stack."""

import json
from typing import Annotated, Any

import typer

from millrace.cli import releases
from millrace.cli.common import StackName, one_line_errors


def train_on_stack(
    table: Annotated[
        str, typer.Argument(help="s3://bucket/key that the trainer may read, or a file: .csv, .csv.gz or .npz.")
    ],
    label: Annotated[str, typer.Option(help="The column to predict.")] = "label",
    learner: Annotated[
        str | None, typer.Option(help="logistic, linear, network, text, or trees; default: what suits the table.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=JSON", help="Of the learner, such as epochs=20; may be repeated."),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification or regression; default: what suits the label.")
    ] = None,
    held_out: Annotated[float, typer.Option(help="Share of the rows that are only evaluated on.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Of the division and of the training.")] = 1,
    version: Annotated[str | None, typer.Option(help="Of the model; default: the time.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Make it the champion.")] = False,
    why: releases.Why = "",
    stack: StackName = "local",
    as_json: releases.Json = False,
) -> None:
    """Train a model by the stack's trainer, which stores the version that it makes."""
    from millrace.console import show
    from millrace.model.on_stack import StackTrainer
    from millrace.stack import Stack

    with one_line_errors():
        trainer = StackTrainer(Stack.load(stack))
        members = {"label": label, "learner": learner, "held_out": held_out, "seed": seed, "version": version}
        members["task"] = task
        response = trainer.train(table, **members, options=_options(option or ()))
        if as_json:
            typer.echo(json.dumps(response))
        else:
            metrics = ", ".join(f"{name} {value:.4f}" for name, value in response["metrics"].items())
            show.CONSOLE.print(f"{response['model']} {response['version']}: {metrics}", markup=False)
        if publish:
            releases.print_change(trainer.release(response["version"], why), as_json)


def _options(given: list[str] | tuple[()]) -> dict[str, Any]:
    """Of NAME=JSON, by name; what is no JSON is a text. Raises UserError."""
    from millrace.errors import UserError

    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise UserError(f"--option: expected NAME=JSON, such as epochs=20, got {one!r}")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
