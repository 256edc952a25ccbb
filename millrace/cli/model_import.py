"""`millrace model import`: an artifact from a plain model file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import check_folder, one_line_errors, write_artifact
from millrace.errors import UserError

if TYPE_CHECKING:
    from millrace.model.event_options import EventOptions
    from stream_producers.csv_table import CsvFormat


def import_model(
    model: Annotated[
        Path,
        typer.Argument(
            help="The model file: UBJ or JSON of XGBoost 1.0 or newer, or LightGBM's text; a model.tar.gz or MLflow "
            "folder with one; or ONNX (*.onnx)."
        ),
    ],
    name: Annotated[str, typer.Option(help="The model's name.")],
    features: Annotated[Path | None, typer.Option(help="JSON or CSV that lists the features, in any order.")] = None,
    sample: Annotated[
        Path | None, typer.Option(help="CSV, TSV, Parquet or JSONL, .gz or not, with rows as they were trained on.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="The sample's column with the outcome.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="A column that is not a feature; may be repeated.")] = None,
    missing: Annotated[
        str,
        typer.Option(help="Columns that may have missing values: seen (those with some in the table) or always (all)."),
    ] = "seen",
    missing_value: Annotated[
        list[str] | None,
        typer.Option(
            help="What counts as missing in addition to null, as value or feature=value; may be repeated. A number is "
            "the model's `missing` parameter, which its file does not keep."
        ),
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Lowest score that gives the second label.")] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Names of the classes, in order, such as no,yes; or a file of them, one a line."),
    ] = None,
    outputs: Annotated[
        str | None,
        typer.Option(help="Names of the outputs of a model with several, in order, such as low,high."),
    ] = None,
    rounds: Annotated[
        str,
        typer.Option(
            help="Boosting rounds that count: best (early stopping's), all, or a number. If left out, those with which "
            "the saved object predicts: all for a Booster, best for a scikit-learn estimator."
        ),
    ] = "",
    tensor: Annotated[
        str, typer.Option(help="ONNX: the output with the scores, if the graph has several of float32.")
    ] = "",
    quantized: Annotated[
        bool, typer.Option("--quantized", help="ONNX: accept integer operators, which score differently elsewhere.")
    ] = False,
    expected: Annotated[
        Path | None,
        typer.Option(help="ONNX: a table with the scores that the exporting library gives for the sample's rows."),
    ] = None,
    calibrate: Annotated[
        str | None,
        typer.Option(
            help="Calibrate scores: isotonic or platt. Needs --sample with rows that the model was not trained on, and "
            "--label."
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            help="ONNX: JSON with the `inputs` of a manifest, for a model of texts or images; the sample has a column "
            "of them, of images in base64."
        ),
    ] = None,
    version: Annotated[str | None, typer.Option(help="The model's version; the time if left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the artifact.")] = None,
    *,
    events: "EventOptions",
    csv: "CsvFormat",
) -> None:
    """Make an artifact from a model file of XGBoost, LightGBM or ONNX; needs --features, --sample or both."""
    from millrace.console import show
    from millrace.demo import training
    from millrace.model import import_model as importer
    from millrace.model import import_summary
    from millrace.model.event_options import described
    from stream_producers.tables import read_table

    with one_line_errors():
        check_folder(out)
        notes: list[str] = []
        wanted = importer.Import(
            name,
            version or training.new_version(),
            features,
            None if sample is None else read_table(sample, csv, note=notes.append),
            label,
            drop or (),
            missing,
            threshold,
            _labels(labels),
            rounds,
            missing_value or (),
            tuple(outputs.split(",")) if outputs else (),
            tensor,
            quantized,
            None if expected is None else read_table(expected, csv),
            calibrate,
            inputs,
        )
        with show.step("Imported"):
            artifact = described(importer.import_model(model, wanted, notes.append), events)
        for line in import_summary.summary(artifact):
            show.CONSOLE.print(f"  {line}", markup=False)
        for line in notes:
            show.note(line)
        write_artifact(artifact, out)


def _labels(given: str | None) -> tuple[str, ...]:
    """Of the option, or of the file that it names. Raises UserError."""
    if given is None:
        return ()
    try:
        found = tuple(Path(given).read_text().splitlines()) if Path(given).is_file() else tuple(given.split(","))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--labels: {given} cannot be read: {error}") from None
    if not any(found):
        raise UserError(f"--labels: expected a label for each class, got none{f' in {given}' if given else ''}")
    return found
