"""`millrace doctor`: how a stack is."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import StackName, one_line_errors

if TYPE_CHECKING:
    from rich.table import Table

    from millrace.doctor.finding import Finding


def doctor(
    stack: StackName = "local",
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """Check a stack from end to end, and report what is wrong and how to fix it; exit code 1 if anything is at fault.

    It changes nothing: it reads, and calls the scorer once, with no records.
    """
    from millrace.console import show
    from millrace.doctor.examination import examine
    from millrace.doctor.finding import Status
    from millrace.stack import Stack

    with one_line_errors():
        target = Stack.load(stack)
        if as_json:
            findings = examine(target)
            typer.echo(json.dumps([_document(finding) for finding in findings], indent=2))
        else:
            with show.step("Looked at the stack"):
                findings = examine(target)
            (show.CONSOLE if show.CONSOLE.is_terminal else show.PIPE).print(table(findings))
        if any(finding.status is Status.FAULT for finding in findings):
            raise typer.Exit(1)


COLOURS = {"ok": "green", "warning": "yellow", "fault": "red", "unknown": "cyan"}


def table(findings: "list[Finding]") -> "Table":
    """What was found; with how to fix it below what is not as it should be."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for finding in findings:
        colour = COLOURS[finding.status]
        table.add_row(escape(finding.check), f"[{colour}]{finding.status}[/]", escape(finding.what))
        if finding.fix:
            table.add_row("", "", f"[dim]→[/] {escape(finding.fix)}")
    return table


def _document(finding: "Finding") -> dict[str, str]:
    return {"check": finding.check, "status": str(finding.status), "what": finding.what, "fix": finding.fix}
