"""`millrace model`: train models, and bring them into the model store. What is in it: `millrace.cli.releases`."""

from pathlib import Path
from typing import Annotated

import typer

from millrace.cli import model_features, model_import, model_train, model_train_on_stack, releases
from millrace.cli.common import StackName, one_line_errors
from millrace.cli.event_options import with_event_options
from millrace.cli.table_options import with_table_options
from records.values import as_dict

app = typer.Typer(no_args_is_help=True, help="Train models, and bring them into the model store.")
app.command()(with_event_options(with_table_options(model_train.train)))
app.command("train-on-stack")(model_train_on_stack.train_on_stack)
app.command("import")(with_event_options(with_table_options(model_import.import_model)))
app.command("features-template")(with_table_options(model_features.features_template))


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
        changes = Releases(target.model_store(), operator(target))
        if release:
            changed = changes.publish(artifact, why)
            releases.print_change(changed, json)
            releases.print_fit(changed, target)
        else:
            pointer = changes.store(artifact)
            releases.emit(as_dict(pointer), f"stored: {pointer.version} ({pointer.manifest_digest[:12]})", json)


releases.register(app)
