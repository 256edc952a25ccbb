"""`millrace model features-template`: the list of features that an import needs, begun from a model or a table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import one_line_errors, written

if TYPE_CHECKING:
    from stream_producers.csv_table import CsvFormat


def features_template(
    model: Annotated[Path | None, typer.Option(help="The model file: its names and their order.")] = None,
    table: Annotated[
        Path | None, typer.Option(help="A table as the model was trained on: types, missing values, categories.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="The table's column with the outcome.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="A column that is not a feature; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="The CSV file; standard output if left out.")] = None,
    *,
    csv: "CsvFormat",
) -> None:
    """Print a list of features to review, for `model import --features`; needs --model, --table or both."""
    from millrace.console import show
    from millrace.errors import UserError
    from millrace.model import features_template as template
    from millrace.model import import_file
    from stream_producers.tables import read_table
    from terminal.console import write

    with one_line_errors():
        plain = None if model is None else import_file.read(model)
        if table is not None:
            frame = read_table(table, csv, note=lambda note: show.note(note, show.ERRORS))
            left_out = [*(drop or ()), *([label] if label else [])]
            features = template.from_table(frame, left_out, plain.names if plain else ())
        elif plain is not None:
            features = template.from_model(plain)
        else:
            raise UserError("expected a model file (--model) or a table (--table)")
        text = template.written(features)
        if out is None:
            write(text.removesuffix("\n"))
        else:
            with written(out):
                out.write_text(text, encoding="utf-8")
            show.CONSOLE.print(f"{len(features)} features in {out}: look over types and categories", markup=False)
