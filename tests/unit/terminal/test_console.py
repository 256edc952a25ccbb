"""What a terminal obeys, in whatever is printed; and that everything is printed here."""

import ast
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

from millrace.paths import ROOT
from terminal.console import EscapingConsole, escaped, write

# Clears the screen, sets the title, returns to the start of the line, reverses what follows, and half a character.
HOSTILE = "a\x1b[2Jb\x1b]0;t\x07c\rd\x9b31me\u202ef\u2028g\udc80h\x7fi\bj\x0bk"
SHOWN = r"a\u001b[2Jb\u001b]0;t\u0007c\u000dd\u009b31me\u202ef\u2028g\udc80h\u007fi\u0008j\u000bk"  # as JSON has it


def printed(*shown: Any, terminal: bool = False, **settings: Any) -> str:
    file = io.StringIO()
    EscapingConsole(file=file, force_terminal=terminal, color_system=None, width=200).print(*shown, **settings)
    return file.getvalue()


def a_table(*cells: RenderableType) -> Table:
    table = Table(box=None, title=HOSTILE)
    table.add_column(HOSTILE)
    for cell in cells:
        table.add_row(cell)
    return table


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("settings", [{"markup": False}, {}], ids=["plain", "markup"])
def test_a_line_is_shown_and_not_obeyed(terminal: bool, settings: dict[str, Any]) -> None:
    text = HOSTILE if settings else escape(HOSTILE)
    assert printed(text, terminal=terminal, **settings) == SHOWN + "\n"


@pytest.mark.parametrize(
    "shown",
    [
        Text(HOSTILE),
        Text.assemble((HOSTILE, "bold"), (HOSTILE, "link https://example.com")),
        Panel(HOSTILE, title=HOSTILE),
        Group(HOSTILE, Text(HOSTILE)),
        a_table(HOSTILE, Text(HOSTILE), Panel(Text(HOSTILE))),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_nothing_that_is_drawn_is_obeyed(shown: RenderableType) -> None:
    found = printed(shown, terminal=True)
    assert found == escaped(found)
    assert r"\u001b[2Jb" in found


def test_the_columns_of_a_table_stay_in_line() -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for cells in (("\x1b[2J", "x"), ("short", "y"), ("\r\a", "z")):
        table.add_row(*cells)
    assert [line.rstrip()[-1] for line in printed(table).splitlines()] == ["x", "y", "z"]
    assert len({line.rstrip().rindex(" ") for line in printed(table).splitlines()}) == 1


def test_what_moves_on_a_terminal_moves_and_its_texts_do_not() -> None:
    file = io.StringIO()
    console = EscapingConsole(file=file, force_terminal=True, color_system="standard", width=200)
    with Progress(TextColumn("{task.description}"), console=console) as progress:
        progress.add_task(escape(HOSTILE))
    with Live(console=console, screen=True, auto_refresh=False) as screen:
        screen.update(Text(HOSTILE, "red"), refresh=True)
    found = file.getvalue()
    assert "\x1b[?1049h" in found  # Rich's own: the other screen, and its colours
    assert "\x1b[31m" in found
    assert not any(one in found for one in ("\x1b[2J", "\x1b]0", "\x9b", "\u202e", "\x07"))


def test_other_texts_are_as_they_are() -> None:
    plain = "Größe 5 µs → 大 👩‍👩‍👧 می‌خواهم\tx\n:key: [not a style] \\u001b"
    assert escaped(plain) == plain
    assert printed(":key: arn:aws:up:x", markup=False) == ":key: arn:aws:up:x\n"  # is no emoji


def test_json_stays_the_same_json() -> None:
    document = {"name\u202e": "\x9b31m\x7f\u2028"}
    text = json.dumps(document, ensure_ascii=False)
    assert escaped(text) != text
    assert json.loads(escaped(text)) == document


@pytest.mark.parametrize(("terminal", "shown"), [(True, SHOWN), (False, HOSTILE)])
def test_what_other_programs_read_is_escaped_on_a_terminal_alone(
    terminal: bool, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.StringIO()
    monkeypatch.setattr(file, "isatty", lambda: terminal)
    monkeypatch.setattr("sys.stdout", file)
    write(HOSTILE)
    assert file.getvalue() == f"{shown}\n"


def test_all_is_printed_by_these_consoles_or_is_json() -> None:
    found = {f"{path.relative_to(ROOT)}:{line}" for path in sources() for line in other_prints(path)}
    assert not found, "print it with millrace.console.show or terminal.console"


def sources() -> Iterator[Path]:
    for package in ("millrace", "stream_producers", "terminal"):
        yield from (ROOT / package).rglob("*.py")


def other_prints(path: Path) -> Iterator[int]:
    """The lines that print text in another way, or make consoles that would."""
    if path == ROOT / "terminal/console.py":
        return
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in ("print", "typer.echo"):
            if not (node.args and ast.unparse(node.args[0]).startswith(("json.dumps(", "dumps("))):
                yield node.lineno
        elif name in ("typer.secho", "Console", "sys.stdout.write", "sys.stderr.write", "rich.print") or (
            name in ("Live", "Progress")
            and "from rich" in text
            and "console" not in {keyword.arg for keyword in node.keywords}
        ):
            yield node.lineno
