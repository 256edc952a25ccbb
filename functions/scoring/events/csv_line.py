"""An event that is a line of CSV with the features' values, in the manifest's order; no header, an empty field is
missing.
"""

from __future__ import annotations

import csv
from copy import replace

from records.faults import Code, Fault
from records.strict_json import JsonRefused, utf8
from scoring.events import value_paths
from scoring.validate import Validator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.manifest import Manifest
    from scoring.validate import Row


class CsvReader:
    """All values of CSV are text, so that each feature accepts text."""

    def __init__(self, manifest: Manifest) -> None:
        features = tuple(replace(feature, accept_text=True) for feature in manifest.features)
        self._validator = Validator(replace(manifest, features=features))
        self._paths = value_paths(manifest)

    def row(self, data: bytes) -> Row:
        """The row of an event. Raises Fault."""
        try:
            text = utf8(data)
        except JsonRefused as refused:
            raise refused.fault() from None
        try:
            rows = list(csv.reader([text.removesuffix("\n").removesuffix("\r")], strict=True))
        except csv.Error:
            rows = []
        if len(rows) != 1 or len(rows[0]) != len(self._paths):
            raise Fault(Code.WRONG_SHAPE, "", f"expected a line of CSV with {len(self._paths)} fields")
        return self._validator.ordered([field or None for field in rows[0]], self._paths)
