"""The report: tables on the terminal, and docs/benchmarks.md with its plots."""

from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks import tables
from benchmarks.paths import DOCS
from benchmarks.results import Results

TEMPLATE = Path(__file__).with_name("template.txt")
ABSENT = "*Not measured in this run.*"


def show(results: Results, console: Console) -> None:
    made = tables.all_tables(results)
    goals = made.pop("goals")
    for table in (*made.values(), goals):  # what counts comes last, where the eye is
        console.print(_rich(table))
    for name, reason in results.skipped.items():
        console.print(f"[dim]skipped: {name}: {reason}[/dim]", highlight=False)


def write(results: Results, docs: Path = DOCS) -> Path:
    """Write the document and its plots; the document's path."""
    from benchmarks.plots import draw

    draw(results, docs / "benchmarks")
    path = docs / "benchmarks.md"
    path.write_text(document(results))
    return path


def document(results: Results) -> str:
    made = {name: table.markdown() for name, table in tables.all_tables(results).items()}
    machine = tables.ResultTable("", ["", ""], [[name, text] for name, text in results.machine.items()])
    parts = tables.parts_table(results)
    skipped = [f"- {name}: {reason}" for name, reason in results.skipped.items()]
    text = TEMPLATE.read_text()
    for name in _placeholders(text):
        left_out = "\n".join(skipped) or "Nothing was left out."
        value = {"machine": machine.markdown(), "parts": parts.markdown(), "skipped": left_out, **made}
        text = text.replace(f"{{{name}}}", value.get(name, ABSENT))
    return text


def _placeholders(text: str) -> list[str]:
    return [line[1:-1] for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def _rich(table: tables.ResultTable) -> RichTable:
    rich = RichTable(title=table.title, title_justify="left", title_style="bold")
    for place, title in enumerate(table.header):
        rich.add_column(title, justify="right" if place else "left", overflow="fold")
    for row in table.rows:
        rich.add_row(*row)
    return rich
