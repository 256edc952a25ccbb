"""How a record's bytes become events, and an event a row; chosen once for a model, by its manifest.

bytes → inflate → split into events → parse → unwrap → ignore → row, with what passes through

Each stage is a file, which is imported only for the models that use it.
"""

from __future__ import annotations

from records.strict_json import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from model_store.manifest import Manifest
    from records.record import Record
    from scoring.validate import Row, Validator

    class Reader(Protocol):
        """Reads the records of one model."""

        def split(self, record: Record) -> list[Record]:
            """The events of a record: itself, or where the manifest allows several, a record with its index for each.

            Raises Fault for a record that holds no events as a whole.
            """

        def inflated(self, record: Record) -> bytes:
            """The bytes of an event that is a record, or was split off one. Raises Fault."""

        def read(self, record: Record) -> Row:
            """The row of an event. Raises Fault, and Ignored."""


class JsonReader:
    """One JSON object in a record, and nothing around it."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator

    def split(self, record: Record) -> list[Record]:
        return [record]

    def inflated(self, record: Record) -> bytes:
        return record.data

    def read(self, record: Record) -> Row:
        return self._validator.row(decode(record.data))


def value_paths(manifest: Manifest) -> list[str]:
    """The paths of the features' values in an event, as far as the manifest says them."""
    match manifest.event.format:
        case "bytes":
            return [""]
        case "csv" | "vector":
            return [f"/{column}" for column in range(len(manifest.features))]
        case "open-inference":
            return ["/inputs"] * len(manifest.features)
    return [feature.path for feature in manifest.features]


def reader_of(manifest: Manifest, validator: Validator) -> Reader:
    """The reader that a manifest asks for."""
    if manifest.event.bare:
        return JsonReader(validator)
    from scoring.events.staged import StagedReader

    return StagedReader(manifest, validator)
