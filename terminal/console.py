"""What the command lines print: a terminal shows what comes from data, and does not obey it."""

import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.text import Text

# Control characters except line feed and tab; what reorders text (https://www.unicode.org/reports/tr9/) or ends a line;
# halves of surrogate pairs, which no encoding can write.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def escaped(text: str) -> str:
    """The text without what a terminal acts on, which is written as in JSON: JSON stays the same JSON."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write(text: str) -> None:
    """A line to standard output for other programs: as it is, but escaped on a terminal."""
    print(escaped(text) if sys.stdout.isatty() else text, flush=True)


class EscapingConsole(Console):
    """Escapes all that it prints but its own styles and controls. Leaves `:names:` of emoji as they are."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"highlight": False, "soft_wrap": True, "emoji": False} | settings)

    def render_str(self, text: str, **options: Any) -> Text:
        """Before Rich, which leaves out some of the characters, and measures the others as nothing."""
        return super().render_str(escaped(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Whatever else is drawn, such as a Text."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else escaped(text), style, control)


def print_error(console: Console, message: str) -> None:
    console.print(f"[red]error:[/] {escape(message)}")
