"""The features of an imported model: from a small file that lists them, or from a sample of data."""

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from copy import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl

from millrace.errors import UserError
from millrace.model.missing_values import MissingValues, value_of
from millrace.model.tables import check_columns, check_label_is_kept, feature_of, matrix_of
from model_store.documents import Document, json_value
from model_store.errors import DocumentInvalid
from model_store.feature import Feature

CATEGORY_SEPARATOR = "|"
DELIMITERS = ",;\t"
SAMPLE = "the sample"
COLUMNS = ("name", "type", "path", "allow_missing", "accept_text", "categories", "unknown_category", "missing_values")


class ModelColumns(Protocol):
    """What a model file says of its columns.

    columns : how many. names : in the model's order; empty where it has none. categories : those of each column that it
    keeps.
    """

    @property
    def columns(self) -> int: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def categories(self) -> tuple[tuple[str, ...], ...]: ...

    def name_of(self, column: str) -> str:
        """The model's own name of a column."""


def split_label(
    frame: pl.DataFrame | None, label: str | None, drop: Sequence[str]
) -> tuple[pl.DataFrame | None, pl.Series | None]:
    """A sample without the columns that are no features, and its label. Raises UserError."""
    if frame is None:
        return None, None
    check_columns(frame, (*drop, *([label] if label else [])))
    check_label_is_kept(label, drop)
    if label:
        frame = frame.filter(pl.col(label).is_not_null())
    if frame.is_empty():
        raise UserError("the sample: expected at least one row, got none")
    return frame.drop(drop, *([label] if label else [])), frame[label] if label else None


def from_file(path: Path, model: ModelColumns) -> tuple[Feature, ...]:
    """The features that a file lists, in the model's order.

    JSON: an array of objects as in a manifest's `inputs.features`, or an object with that array, such as a manifest.
    CSV: the columns name and type, and optionally path, allow_missing, accept_text, categories and missing_values (both
    joined by |) and unknown_category.
    Categories that the model itself keeps need not be listed. Raises UserError.
    """
    try:
        rows = _csv(path) if path.suffix.lower() == ".csv" else _json(path)
        rows = _ordered({str(row.get("name")): row for row in rows}, len(rows), model, str(path))
        for row, kept in zip(rows, model.categories, strict=True):
            if kept and row.get("type") == "category":
                row.setdefault("categories", list(kept))
        return tuple(Feature.read(Document(row, f"{path}: {row.get('name')}")) for row in rows)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: expected UTF-8, got another encoding ({error}); save it as CSV UTF-8") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    except DocumentInvalid as error:
        raise UserError(str(error)) from None


def from_sample(
    frame: pl.DataFrame, model: ModelColumns, missing: str, gaps: MissingValues | None = None
) -> tuple[Feature, ...]:
    """The features that the columns of a sample are, in the model's order; `missing` as in training.

    gaps : values that count as missing.
    Raises UserError, also for text where it is not known which category has which code: a guess could be wrong.
    """
    columns = _ordered({name: frame[name] for name in frame.columns}, frame.width, model, SAMPLE)
    features = []
    for series, kept in zip(map((gaps or MissingValues()).nulled, columns), model.categories, strict=True):
        if kept:
            known = replace(
                feature_of(series.is_null(), missing), allow_missing=missing == "always" or series.has_nulls()
            )
            features.append(replace(known, type="category", categories=kept))
        elif series.dtype in (pl.String, pl.Categorical, pl.Enum):
            raise UserError(
                f"column {series.name!r}: has text, and the model keeps no categories: list the features in a file, "
                f"with the categories in the order of the codes that the model was trained on (--features)"
            )
        else:
            features.append(feature_of(series, missing))
    return tuple(features)


def encode(frame: pl.DataFrame, features: Sequence[Feature]) -> np.ndarray:
    """A sample as the model's float32 matrix. Raises UserError for a column or a category that is not there."""
    for feature in features:
        if feature.name not in frame.columns:
            raise UserError(f"the sample: expected a column {feature.name!r}, got {', '.join(frame.columns)}")
    matrix = matrix_of({feature.name: frame[feature.name] for feature in features}, features)
    for feature, column in zip(features, matrix.T, strict=True):
        series = frame[feature.name]
        if feature.type != "category":
            continue
        unknown = series.filter(series.is_not_null() & pl.Series(np.isnan(column)))
        unknown = unknown.filter(~unknown.cast(pl.String).is_in(feature.missing_values))
        if len(unknown):
            raise UserError(
                f"column {feature.name!r}: expected one of {', '.join(feature.categories)}, got {unknown[0]!r}"
            )
    return matrix


def _ordered[T](found: Mapping[str, T], count: int, model: ModelColumns, what: str) -> list[T]:
    """The values in the order of the model's own names; in the order given where it has none."""
    found = {model.name_of(name): value for name, value in found.items()}
    if len(found) != count:
        raise UserError(f"{what}: expected each feature name once")
    if not model.names:
        if count != model.columns:
            raise UserError(f"{what}: expected the model's {model.columns} features, in its order, got {count}")
        return list(found.values())
    absent = [name for name in model.names if name not in found]
    foreign = [name for name in found if name not in model.names]
    if absent or foreign:
        raise UserError(
            f"{what}: expected the features that the model names: "
            + "; ".join(
                f"{reason} {', '.join(names)}"
                for reason, names in (("missing are", absent), ("the model does not know", foreign))
                if names
            )
            + ("; --drop leaves a column of the sample out" if foreign and what == SAMPLE else "")
        )
    return [found[name] for name in model.names]


def _json(path: Path) -> list[dict[str, Any]]:
    text = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    value = json_value(text, str(path), "a JSON array or object")
    document = Document.of({"features": value} if isinstance(value, list) else value, str(path))
    if "inputs" in document.members:
        document = document.child("inputs")
    return [dict(child.members) for child in document.children("features")]


def _csv(path: Path) -> list[dict[str, Any]]:
    """The rows of a CSV file as spreadsheets write it: with a byte order mark, `;` or tabs, headings in capitals."""
    text = path.read_bytes().decode("utf-8-sig")
    heading = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=heading.count))
    names = [name.strip().lower() for name in next(rows, [])]
    lacking = [name for name in ("name", "type") if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if lacking or unknown:
        wanted = f"expected the columns name and type, and optionally {', '.join(COLUMNS[2:])}"
        raise UserError(f"{path}: {wanted}; got {', '.join(names) or 'nothing'} (separated by , or ; or a tab)")
    found = []
    for number, cells in enumerate(rows, 2):
        if len(cells) > len(names):
            raise UserError(
                f"{path}, line {number}: expected {len(names)} values, got {len(cells)}; quote those with ,"
            )
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
        if row:
            found.append(_row(row))
    return found


def _row(row: dict[str, Any]) -> dict[str, Any]:
    for name in {"allow_missing", "accept_text"} & row.keys():
        row[name] = {"true": True, "false": False}.get(row[name].lower(), row[name])
    row["type"] = row.get("type", "").lower()
    if "missing_values" in row:
        row["missing_values"] = _missing_values(row["missing_values"], row.get("type", ""))
    if "categories" in row:
        row["categories"] = row["categories"].split(CATEGORY_SEPARATOR)
    return row


def _missing_values(texts: str, feature_type: str) -> list[Any]:
    """Values of a feature's type; a text that is none is left as it is, for the manifest's reader to refuse."""
    feature = Feature("", feature_type)
    found = [(text, value_of(feature, text)) for text in texts.split(CATEGORY_SEPARATOR)]
    return [text if value is None else value for text, value in found]
