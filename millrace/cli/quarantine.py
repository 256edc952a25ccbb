"""`millrace quarantine`: why events were not scored."""

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import MOST_DAYS, StackName, one_line_errors

if TYPE_CHECKING:
    from rich.table import Table

    from millrace.quarantine import QuarantineSurvey


def quarantine(
    since: Annotated[
        float | None,
        typer.Option(min=0, max=24 * MOST_DAYS, help="Only the last hours, this many; everything if left out."),
    ] = None,
    show_payload: Annotated[
        bool, typer.Option("--show-payload", help="Print the example's payload, which may be personal data.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object instead of a table.")] = False,
    stack: StackName = "local",
) -> None:
    """List what is in quarantine by code and path: how many, when, an example's position, the fix. It only reads."""
    from millrace.console import show
    from millrace.quarantine import survey
    from millrace.stack import Stack
    from records.timestamps import timestamp

    with one_line_errors():
        found = survey(Stack.load(stack), "" if since is None else timestamp(time.time() - since * 3600))
        if as_json:
            groups = [group.document(payload=show_payload) for group in found.groups]
            typer.echo(json.dumps({"events": found.events, "groups": groups, "unreadable": found.unreadable}, indent=2))
            return
        console = show.CONSOLE if show.CONSOLE.is_terminal else show.PIPE
        if found.groups:
            show.print_table(table(found, show_payload))
            console.print(f"when fixed: millrace redrive --stack {stack} --from quarantine --dry-run", markup=False)
        else:
            console.print("nothing is in quarantine")
        for key in found.unreadable:
            console.print(f"not a quarantine object: {key}", markup=False)


def table(found: "QuarantineSurvey", show_payload: bool) -> "Table":
    """A row for each code and path, with example and fix below."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("code", "path"):
        table.add_column(column, no_wrap=True)
    table.add_column("events", justify="right", no_wrap=True)
    table.add_column("first, last", overflow="fold")
    for group in found.groups:
        table.add_row(
            group.code, escape(group.path or "the event"), f"{group.events:,}", f"{group.first}, {group.last}"
        )
        position = ", ".join(f"{name} {value}" for name, value in group.position.items() if value is not None)
        lines = [f"[dim]example[/] {escape(group.detail)}", f"[dim]at[/] {escape(position)}", f"[dim]→[/] {group.fix}"]
        if show_payload:
            lines.insert(2, f"[dim]payload[/] {escape(group.payload.decode(errors='backslashreplace'))}")
        for line in lines:
            table.add_row("", "", "", line)
    return table
