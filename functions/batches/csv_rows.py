"""CSV with a header, as the lines that the scorer's CSV reader reads: the model's features, in their order.

A row is a line: quoted fields hold no newline.
"""

from __future__ import annotations

import csv
import io

from batches.errors import BatchRefused
from model_store.event_format import CSV, EventFormat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_store.manifest import Manifest
    from scoring.variant import Variant

BOM = b"\xef\xbb\xbf"


def columns(header: bytes, manifest: Manifest, where: str) -> tuple[int, ...]:
    """The place of each feature in a line. Raises BatchRefused for a header without one of them."""
    names = next(csv.reader([header.removeprefix(BOM).decode("utf-8", "replace").rstrip("\r\n")]), [])
    missing = [feature.name for feature in manifest.features if feature.name not in names]
    if missing:
        raise BatchRefused(
            f"{where}: expected a header with the features of {manifest.name} {manifest.version}, found no "
            f"{', '.join(missing[:5])}; name the columns as the features"
        )
    return tuple(names.index(feature.name) for feature in manifest.features)


def picked(line: bytes, places: Sequence[int]) -> bytes:
    """The features' fields of a line; of a line that has too few fields, or is no text, the line itself."""
    try:
        (row,) = csv.reader([line.decode()], strict=True)
        fields = [row[place] for place in places]
    except (ValueError, IndexError, csv.Error):
        return line
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="").writerow(fields)
    return written.getvalue().encode()


def variant(served: Variant) -> Variant:
    """The model with events of CSV; its predictions name the manifest as it is in the store."""
    return served.reading(EventFormat(event_id=None, format=CSV))
