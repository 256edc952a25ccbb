"""What the command line shows: progress, tables, one-line errors."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from terminal.console import EscapingConsole, print_error

if TYPE_CHECKING:
    from millrace.accounting.account import Account
    from millrace.accounting.prediction import Prediction

CONSOLE = EscapingConsole()
# For tables that go into a pipe or a file, where there is no width to keep to.
PIPE = EscapingConsole(width=1_000)
ERRORS = EscapingConsole(stderr=True)


_PLAIN_DETAIL = TextColumn("{task.fields[detail]}", markup=False)


class ProgressStep:
    """A step under way: call it with what is done, the total and a detail."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress, self._task = progress, progress.add_task(title, total=None, detail="")

    def __call__(self, done: int, total: int, detail: str = "") -> None:
        self._progress.update(self._task, completed=done, total=total or None, detail=f"{done}/{total} {detail}")


@contextmanager
def step(title: str) -> Iterator[ProgressStep]:
    """A step with a progress bar while it runs, and a line with its time when it is done."""
    began = monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), _PLAIN_DETAIL)
    with Progress(*columns, console=CONSOLE, transient=True, disable=not CONSOLE.is_terminal) as progress:
        yield ProgressStep(progress, title)
    CONSOLE.print(f"[green]✓[/] {title} [dim]{monotonic() - began:.1f} s[/]")


def bars() -> Progress:
    """Bars that count events."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(32), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=CONSOLE)


def predictions_table(latest: "Sequence[Prediction]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column, justify in (("event", "left"), ("score", "right"), ("label", "left"), ("model", "left")):
        table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("latency", justify="right", no_wrap=True)
    for p in latest:
        cells = (p.event_id, f"{p.score:.4f}", p.label or "", f"{p.version} {p.variant}", f"{p.latency:.3f} s")
        table.add_row(*map(escape, cells))
    return table


def summary_table(account: "Account") -> Table:
    """The account of a run as a table of two columns."""
    table = Table(title="Summary", title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for way, count in sorted(account.sent.items()):
        table.add_row(f"events sent to the {way.replace('_', ' ')}", f"{count:,}")
    table.add_row("predictions", f"{account.predictions:,}")
    table.add_row("quarantined", f"{sum(account.quarantined.values()):,}")
    for code, count in account.quarantined.items():
        table.add_row(f"  [dim]{escape(code)}[/]", f"[dim]{count:,}[/]")
    table.add_row("on-failure store and dead letters", f"{account.on_failure:,}")
    if account.also_held:
        table.add_row("predicted or quarantined, and also held until a redrive", f"{account.also_held:,}")
    colour = "red" if account.unaccounted else "green"
    table.add_row(f"[{colour}]unaccounted[/]", f"[{colour}]{len(account.unaccounted):,}[/]")
    if account.wrong_code:
        table.add_row("[red]not the expected outcome[/]", f"[red]{len(account.wrong_code):,}[/]")
    if account.in_two_places:
        table.add_row("[red]predicted and quarantined[/]", f"[red]{len(account.in_two_places):,}[/]")
    table.add_row("duplicates (same prediction id)", f"{account.duplicates:,}")
    if account.latency:
        values = " / ".join(f"{seconds:.3f}" for seconds in account.latency.values())
        table.add_row("latency p50 / p95 / p99, s", values)
    table.add_row("events a second, end to end", f"{account.rate:,.0f}")
    if account.roc_auc is not None:
        table.add_row("ROC AUC against the known outcomes", f"{account.roc_auc:.4f}")
    return table


def print_table(table: Table) -> None:
    """Print a table: to the terminal's width, or into a pipe without the spaces that fill its lines."""
    if CONSOLE.is_terminal:
        CONSOLE.print(table)
        return
    with PIPE.capture() as capture:
        PIPE.print(table)
    for line in capture.get().splitlines():
        PIPE.print(line.rstrip(), markup=False)


def outputs_table(outputs: Mapping[str, Any]) -> Table:
    """Terraform's outputs: a row for each member that has a value, nested objects by their path."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("output", "member", "value"):
        table.add_column(column, overflow="fold")
    for name, output in outputs.items():
        for number, (member, value) in enumerate(_members(output)):
            table.add_row(escape(name) if number == 0 else "", escape(member), escape(value))
    return table


def _members(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _members(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        yield path, ", ".join(map(str, value))
    elif value not in (None, []):
        yield path, str(value)


def note(message: str, console: EscapingConsole = CONSOLE) -> None:
    """What a person should look over."""
    console.print(f"note: {message}", markup=False)


def error(message: str) -> None:
    print_error(ERRORS, message)
