"""The stages that a manifest asks for, one after the other."""

from __future__ import annotations

from model_store.event_format import MANY, VECTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from model_store.manifest import Manifest
    from records.record import Record
    from scoring.validate import Row, Validator


class StagedReader:
    """Reads the records of a model whose manifest asks for more than one JSON object in a record."""

    def __init__(self, manifest: Manifest, validator: Validator) -> None:
        self._inflate = _inflate(manifest.event.max_inflated)
        self._split = _split(manifest) if manifest.event.events_per_record == MANY else None
        self._row = _row(manifest, validator)

    def split(self, record: Record) -> list[Record]:
        """An event that has an index was split off before: it comes back from the quarantine."""
        if self._split is None or record.fault is not None or record.index is not None:
            return [record]
        return [record.event(index, data) for index, data in enumerate(self._split(self._inflate(record.data)))]

    def inflated(self, record: Record) -> bytes:
        return record.data if record.index is not None else self._inflate(record.data)

    def read(self, record: Record) -> Row:
        return self._row(self.inflated(record))


def _inflate(max_bytes: int | None) -> Callable[[bytes], bytes]:
    if max_bytes is None:
        return lambda data: data
    from records.gunzip import gunzip

    return lambda data: gunzip(data, max_bytes)


def _split(manifest: Manifest) -> Callable[[bytes], list[bytes]]:
    match manifest.event.format:
        case "json" | "vector":
            from scoring.events.split import items

            return lambda data: items(data, arrays=manifest.event.format == VECTOR)
        case "csv":
            from scoring.events.split import lines

            return lines
        case _:
            from scoring.events.open_inference import Tensors

            return Tensors(manifest).split


def _row(manifest: Manifest, validator: Validator) -> Callable[[bytes], Row]:
    match manifest.event.format:
        case "json":
            from scoring.events.objects import ObjectReader

            return ObjectReader(manifest.event, validator).row
        case "vector":
            from scoring.events.vector import VectorReader

            return VectorReader(manifest, validator).row
        case "csv":
            from scoring.events.csv_line import CsvReader

            return CsvReader(manifest).row
        case "bytes":
            return lambda data: validator.ordered([data], [""])
        case _:
            from scoring.events.open_inference import RequestReader

            return RequestReader(manifest, validator).row
