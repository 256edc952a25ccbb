"""Labelled tables: CSV with a header, or arrays of numpy (.npz), as bytes of an object in S3.

csv, csv.gz : a column for each feature, and the label's. One column without any number is the text of a model of texts.
    For learners of mixed columns an empty field is a missing value, and texts are booleans or categories.
npz : `x`, rows × columns, float32, or uint8 from 0 to 255, which stands for 0 to 1; the labels under the label's name.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_store.feature import Feature
from trainer.columns import ColumnSurvey
from trainer.csv_file import CsvFile
from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from typing import Any

# What the compressed bytes may become: a table is in memory several times.
MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """columns : names. values : float32, rows × columns; or texts. labels : texts, or float64 for numbers to predict.

    features : of the columns; () for texts, whose one column is the name of their feature.
    """

    columns: tuple[str, ...]
    values: Any
    labels: Any
    features: tuple[Feature, ...] = ()

    @property
    def texts(self) -> bool:
        return isinstance(self.values, list)

    @property
    def rows(self) -> int:
        return len(self.labels)


def read(raw: bytes, name: str, label: str, *, texts: bool = False, mixed: bool = False) -> TrainingTable:
    """The table of a file of that name. Raises TrainingRefused.

    texts : also numbers are texts. mixed : columns may have gaps, and be booleans or categories; none is text.
    """
    if name.endswith(".npz"):
        return _arrays(raw, label, mixed=mixed)
    if name.endswith((".csv", ".csv.gz")):
        return _csv(_inflated(raw) if name.endswith(".gz") else raw, label, texts=texts, mixed=mixed)
    raise TrainingRefused(f"table: expected .csv, .csv.gz or .npz, got {name.rpartition('/')[2]:.100}")


def _inflated(raw: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            found = file.read(MOST_BYTES + 1)
    except (OSError, EOFError) as error:
        raise TrainingRefused(f"table: expected gzip: {error}") from None
    if len(found) > MOST_BYTES:
        raise TrainingRefused(f"table: expected up to {MOST_BYTES >> 20} MiB, inflated")
    return found


def _arrays(raw: bytes, label: str, *, mixed: bool) -> TrainingTable:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MOST_BYTES:
            raise TrainingRefused(f"table: expected up to {MOST_BYTES >> 20} MiB of arrays, got {size >> 20}")
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays[label]
    except KeyError:
        raise TrainingRefused(f"table: expected arrays x and {label}") from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingRefused(f"table: expected arrays without Python objects: {error}") from None
    if x.ndim < 2 or y.ndim != 1 or len(x) != len(y):
        raise TrainingRefused(f"table: expected x with a row for each label, got shapes {x.shape} and {y.shape}")
    if x.dtype not in (np.float32, np.uint8):
        raise TrainingRefused(f"table: expected x of float32 or uint8, got {x.dtype}")
    values = x.reshape(len(x), -1)
    values = values.astype(np.float32) / (255 if x.dtype == np.uint8 else 1)
    gaps = np.isnan(values).any(axis=0) & mixed
    features = [Feature(f"p{place:03}", "float", allow_missing=bool(gap)) for place, gap in enumerate(gaps)]
    return _checked(features, values, y)


def _csv(raw: bytes, label: str, *, texts: bool, mixed: bool) -> TrainingTable:
    file = CsvFile(raw, label)
    surveys, labels, seen = [ColumnSurvey(name) for name in file.names], list[str](), dict[str, str]()
    for of_rows, columns in file.parts():
        labels += [seen.setdefault(label, label) for label in of_rows]
        for survey, fields in zip(surveys, columns, strict=True):
            survey.see(fields)
    if not labels:
        raise TrainingRefused("table: expected rows, got none")
    if len(surveys) == 1 and not mixed and (texts or not surveys[0].numbers):
        rows = [text for _, columns in file.parts() for text in columns[0]]
        return TrainingTable(file.names, rows, _labels(np.array(labels)))
    found = [survey.mixed() if mixed else survey.number() for survey in surveys]
    values, at = np.empty((len(labels), len(found)), np.float32), 0
    for of_rows, columns in file.parts():
        for place, (column, fields) in enumerate(zip(found, columns, strict=True)):
            values[at : at + len(of_rows), place] = column.values(fields)
        at += len(of_rows)
    return _checked([column.feature for column in found], values, np.array(labels))


def _checked(features: list[Feature], values: np.ndarray, labels: np.ndarray) -> TrainingTable:
    """Gaps are where features allow them."""
    wrong = np.isinf(values) | (np.isnan(values) & ~np.array([feature.allow_missing for feature in features]))
    if wrong.any():
        raise TrainingRefused("table: expected finite numbers in every row and column")
    return TrainingTable(tuple(feature.name for feature in features), values, _labels(labels), tuple(features))


def _labels(labels: np.ndarray) -> np.ndarray:
    """Texts; numbers with a fraction stay numbers, as what is to be predicted."""
    if not len(labels):
        raise TrainingRefused("table: expected rows, got none")
    if labels.dtype.kind == "U" and (labels == "").any():
        raise TrainingRefused(f"table: row {int((labels == '').argmax()) + 1}: expected a label in every row")
    try:
        numbers = labels.astype(np.float64)
    except ValueError:
        return labels.astype(str)
    if not np.isfinite(numbers).all():
        raise TrainingRefused("table: expected a label in every row")
    whole = bool((numbers == np.floor(numbers)).all())
    return numbers.astype(np.int64).astype(str) if whole and len(np.unique(numbers)) <= 1_000 else numbers
