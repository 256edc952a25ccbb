"""The view as a picture: SVG that loads nothing, and is the same for the same state."""

import io
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from millrace.errors import UserError
from millrace.watch.state import State
from millrace.watch.view import view

WIDTH, HEIGHT = 120, 36

# Rich's own format asks the network for a font.
_FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>millrace watch</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def write(path: Path, state: State, now: float, width: int = WIDTH, height: int = HEIGHT) -> None:
    """Write the view to a file. Raises UserError where it cannot be written."""
    console = Console(record=True, width=width, height=height, file=io.StringIO(), force_terminal=True)
    console.print(view(state, now, width, height), height=height)
    text = console.export_svg(title="millrace watch", code_format=_FORMAT, theme=MONOKAI, unique_id="watch")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: the picture cannot be written: {error.strerror}") from None
