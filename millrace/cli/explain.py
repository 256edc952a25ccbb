"""`millrace explain`: why an event gets its score."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millrace.cli.common import MOST_DAYS, StackName, one_line_errors
from millrace.cli.releases import Json, emit

if TYPE_CHECKING:
    from rich.table import Table

    from millrace.stack import Stack


PREDICTION_ID = re.compile("[0-9a-f]{64}")


def explain(
    event: Annotated[
        str,
        typer.Argument(
            help="File with one event, as a producer sends it; - for standard input; or a captured prediction's id."
        ),
    ],
    version: Annotated[
        str | None,
        typer.Option(
            "--model", help="A version in the store, or an artifact's folder with a slash; else the champion."
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help="How many features are named.")] = 10,
    days: Annotated[
        float, typer.Option(min=0, max=MOST_DAYS, help="Of a prediction: search the last days, this many.")
    ] = 30,
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Score one event here, as the scorer would, and print what each feature adds to the margin."""
    from millrace.model import catalogue
    from millrace.model.explain import explain as explained
    from millrace.stack import Stack

    with one_line_errors():
        if PREDICTION_ID.fullmatch(event) and not Path(event).exists():
            found = [_captured(Stack.load(stack), event, days, top)]
            _show(found, json)
            return
        data = sys.stdin.buffer.read() if event == "-" else _read(Path(event))

        def store() -> Any:
            return Stack.load(stack).model_store()

        name = version or catalogue.released(store()).champion.version
        found = explained(catalogue.artifact_of(name, store), data, top)
        _show(found, json)


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    from millrace.console import show

    if as_json:
        emit(found, None, as_json)
    for prediction in () if as_json else found:
        (show.CONSOLE if show.CONSOLE.is_terminal else show.PIPE).print(_table(prediction))


def _captured(stack: "Stack", prediction_id: str, days: float, top: int) -> dict[str, Any]:
    """Raises UserError where the prediction was not captured."""
    from millrace.capture.reader import CaptureReader
    from millrace.errors import UserError
    from millrace.model import catalogue
    from millrace.model.explain import explain_captured

    now = datetime.now(UTC)
    row = CaptureReader(stack).row(prediction_id, now - timedelta(days=days), now)
    if row is None:
        raise UserError(
            f"no captured row of the last {days:g} days has this prediction id: it was not captured, not written, or "
            "has expired; explain its event instead, from a file"
        )
    return explain_captured(catalogue.artifact_of(row["version"], stack.model_store), row, top)


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
