"""Labelled tables: CSV with a header, or arrays of numpy (.npz), as bytes of an object in S3.

csv, csv.gz : a column for each feature, and the label's. One column without any number is the text of a model of texts.
npz : `x`, rows × columns, float32, or uint8 from 0 to 255, which stands for 0 to 1; the labels under the label's name.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from typing import Any

# What the compressed bytes may become: a table is in memory several times.
MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """columns : names. values : float32, rows × columns; or texts. labels : texts, or float64 for numbers to predict.

    Texts have one column, the name of their feature.
    """

    columns: tuple[str, ...]
    values: Any
    labels: Any

    @property
    def texts(self) -> bool:
        return isinstance(self.values, list)

    @property
    def rows(self) -> int:
        return len(self.labels)


def read(raw: bytes, name: str, label: str, *, texts: bool = False) -> TrainingTable:
    """The table of a file of that name. texts : also numbers are texts. Raises TrainingRefused."""
    if name.endswith(".npz"):
        return _arrays(raw, label)
    if name.endswith((".csv", ".csv.gz")):
        return _csv(_inflated(raw) if name.endswith(".gz") else raw, label, texts=texts)
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


def _arrays(raw: bytes, label: str) -> TrainingTable:
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
    columns = tuple(f"p{number:03}" for number in range(values.shape[1]))
    return _checked(columns, values.astype(np.float32) / (255 if x.dtype == np.uint8 else 1), y)


def _csv(raw: bytes, label: str, *, texts: bool) -> TrainingTable:
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingRefused(f"table: expected CSV in UTF-8: {error}") from None
    header = rows[0] if rows else []
    if header.count(label) != 1 or len(set(header)) != len(header) or len(header) < 2:
        raise TrainingRefused(f"table: expected a header with each column once, among them the label {label!r}")
    body = [row for row in rows[1:] if row]
    for number, row in enumerate(body, 1):
        if len(row) != len(header):
            raise TrainingRefused(f"table: row {number}: expected {len(header)} fields, got {len(row)}")
    at = header.index(label)
    labels = np.array([row[at] for row in body])
    columns = tuple(name for name in header if name != label)
    if len(columns) == 1 and (texts or not any(_is_number(row[1 - at]) for row in body)):
        return TrainingTable(columns, [row[1 - at] for row in body], _labels(labels))
    return _checked(columns, _matrix(header, at, body), labels)


def _matrix(header: list[str], at: int, body: list[list[str]]) -> np.ndarray:
    found = np.empty((len(body), len(header) - 1), np.float32)
    for place, column in enumerate(place for place in range(len(header)) if place != at):
        try:
            found[:, place] = [float(row[column]) for row in body]
        except ValueError:
            raise TrainingRefused(
                f"table: column {header[column]!r}: expected a number in every row; leave other columns out, or train "
                "one column of texts"
            ) from None
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _checked(columns: tuple[str, ...], values: np.ndarray, labels: np.ndarray) -> TrainingTable:
    if not np.isfinite(values).all():
        raise TrainingRefused("table: expected finite numbers in every row and column")
    return TrainingTable(columns, values, _labels(labels))


def _labels(labels: np.ndarray) -> np.ndarray:
    """Texts; numbers with a fraction stay numbers, as what is to be predicted."""
    if not len(labels):
        raise TrainingRefused("table: expected rows, got none")
    try:
        numbers = labels.astype(np.float64)
    except ValueError:
        return labels.astype(str)
    if not np.isfinite(numbers).all():
        raise TrainingRefused("table: expected a label in every row")
    whole = bool((numbers == np.floor(numbers)).all())
    return numbers.astype(np.int64).astype(str) if whole and len(np.unique(numbers)) <= 1_000 else numbers
