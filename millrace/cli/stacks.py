"""`millrace stack …`: the stacks that are known here, and those that plain Terraform applied."""

from pathlib import Path
from typing import Annotated

import typer

from millrace.cli.common import one_line_errors

app = typer.Typer(no_args_is_help=True, help="List, add and forget the stacks that --stack knows.")
Name = Annotated[str, typer.Argument(help="The name for --stack.")]


@app.command("list")
def list_stacks() -> None:
    """List the stacks that are known here."""
    from millrace.console import show
    from millrace.stack import Stack, known

    with one_line_errors():
        for name in known():
            stack = Stack.load(name)
            where = stack.environment.get("AWS_ENDPOINT_URL") or stack.environment.get("AWS_REGION") or "AWS"
            show.CONSOLE.print(f"{name}  {where}  model {stack.outputs['model']['name']}", markup=False)


@app.command()
def add(
    name: Name,
    outputs: Annotated[
        Path, typer.Option(help="File with the output of `terraform output -json`.", exists=True, dir_okay=False)
    ],
    region: Annotated[str | None, typer.Option(help="The stack's AWS region; your environment's if left out.")] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(help="Endpoint of the emulator, if the stack is not on AWS.")
    ] = None,
) -> None:
    """Add a stack that was applied with plain Terraform, from its outputs."""
    from millrace.console import show
    from millrace.deployment import outputs as terraform_outputs
    from millrace.stack import Stack

    with one_line_errors():
        found = terraform_outputs.read(outputs)
        places = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": endpoint_url}
        terraform_outputs.check_name(name)
        Stack(name, {key: value for key, value in places.items() if value}, found).save()
        show.CONSOLE.print(f"added: --stack {name} is the stack of model {found['model']['name']}", markup=False)


@app.command()
def forget(name: Name) -> None:
    """Forget a stack; nothing of it is destroyed."""
    from millrace.deployment import outputs as terraform_outputs
    from millrace.stack import Stack

    with one_line_errors():
        terraform_outputs.check_name(name)
        Stack.load(name).forget()
