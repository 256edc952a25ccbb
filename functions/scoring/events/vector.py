"""An event that is a JSON array with the features' values, in the manifest's order."""

from __future__ import annotations

from records.faults import Code, Fault
from records.strict_json import JsonRefused, parse
from scoring.events import value_paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.manifest import Manifest
    from scoring.validate import Row, Validator


class VectorReader:
    def __init__(self, manifest: Manifest, validator: Validator) -> None:
        self._paths, self._validator = value_paths(manifest), validator

    def row(self, data: bytes) -> Row:
        """The row of an event. Raises Fault."""
        try:
            values = parse(data)
        except JsonRefused as refused:
            raise refused.fault() from None
        if type(values) is not list or len(values) != len(self._paths):
            raise Fault(Code.WRONG_SHAPE, "", f"expected an array of {len(self._paths)} values")
        return self._validator.ordered(values, self._paths)
