"""The manifest, schema 2: what a model artifact is, what it reads from an event and what it answers.

Reading is strict: a member that is unknown is refused, and so is a value that asks for what is not built yet
(`reserved`). Everything that has a default may be left out of a manifest that is written by hand; what is stored is
the canonical form, which has every member. docs/contracts.md explains them all.
"""

from __future__ import annotations

import hashlib

import inputs
from model_store import names, reserved
from model_store.documents import canonical, parse, string
from model_store.errors import DocumentInvalid
from model_store.event_format import BYTES, EventFormat
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow, Tolerance
from model_store.output import Output
from model_store.prediction_form import PredictionForm
from predictors import FRAMEWORKS
from records.values import Value, as_dict, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from inputs.preparation import Preparation
    from model_store.documents import Document

SCHEMA_VERSION = 2
MULTI_OUTPUT = "multi_output"
TASKS = ("binary", "multiclass", "regression", "ranking", MULTI_OUTPUT)


class ModelFile(Value):
    """The model's bytes as they must be: size in bytes, SHA-256 in hexadecimal; `name` says which format they have."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, model: bytes, name: str) -> ModelFile:
        return cls(name, len(model), hashlib.sha256(model).hexdigest())

    @classmethod
    def read(cls, files: Document, framework: str) -> ModelFile:
        """The one file in `files`, under a name that the framework has for its models."""
        names = tuple(FRAMEWORKS[framework].model_files)
        found = list(files.members)
        if len(found) != 1 or found[0] not in names:
            got = ", ".join(sorted(found)) or "nothing"
            raise DocumentInvalid(f"{files.path}: expected one of {' and '.join(names)}, got {got}")
        file = files.child(found[0])
        file.only(("size", "sha256"))
        return cls(found[0], file.get("size", int), file.get("sha256", str))


class Manifest(Value):
    """One immutable model version.

    objective : what the model was trained for, as its framework names it; None where it has no such name.
    rounds : boosting rounds that count; 0 means all. quantized : whether integer arithmetic is accepted (ONNX).
    features : the columns of the matrix; or one, of the preparation's kind.
    preparation : what makes a row of a text or an image; None: the inputs are features.
    """

    __slots__ = ("_digest",)
    name: str
    version: str
    created_at: str
    framework: ModelFramework
    task: str
    objective: str | None
    features: tuple[Feature, ...]
    output: Output
    file: ModelFile
    golden_rows: tuple[GoldenRow, ...]
    rounds: int = 0
    quantized: bool = False
    event: EventFormat = EventFormat()
    prediction: PredictionForm = PredictionForm()
    tolerance: Tolerance = Tolerance()
    metrics: dict[str, float] = made(default_factory=dict)
    baseline: dict[str, Any] = made(default_factory=dict)
    preparation: Preparation | None = None

    @property
    def columns(self) -> tuple[Feature, ...]:
        """The features that are columns of a float32 matrix: none where the input is a text or an image."""
        return self.features if self.preparation is None else ()

    def golden_inputs(self) -> list[bytes]:
        """Each golden row as the model takes it. Raises Unfit for a value that cannot be prepared."""
        if self.preparation is None:
            return [row.packed() for row in self.golden_rows]
        return [self.preparation.prepare(row.inputs[0]) for row in self.golden_rows]

    @classmethod
    def from_bytes(cls, raw: bytes) -> Manifest:
        """Read a manifest. Raises DocumentInvalid with the member's path."""
        document = parse(raw, "manifest")
        _check_schema(document)
        document.only(_MEMBERS)
        framework = ModelFramework.read(document.child("framework"))
        model = document.section("model")
        reserved.check(model, "model", ("objective", "rounds", "quantized"))
        features, preparation = read_inputs(document.child("inputs"))
        manifest = cls(
            name=names.check(document.get("name", str), "manifest.name"),
            version=names.check(document.get("version", str), "manifest.version"),
            created_at=document.get("created_at", str),
            framework=framework,
            task=document.one_of("task", TASKS),
            objective=model.optional("objective", string),
            features=features,
            output=Output.read(document.child("output")),
            file=ModelFile.read(document.child("files"), framework.name),
            golden_rows=tuple(GoldenRow.read(item, preparation) for item in document.children("golden_rows")),
            rounds=model.get("rounds", int, 0),
            quantized=model.get("quantized", bool, False),
            event=EventFormat.read(document.section("event")),
            prediction=PredictionForm.read(document.section("prediction")),
            tolerance=Tolerance.read(document.section("tolerance")),
            metrics=document.get("metrics", dict, {}),
            baseline=document.get("baseline", dict, {}),
            preparation=preparation,
        )
        manifest._check()
        try:
            manifest.digest()
        except ValueError:  # 1e999 reads as infinity, which no canonical JSON has
            raise DocumentInvalid(
                "manifest: expected finite numbers, got one beyond any in metrics or baseline"
            ) from None
        return manifest

    def to_bytes(self) -> bytes:
        """The manifest's canonical JSON: what is stored, and what `digest` is computed from."""
        features = [as_dict(feature) | reserved.neutral("feature") for feature in self.features]
        prepared = self.preparation
        members = {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "version": self.version,
            "created_at": self.created_at,
            "framework": as_dict(self.framework),
            "task": self.task,
            "model": {"objective": self.objective, "rounds": self.rounds, "quantized": self.quantized}
            | reserved.neutral("model"),
            "event": self.event.written() | reserved.neutral("event"),
            "inputs": {"kind": inputs.FEATURES, "preprocessing": [], "features": features}
            | ({} if prepared is None else {"kind": prepared.name, "preprocessing": prepared.written()})
            | reserved.neutral("inputs"),
            "output": as_dict(self.output) | reserved.neutral("output"),
            "prediction": self.prediction.written(),
            "files": {self.file.name: {"size": self.file.size, "sha256": self.file.sha256}},
            "tolerance": as_dict(self.tolerance),
            "golden_rows": [row.written() for row in self.golden_rows],
            "metrics": self.metrics,
            "baseline": self.baseline,
        }
        return canonical(members)

    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: what a release pins and a prediction names. Computed once.

        Raises ValueError for a number that is not finite.
        """
        found: str = getattr(self, "_digest", "")
        if not found:
            found = hashlib.sha256(self.to_bytes()).hexdigest()
            object.__setattr__(self, "_digest", found)
        return found

    def _check(self) -> None:
        _check_features(self.features)
        _check_preparation(self)
        if (self.task == MULTI_OUTPUT) != bool(self.output.names):
            raise DocumentInvalid(f"manifest.output.names: expected exactly where the task is {MULTI_OUTPUT}")
        _check_event_id(self.event, self.features)
        _check_calibration(self)
        if self.rounds < 0:
            raise DocumentInvalid(f"manifest.model.rounds: expected 0 (all) or more, got {self.rounds}")
        for i, row in enumerate(self.golden_rows):
            if (len(row.inputs), len(row.scores)) != (len(self.features), self.output.width):
                raise DocumentInvalid(
                    f"manifest.golden_rows[{i}]: expected {len(self.features)} inputs and {self.output.width} scores, "
                    f"got {len(row.inputs)} and {len(row.scores)}"
                )


_MEMBERS = (
    "schema_version", "name", "version", "created_at", "framework", "task", "model", "event", "inputs", "output",
    "prediction", "files", "tolerance", "golden_rows", "metrics", "baseline",
)  # fmt: skip


def _check_schema(document: Document) -> None:
    found = document.get("schema_version", int)
    if found == SCHEMA_VERSION:
        return
    made = "made by an earlier Millrace: make it again with `millrace model import` or `millrace model train`"
    raise DocumentInvalid(
        f"manifest.schema_version: expected {SCHEMA_VERSION}, got {found}: "
        f"{made if found < SCHEMA_VERSION else 'made by a later Millrace: use that one'}"
    )


def _check_features(features: Sequence[Feature]) -> None:
    """Each name and each path once."""
    where = "manifest.inputs.features"
    if not features or len({feature.name for feature in features}) != len(features):
        raise DocumentInvalid(f"{where}: expected at least one feature, and each name once")
    seen = set[str]()
    for i, feature in enumerate(features):
        if feature.path in seen:
            raise DocumentInvalid(f"{where}[{i}].path: expected each path once, got {feature.path} again")
        seen.add(feature.path)


def read_inputs(read: Document) -> tuple[tuple[Feature, ...], Preparation | None]:
    """The features of a manifest's `inputs`, and what prepares the one that is a text or an image.

    Raises DocumentInvalid.
    """
    reserved.check(read, "inputs", ("features", "kind", "preprocessing"))
    kind = read.one_of("kind", (inputs.FEATURES, *inputs.KINDS), inputs.FEATURES)
    try:
        preparation = inputs.read(kind, read.get("preprocessing", list, []))
    except inputs.PreparationInvalid as error:
        raise DocumentInvalid(f"{read.path}.preprocessing: {error}") from None
    return tuple(Feature.read(item, kind) for item in read.children("features")), preparation


def _check_preparation(manifest: Manifest) -> None:
    """A text or an image is the one feature; only such a record may be the value itself."""
    if manifest.preparation is None:
        if manifest.event.format == BYTES:
            raise DocumentInvalid("manifest.event.format: expected another than bytes: a record has several features")
    elif len(manifest.features) != 1:
        kind = manifest.preparation.name
        raise DocumentInvalid(f"manifest.inputs.features: expected one, the {kind}, got {len(manifest.features)}")
    elif not FRAMEWORKS[manifest.framework.name].takes_prepared:
        kind, framework = manifest.preparation.name, manifest.framework.name
        raise DocumentInvalid(f"manifest.inputs.kind: expected features: {framework} evaluates no {kind}")


def _check_calibration(manifest: Manifest) -> None:
    """Only scores that are the probability of one class are calibrated."""
    if manifest.output.calibration is None:
        return
    from model_store.calibrator import OBJECTIVES

    if manifest.task != "binary" or manifest.output.width != 1 or manifest.objective not in OBJECTIVES:
        raise DocumentInvalid(
            f"manifest.output.calibration: expected null, or a binary model by {' or '.join(OBJECTIVES)}, got "
            f"{manifest.task} by {manifest.objective}"
        )


def _check_event_id(event: EventFormat, features: Sequence[Feature]) -> None:
    """An id is no object with features in it, and no member of a feature: else every event would be quarantined."""
    event_id = event.event_id_tokens
    if event_id is None or event.unwrap != "none":  # then features are in another object
        return
    for feature in features:
        shorter = min(len(event_id), len(feature.tokens))
        if len(event_id) != len(feature.tokens) and event_id[:shorter] == feature.tokens[:shorter]:
            where = f"the path of feature {feature.name!r}, {feature.path}"
            raise DocumentInvalid(
                f"manifest.event.event_id: expected a member that neither contains nor is below {where}, got "
                f"{event.event_id}"
            )
