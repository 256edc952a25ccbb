"""What a captured row has, and the rows of one version on their way to a file: docs/contracts.md, "Captured row"."""

from __future__ import annotations

import hashlib
from array import array
from itertools import chain

from capture.parquet import FLOAT, TEXT, ParquetColumn, written
from model_store.feature import HASH, MASK, OMIT
from records.timestamps import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_store.feature import Feature
    from scoring.variant import Variant

SCHEMA_VERSION = 1
BYTES_OF_A_ROW = 300  # of its tuple and texts, without their characters
FEATURES, SCORE, SCORES = "features", "score", "scores"
HASH_DIGITS = 16  # 64 bits: of a million values, two have the same hash with a probability of 3e-8
TEXTS = ("prediction_id", "event_id", "partition_key", "version", "variant", "source", "arrived_at", "scored_at")
_ARRIVED = slice(-26, -2)  # of `source`, which ends with it


class CapturedRows:
    """The rows of one model version that were not written yet. began : when the first of them was scored."""

    def __init__(self, variant: Variant, began: float) -> None:
        self.manifest, self.began, self.rows = variant.manifest, began, 0
        self._texts: list[tuple[str, str, str, str]] = []
        self._batches: list[tuple[int, str, str]] = []  # rows, variant, scored_at
        self._matrix, self._scores, self._characters = bytearray(), bytearray(), 0

    @property
    def size(self) -> int:
        """The bytes that they take, more or less."""
        return len(self._matrix) + len(self._scores) + self._characters + BYTES_OF_A_ROW * self.rows

    def add(
        self, variant: str, now: float, texts: Sequence[tuple[str, str, str, str]], matrix: bytes, scores: bytes
    ) -> None:
        """Add rows that were scored at `now`. texts : as `Table.texts` returns them, one for each row."""
        self._texts += texts
        self._characters += sum(map(len, chain.from_iterable(texts)))
        self._batches.append((len(texts), variant, timestamp(now)))
        self._matrix += matrix
        self._scores += scores
        self.rows += len(texts)

    def file(self) -> bytes:
        """The rows as a Parquet file."""
        notes = {"millrace.schema_version": str(SCHEMA_VERSION), "millrace.model": self.manifest.name}
        return written([*self._text_columns(), *self._score_columns(), *self._feature_columns()], self.rows, notes)

    def _text_columns(self) -> list[ParquetColumn]:
        ids, event_ids, sources, keys = zip(*self._texts, strict=True)
        columns = {
            "prediction_id": ids,
            "event_id": [_plain_id(event_id) for event_id in event_ids],
            "partition_key": keys,
            "version": [self.manifest.version] * self.rows,
            "variant": [variant for rows, variant, _ in self._batches for _ in range(rows)],
            "source": sources,
            "arrived_at": [source[_ARRIVED] for source in sources],
            "scored_at": [scored_at for rows, _, scored_at in self._batches for _ in range(rows)],
        }
        return [ParquetColumn((name,), TEXT, columns[name], random=name == "prediction_id") for name in TEXTS]

    def _score_columns(self) -> list[ParquetColumn]:
        output = self.manifest.output
        if output.width == 1 and not output.names:
            return [ParquetColumn((SCORE,), FLOAT, bytes(self._scores))]
        names = output.names or [str(i) for i in range(output.width)]
        scores = memoryview(self._scores).cast("f")
        return [
            ParquetColumn((SCORES, name), FLOAT, scores[i :: output.width].tobytes()) for i, name in enumerate(names)
        ]

    def _feature_columns(self) -> list[ParquetColumn]:
        features = self.manifest.columns
        if not features:
            return []
        matrix = memoryview(self._matrix).cast("f")
        return [
            _feature_column(feature, matrix[i :: len(features)])
            for i, feature in enumerate(features)
            if feature.capture != OMIT
        ]


def key(model: str, began: float, version: str, name: str) -> str:
    """The key of an object: by the hour in which its first row was scored."""
    hour = timestamp(began)[:13].replace("-", "/").replace("T", "/")
    return f"{prefix(model)}{hour}/{version}/{name}.parquet"


def prefix(model: str) -> str:
    return f"capture/{model}/"


def hashed(feature: str, value: float) -> str:
    """What is captured in place of a value: equal values of a feature have equal texts."""
    text = f"{feature}|{value + 0.0!r}"  # -0.0 equals 0.0
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:HASH_DIGITS]


def _feature_column(feature: Feature, values: memoryview[float]) -> ParquetColumn:
    path = (FEATURES, feature.name)
    if feature.capture == HASH:
        known: dict[float, str] = {}
        for value in values:
            if value == value and value not in known:
                known[value] = hashed(feature.name, value)
        return ParquetColumn(path, TEXT, [known.get(value, "") for value in values])
    if feature.capture == MASK:
        values = memoryview(array("f", [1.0 if value == value else value for value in values]))
    return ParquetColumn(path, FLOAT, values.tobytes())


def _plain_id(event_id: str) -> str:
    """An id as text; what is JSON of a text is that text."""
    if event_id.startswith('"'):
        if "\\" not in event_id:
            return event_id[1:-1]
        import json

        return str(json.loads(event_id))
    return event_id
