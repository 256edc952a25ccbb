"""One model version, ready to score."""

from __future__ import annotations

from functools import cached_property
from json.encoder import encode_basestring_ascii

from scoring.events import reader_of, value_paths
from scoring.predictions import Encoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array

    from model_store.event_format import EventFormat
    from model_store.manifest import Manifest
    from predictors.predictor import Predictor
    from scoring.events import Reader


class Variant:
    """One model version, ready to score as champion, challenger or shadow.

    manifest : as the model store has it. read_manifest : the same with `event`, the form of the events, where that is
    another. optional_id : whether an event may lack the id that the manifest names.
    """

    optional_id = False

    def __init__(self, name: str, manifest: Manifest, predictor: Predictor, event: EventFormat | None = None) -> None:
        self.name, self.version, self.classes = name, manifest.version, manifest.output.width
        self.read_manifest = manifest if event is None else manifest.__replace__(event=event)
        self.feature_paths = value_paths(self.read_manifest)
        self.feature_names = tuple(encode_basestring_ascii(feature.name) for feature in manifest.features)
        self.encoder = Encoder(manifest, manifest.digest(), name)
        self.manifest, self.predictor = manifest, predictor

    @cached_property
    def reader(self) -> Reader:
        """What reads the events that the native engine leaves: made for the first of them."""
        from scoring.validate import Validator

        return reader_of(self.read_manifest, Validator(self.read_manifest))

    @property
    def scored_by(self) -> str:
        """What evaluates the trees: `native` or `xgboost`."""
        return self.predictor.engine

    def named(self, name: str) -> Variant:
        """The same model as another variant; it is not loaded again."""
        return self if name == self.name else type(self)(name, self.manifest, self.predictor)

    def reading(self, event: EventFormat) -> Variant:
        """The same model for events of another form; it is not loaded again."""
        return Variant(self.name, self.manifest, self.predictor, event)

    def predict(self, matrix: bytearray, rows: int) -> array[float]:
        """One call for the whole matrix: `classes` scores a row, row by row."""
        return self.predictor.predict(matrix, rows)

    def attribute(self, matrix: bytes, rows: int) -> tuple[array[float], array[float]]:
        """Margins, and what adds up to each of them: see `Predictor.attribute`. Raises NoAttributions."""
        return self.predictor.attribute(matrix, rows)
