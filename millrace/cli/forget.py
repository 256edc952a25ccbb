"""`millrace forget`: removes what a stack stores about a partition key."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millrace.cli.common import StackName, one_line_errors, written

if TYPE_CHECKING:
    from rich.table import Table


def forget(
    key: Annotated[str, typer.Option("--key", help="The partition key.")],
    prediction_id: Annotated[
        list[str] | None, typer.Option("--prediction-id", help="One that is known to be the key's; may be repeated.")
    ] = None,
    event_id: Annotated[
        list[str] | None, typer.Option("--event-id", help="One that is known to be the key's; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Search, and remove nothing.")] = False,
    proof: Annotated[
        Path | None, typer.Option(help="File for the proof, JSON; default below .millrace/forget/.")
    ] = None,
    stack: StackName = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print the proof instead of a table.")] = False,
) -> None:
    """Remove what a stack stores about a partition key, every version of every object, and write a proof.

    Exit code 1 where something could not be removed.
    """
    from millrace.console import show
    from millrace.erasure.run import forget as erased
    from millrace.erasure.subject import Subject
    from millrace.errors import UserError
    from millrace.paths import SCRATCH
    from millrace.stack import Stack

    with one_line_errors():
        if not key:
            raise UserError("--key: expected a partition key, got an empty text")
        subject = Subject(key, set(prediction_id or ()), set(event_id or ()))
        found = erased(
            Stack.load(stack), subject, dry_run=dry_run, on_place=lambda name: show.note(f"searching: {name}")
        )
        path = proof or SCRATCH / "forget" / f"{stack}-{subject.digest[:16]}-proof.json"
        with written(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found, indent=2) + "\n")
        if as_json:
            typer.echo(json.dumps(found, indent=2))
        else:
            _print(found, path)
        if any(place["failed"] for place in found["searched"]):
            raise typer.Exit(1)


def _print(proof: dict[str, Any], path: Path) -> None:
    from millrace.console import show

    console = show.CONSOLE if show.CONSOLE.is_terminal else show.PIPE
    console.print(_table(proof))
    for place in proof["searched"]:
        for one in place["failed"]:
            console.print(
                f"not removed: s3://{one['bucket']}/{one['key']} ({one['version_id']}): {one['why']}", markup=False
            )
    console.print("out of reach:")
    for one in proof["not_reached"]:
        console.print(f"  {one['what']}, {one['where']}: until {one['until']}", markup=False)
    console.print(f"proof: {path}", markup=False)


def _table(proof: dict[str, Any]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("searched", "objects", "versions", "events", "versions found" if proof["dry_run"] else "removed"):
        table.add_column(column, justify="left" if column == "searched" else "right", no_wrap=column != "searched")
    for place in proof["searched"]:
        counts = (place["objects"], place["versions"], place["events"], len(place["removed"]))
        table.add_row(place["what"], *(f"{count:,}" for count in counts))
    return table
