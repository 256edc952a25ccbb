"""The models that serve, as the endpoint uses them: events in any form, predictions in full form."""

from __future__ import annotations

from copy import replace

from http_api.record import CSV, EVENT, ROW, VALUE, VECTOR
from model_store import event_format
from model_store.attribution_setting import AttributionSetting
from model_store.event_format import EventFormat
from model_store.prediction_form import PredictionForm
from model_store.release import CHAMPION
from records.faults import Code, Fault
from scoring.attributions import explain, explained
from scoring.events.objects import ObjectReader
from scoring.predictions import Encoder
from scoring.validate import Validator
from scoring.variant import Variant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from http_api.record import HttpRecord
    from model_store.manifest import Manifest
    from model_store.release import Release
    from predictors.predictor import Predictor
    from records.record import Record
    from scoring.engine.protocols import Table
    from scoring.validate import Row
    from serving.models import Serving

ON_REQUEST = AttributionSetting(share=1.0)


class OptionalIdValidator(Validator):
    """A request has its own identity, so that its events need no id."""

    def event_id(self, record: dict[str, Any]) -> str | int | None:
        try:
            return super().event_id(record)
        except Fault as fault:
            if fault.code == Code.MISSING_EVENT_ID:
                return None
            raise


class HttpReader:
    """Reads the events of requests, each an HttpRecord, in the form that it has."""

    def __init__(self, manifest: Manifest) -> None:
        """manifest : of JSON events; see `http_event`."""
        self._manifest, self._validator = manifest, OptionalIdValidator(manifest)
        self._forms: dict[str, Callable[[bytes], Row]] = {EVENT: ObjectReader(manifest.event, self._validator).row}
        self._tensors: Any = None

    def split(self, record: Record) -> list[Record]:
        """The request was divided before."""
        return [record]

    def inflated(self, record: Any) -> bytes:
        """What the native engine reads: events in the form that the manifest has."""
        return record.data if record.form == EVENT else b""

    def read(self, record: Any) -> Row:
        """The row of an event. Raises Fault."""
        if record.form == ROW:
            return self._row(record)
        read = self._forms.get(record.form) or self._make(record.form)
        return read(record.data)

    def _row(self, record: HttpRecord) -> Row:
        if self._tensors is None:
            from scoring.events.open_inference import Tensors

            self._tensors = Tensors(self._manifest)
        return self._validator.ordered(*self._tensors.values(record.tensors, record.row))

    def _value(self, data: bytes) -> Row:
        """A body that is the text or the image itself. Raises Fault."""
        if self._manifest.preparation is None:
            raise Fault(Code.WRONG_SHAPE, "", "expected an event as JSON or CSV: the model has several features")
        return self._validator.ordered([data], [""])

    def _make(self, form: str) -> Callable[[bytes], Row]:
        if form == VALUE:
            return self._value
        name = {VECTOR: event_format.VECTOR, CSV: event_format.CSV}[form]
        manifest = replace(self._manifest, event=EventFormat(None, format=name))
        if form == VECTOR:
            from scoring.events.vector import VectorReader

            self._forms[form] = VectorReader(manifest, self._validator).row
        else:
            from scoring.events.csv_line import CsvReader

            self._forms[form] = CsvReader(manifest).row
        return self._forms[form]


def http_event(event: EventFormat) -> EventFormat:
    """One JSON object as the event: each request says by itself how its events are divided, and none is ignored."""
    return EventFormat(event.event_id, event.event_id_type, unwrap=event.unwrap, passthrough=event.passthrough)


class HttpVariant(Variant):
    """A variant that reads events of requests, and writes predictions in full form."""

    optional_id = True

    def __init__(self, name: str, manifest: Manifest, predictor: Predictor) -> None:
        super().__init__(name, manifest, predictor, http_event(manifest.event))
        self.reader = HttpReader(self.read_manifest)
        self.takes_images = manifest.preparation is not None and manifest.preparation.name == "image"
        self.encoder = Encoder(replace(manifest, prediction=PredictionForm()), manifest.digest(), name)


class HttpServing:
    """A release with its models, each an HttpVariant, for requests."""

    def __init__(self, serving: Serving) -> None:
        self.release: Release = serving.release
        self.variants: Mapping[str, HttpVariant] = serving.variants  # type: ignore[assignment]  # made so by the loader

    @property
    def champion(self) -> HttpVariant:
        return self.variants[CHAMPION]

    def named(self, version: str) -> HttpVariant | None:
        """The variant of a model version, if that serves."""
        return next((variant for variant in self.variants.values() if variant.version == version), None)

    def variant_of(self, record: Any) -> str:
        """By the version that the request names, if that serves; else by the partition key."""
        if record.version and (named := self.named(record.version)):
            return named.name
        return self.release.variant(record.partition_key)

    def explain(self, table: Table) -> list[tuple[int, str]]:
        """The attributions that the release or the caller asks for."""
        setting = self.release.attributions
        rows = set() if setting is None else set(explained(table, setting))
        rows |= {row for row in range(table.rows) if table.record(row).explained}  # type: ignore[attr-defined]
        return explain(table, sorted(rows), setting or ON_REQUEST)
