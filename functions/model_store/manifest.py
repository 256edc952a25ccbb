"""The manifest: what a model artifact is, what it reads from an event and what it must answer."""

import hashlib
import math
import struct
from typing import Any

from model_store.documents import Document, canonical, parse
from model_store.errors import DocumentInvalid
from records.values import Value, as_dict, made

SCHEMA_VERSION = 1
FEATURE_TYPES = ("float", "int", "bool", "category")
OUTPUT_KINDS = ("binary", "multiclass", "regression", "ranking")
UNKNOWN_CATEGORY_RULES = ("refuse", "missing")
# The model as XGBoost saves it, in UBJSON or in JSON; an artifact has one of them.
UBJ_FILE, JSON_FILE = MODEL_FILES = ("model.ubj", "model.json")


class Feature(Value):
    """One column of the matrix. A category becomes its index in `categories`."""

    name: str
    type: str
    missing: bool = True
    categories: tuple[str, ...] = ()
    unknown_category: str = "refuse"

    @classmethod
    def read(cls, document: Document) -> "Feature":
        feature = cls(
            name=document.get("name", str),
            type=document.one_of("type", FEATURE_TYPES),
            missing=document.get("missing", bool, True),
            categories=document.strings("categories", []),
            unknown_category=document.get("unknown_category", str, "refuse"),
        )
        if (feature.type == "category") != bool(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected exactly where the type is category")
        if len(set(feature.categories)) != len(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected each category once")
        if feature.unknown_category not in UNKNOWN_CATEGORY_RULES:
            raise DocumentInvalid(f"{document.path}.unknown_category: expected refuse or missing")
        if feature.unknown_category == "missing" and not feature.missing:
            raise DocumentInvalid(f"{document.path}.unknown_category: missing values are not allowed here")
        return feature


class Output(Value):
    """What the scores mean. A label is given where there are labels, and for binary scores a threshold."""

    kind: str
    labels: tuple[str, ...] = ()
    threshold: float | None = None
    classes: int = 1

    @classmethod
    def read(cls, document: Document) -> "Output":
        output = cls(
            kind=document.one_of("kind", OUTPUT_KINDS),
            labels=document.strings("labels", []),
            threshold=document.optional("threshold", _finite),
            classes=document.get("classes", int, 1),
        )
        if output.classes < 1:
            raise DocumentInvalid(f"{document.path}.classes: expected at least 1, got {output.classes}")
        if output.labels and len(output.labels) != max(2, output.classes):
            raise DocumentInvalid(f"{document.path}.labels: expected {max(2, output.classes)} labels")
        return output


class EventPaths(Value):
    """Where an event keeps its members; the empty path is the event itself."""

    event_id: tuple[str, ...] = ("event_id",)
    features: tuple[str, ...] = ("features",)

    @classmethod
    def read(cls, value: Any, path: str) -> "EventPaths":
        document = Document.of(value, path)
        paths = cls(document.strings("event_id", ["event_id"]), document.strings("features", ["features"]))
        if not paths.event_id:
            raise DocumentInvalid(f"{path}.event_id: expected at least one member name")
        return paths


class ModelFile(Value):
    """The model's bytes as they must be: size in bytes, SHA-256 in hexadecimal; `name` says which format they have."""

    size: int
    sha256: str
    name: str = UBJ_FILE

    @classmethod
    def of(cls, model: bytes, name: str = UBJ_FILE) -> "ModelFile":
        return cls(len(model), hashlib.sha256(model).hexdigest(), name)

    @classmethod
    def read(cls, files: Document) -> "ModelFile":
        names = [name for name in MODEL_FILES if name in files.members]
        if len(names) != 1:
            found = ", ".join(sorted(files.members)) or "nothing"
            raise DocumentInvalid(f"{files.path}: expected one of {' and '.join(MODEL_FILES)}, got {found}")
        file = files.child(names[0])
        return cls(file.get("size", int), file.get("sha256", str), names[0])


class GoldenRow(Value):
    """A row of float32 features (None is missing) and the scores that the model gave for it when published."""

    features: tuple[float | None, ...]
    scores: tuple[float, ...]

    @classmethod
    def read(cls, document: Document) -> "GoldenRow":
        row = [None if v is None else _finite(v, f"{document.path}.features") for v in document.get("features", list)]
        scores = [_finite(v, f"{document.path}.scores") for v in document.get("scores", list)]
        golden = cls(tuple(row), tuple(scores))
        try:
            golden.packed()
        except OverflowError:
            raise DocumentInvalid(f"{document.path}.features: expected numbers that float32 can hold") from None
        return golden

    def packed(self) -> bytes:
        """The row as float32, in the machine's byte order."""
        return struct.pack(f"={len(self.features)}f", *(math.nan if v is None else v for v in self.features))


class Manifest(Value):
    """One immutable model version. `iterations` is the number of boosting rounds that count (0: all)."""

    name: str
    version: str
    created_at: str
    xgboost_version: str
    objective: str
    features: tuple[Feature, ...]
    output: Output
    model: ModelFile
    golden_rows: tuple[GoldenRow, ...]
    iterations: int = 0
    event: EventPaths = EventPaths()
    metrics: dict[str, float] = made(default_factory=dict)
    baseline: dict[str, Any] = made(default_factory=dict)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Manifest":
        """Read a manifest. Raises DocumentInvalid with the member's path."""
        document = parse(raw, "manifest")
        if (found := document.get("schema_version", int)) != SCHEMA_VERSION:
            raise DocumentInvalid(
                f"manifest.schema_version: expected {SCHEMA_VERSION}, got {found}: written by another Millrace"
            )
        manifest = cls(
            name=document.get("name", str),
            version=document.get("version", str),
            created_at=document.get("created_at", str),
            xgboost_version=document.get("xgboost_version", str),
            objective=document.get("objective", str),
            features=tuple(Feature.read(item) for item in document.children("features")),
            output=Output.read(document.child("output")),
            model=ModelFile.read(document.child("files")),
            golden_rows=tuple(GoldenRow.read(item) for item in document.children("golden_rows")),
            iterations=document.get("iterations", int, 0),
            event=document.optional("event", EventPaths.read) or EventPaths(),
            metrics=document.get("metrics", dict, {}),
            baseline=document.get("baseline", dict, {}),
        )
        manifest._check()
        return manifest

    def to_bytes(self) -> bytes:
        """The manifest's canonical JSON: what is stored, and what `digest` is taken of."""
        members = as_dict(self)
        file = members.pop("model")
        members["files"] = {file.pop("name"): file}
        return canonical({"schema_version": SCHEMA_VERSION, **members})

    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: what a release pins and a prediction names."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def _check(self) -> None:
        names = [feature.name for feature in self.features]
        if not names or len(set(names)) != len(names):
            raise DocumentInvalid("manifest.features: expected at least one feature, and each name once")
        if self.iterations < 0:
            raise DocumentInvalid(f"manifest.iterations: expected 0 (all) or more, got {self.iterations}")
        for i, row in enumerate(self.golden_rows):
            if (len(row.features), len(row.scores)) != (len(names), self.output.classes):
                raise DocumentInvalid(
                    f"manifest.golden_rows[{i}]: expected {len(names)} features and {self.output.classes} scores, "
                    f"got {len(row.features)} and {len(row.scores)}"
                )


def _finite(value: Any, path: str) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # an integer beyond any float
        pass
    raise DocumentInvalid(f"{path}: expected a finite number, got {value!r:.40}")
