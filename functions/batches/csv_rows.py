"""CSV with a header, as the lines that the scorer's CSV reader reads: the model's features, in their order.

A row is a line: quoted fields hold no newline.
"""

from __future__ import annotations

import csv
import io

from batches.errors import BatchRefused
from model_store.event_format import CSV, EventFormat
from records.faults import Code, Fault
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_store.manifest import Manifest
    from scoring.variant import Variant

BOM = b"\xef\xbb\xbf"


class CsvColumns(Value):
    """places : of each feature in a line. width : the fields of a line."""

    places: tuple[int, ...]
    width: int


def columns(header: bytes, manifest: Manifest, where: str) -> CsvColumns:
    """Raises BatchRefused for a header that has not each feature once."""
    names = next(csv.reader([header.removeprefix(BOM).decode("utf-8", "replace").rstrip("\r\n")]), [])
    wanted = [feature.name for feature in manifest.features]
    if missing := [name for name in wanted if name not in names]:
        raise BatchRefused(
            f"{where}: expected a header with the features of {manifest.name} {manifest.version}, found no "
            f"{', '.join(missing[:5])}; name the columns as the features"
        )
    if twice := [name for name in wanted if names.count(name) > 1]:
        raise BatchRefused(f"{where}: expected each feature in one column, got several {twice[0]}; rename the others")
    return CsvColumns(tuple(map(names.index, wanted)), len(names))


def picked(line: bytes, places: Sequence[int], width: int) -> bytes:
    """The features' fields of a line. Raises Fault for one that has not as many fields as the header."""
    try:
        (row,) = csv.reader([line.decode()], strict=True)
    except UnicodeDecodeError:
        raise Fault(Code.INVALID_UTF8, "", "expected UTF-8") from None
    except (ValueError, csv.Error):
        row = []
    if len(row) != width:
        raise Fault(Code.WRONG_SHAPE, "", f"expected a line of CSV with the header's {width} fields")
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="").writerow([row[place] for place in places])
    return written.getvalue().encode()


def variant(served: Variant) -> Variant:
    """The model with events of CSV; its predictions name the manifest as it is in the store."""
    return served.reading(EventFormat(event_id=None, format=CSV))
