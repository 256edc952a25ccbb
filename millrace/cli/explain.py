"""`millrace explain`: why an event gets its score."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millrace.cli.common import StackName, one_line_errors
from millrace.cli.releases import Json, emit

if TYPE_CHECKING:
    from rich.table import Table


def explain(
    event: Annotated[str, typer.Argument(help="File with one event, as a producer sends it; - for standard input.")],
    version: Annotated[
        str | None,
        typer.Option(
            "--model", help="A version in the store, or an artifact's folder with a slash; else the champion."
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help="How many features are named.")] = 10,
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Score one event here, as the scorer would, and print what each feature adds to the margin."""
    from millrace.console import show
    from millrace.model import catalogue
    from millrace.model.explain import explain as explained
    from millrace.stack import Stack

    with one_line_errors():
        data = sys.stdin.buffer.read() if event == "-" else _read(Path(event))

        def store() -> Any:
            return Stack.load(stack).model_store()

        name = version or catalogue.released(store()).champion.version
        found = explained(catalogue.artifact_of(name, store), data, top)
        if json:
            emit(found, None, json)
        for prediction in () if json else found:
            (show.CONSOLE if show.CONSOLE.is_terminal else show.PIPE).print(_table(prediction))


def _read(path: Path) -> bytes:
    from millrace.errors import UserError

    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"expected a file with an event, got {path}: {error.strerror}") from None


def _table(prediction: dict[str, Any]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    attributions = prediction["attributions"]
    scores = prediction.get("score", prediction.get("scores"))
    label = f", label {prediction['label']}" if "label" in prediction else ""
    table = Table(box=None, pad_edge=False, show_header=False, title_justify="left")
    table.title = escape(f"score {scores}{label}")
    for part in attributions["top"]:
        table.add_row(escape(part["feature"]), f"{part['value']:+.4f}")
    for name in ("rest", "base", "margin"):
        table.add_row(f"[dim]{name}[/]", f"{attributions[name]:+.4f}")
    return table
