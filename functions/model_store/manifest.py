"""The manifest, schema 2: what a model artifact is, what it reads from an event and what it answers.

Reading is strict: a member that is unknown is refused, and so is a value that asks for what is not built yet
(`reserved`). Everything that has a default may be left out of a manifest that is written by hand; what is stored is
the canonical form, which has every member. docs/contracts.md explains them all.
"""

from __future__ import annotations

import hashlib
import math
import struct
from copy import replace

from model_store import names, reserved
from model_store.documents import canonical, parse, string
from model_store.errors import DocumentInvalid
from model_store.event_format import EventFormat, pointer
from predictors import FRAMEWORKS
from records import json_pointer
from records.values import Value, as_dict, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from model_store.documents import Document

SCHEMA_VERSION = 2
FEATURE_TYPES = ("float", "int", "bool", "category")
MULTI_OUTPUT = "multi_output"
TASKS = ("binary", "multiclass", "regression", "ranking", MULTI_OUTPUT)
UNKNOWN_CATEGORY_RULES = ("refuse", "missing")
MAX_TOLERANCE = 0.01


class ModelFramework(Value):
    """What evaluates the model (see `predictors`), and the version that wrote it, which is reported and not checked."""

    name: str
    version: str

    @classmethod
    def read(cls, document: Document) -> ModelFramework:
        reserved.check(document, "framework", cls.__match_args__)
        return cls(document.one_of("name", tuple(FRAMEWORKS)), document.get("version", str))


class Feature(Value):
    """One column of the matrix. A category becomes its index in `categories`.

    path : a JSON Pointer into the event; by default the member of that name in `features`.
    accept_text : numbers and booleans may be text, and booleans 0 and 1.
    missing_values : what counts as missing in addition to null and absence: numbers, booleans or texts, as the type is.
    """

    name: str
    type: str
    path: str = ""
    allow_missing: bool = True
    missing_values: tuple[float | str, ...] = ()
    categories: tuple[str, ...] = ()
    unknown_category: str = "refuse"
    accept_text: bool = False

    def _default(self, member: str) -> Any:
        return json_pointer.write(("features", self.name)) if member == "path" else super()._default(member)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens of the path."""
        return json_pointer.parse(self.path)

    @property
    def key(self) -> str:
        """The name of the event's member that has the value; the feature's own name may be another."""
        return self.tokens[-1]

    @property
    def missing_codes(self) -> tuple[float, ...]:
        """The values that count as missing as they would be in the matrix; texts that are no category are left out.

        Numbers are compared as float32, as XGBoost does.
        """
        if self.type == "category":
            return tuple(float(self.categories.index(text)) for text in self.missing_values if text in self.categories)
        return tuple(struct.unpack("=f", struct.pack("=f", value))[0] for value in self.missing_values)

    @classmethod
    def read(cls, document: Document) -> Feature:
        reserved.check(document, "feature", cls.__match_args__)
        name = document.get("name", str)
        feature = cls(
            name=name,
            type=document.one_of("type", FEATURE_TYPES),
            path=pointer(document.members.get("path", json_pointer.write(("features", name))), f"{document.path}.path"),
            allow_missing=document.get("allow_missing", bool, True),
            missing_values=tuple(document.get("missing_values", list, [])),
            categories=document.strings("categories", []),
            unknown_category=document.one_of("unknown_category", UNKNOWN_CATEGORY_RULES, "refuse"),
            accept_text=document.get("accept_text", bool, False),
        )
        if (feature.type == "category") != bool(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected exactly where the type is category")
        _check_missing_values(feature, f"{document.path}.missing_values")
        if len(set(feature.categories)) != len(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected each category once")
        if feature.unknown_category == "missing" and not feature.allow_missing:
            raise DocumentInvalid(f"{document.path}.unknown_category: missing values are not allowed here")
        return feature


def parent_of(features: Sequence[Feature]) -> tuple[str, ...] | None:
    """The path of the object that all features are members of; () is the event itself, None: there are several."""
    parent, *others = {feature.tokens[:-1] for feature in features}
    return None if others else parent


def _check_missing_values(feature: Feature, path: str) -> None:
    """Texts for a category, booleans for bool, else numbers that float32 can hold; each once."""
    expected, types = {"category": ("texts", (str,)), "bool": ("booleans", (bool,))}.get(
        feature.type, ("numbers", (int, float))
    )
    if not all(type(value) in types for value in feature.missing_values):
        raise DocumentInvalid(f"{path}: expected {expected}, as the type is {feature.type}")
    if len(set(feature.missing_values)) != len(feature.missing_values):
        raise DocumentInvalid(f"{path}: expected each value once")
    try:
        held = all(map(math.isfinite, feature.missing_codes))
    except (OverflowError, struct.error):  # the second for an integer beyond any float
        held = False
    if not held:
        raise DocumentInvalid(f"{path}: expected numbers that float32 can hold")


def members_of(parent: str, features: Iterable[Feature]) -> tuple[Feature, ...]:
    """The features, each as the member of its name in the object at `parent`, a JSON Pointer ("": the event)."""
    return tuple(replace(one, path=parent + json_pointer.write((one.name,))) for one in features)


class Output(Value):
    """What the scores mean. A label is given where there are labels, and for one score a threshold.

    width : scores a row. names : of the outputs of a model with several, in their order; else ().
    """

    labels: tuple[str, ...] = ()
    threshold: float | None = None
    width: int = 1
    names: tuple[str, ...] = ()

    @classmethod
    def read(cls, document: Document) -> Output:
        reserved.check(document, "output", cls.__match_args__)
        output = cls(
            labels=document.strings("labels", []),
            threshold=document.optional("threshold", _finite),
            width=document.get("width", int, 1),
            names=document.strings("names", []),
        )
        if output.width < 1:
            raise DocumentInvalid(f"{document.path}.width: expected at least 1, got {output.width}")
        if output.names and (len(set(output.names)) != output.width or not all(output.names)):
            raise DocumentInvalid(f"{document.path}.names: expected {output.width} names, each once and none empty")
        if output.names and (output.labels or output.threshold is not None):
            raise DocumentInvalid(f"{document.path}: expected no labels and no threshold where outputs have names")
        if output.labels and len(output.labels) != max(2, output.width):
            raise DocumentInvalid(f"{document.path}.labels: expected {max(2, output.width)} labels")
        return output


class Tolerance(Value):
    """How far golden scores may be from what the model gives: within `relative` or within `absolute`.

    `absolute` is for scores near 0 among larger ones. Where all expected scores are below 1, it shrinks in proportion
    to the largest of them: a model of tiny probabilities must still agree in its leading digits.
    """

    relative: float = 1e-6
    absolute: float = 1e-6

    def first_beyond(self, expected: Sequence[float], found: Sequence[float]) -> int | None:
        """The index of the first score that differs by more, or that is not finite; None where there is none."""
        absolute = self.absolute * min(1.0, max(map(abs, expected), default=0.0))
        for i, (want, got) in enumerate(zip(expected, found, strict=True)):
            if not math.isfinite(got) or not math.isclose(want, got, rel_tol=self.relative, abs_tol=absolute):
                return i
        return None

    @classmethod
    def read(cls, document: Document) -> Tolerance:
        document.only(cls.__match_args__)
        tolerance = cls(document.get("relative", float, 1e-6), document.get("absolute", float, 1e-6))
        for name in cls.__match_args__:
            if not 0 <= (found := getattr(tolerance, name)) <= MAX_TOLERANCE:
                raise DocumentInvalid(f"{document.path}.{name}: expected 0 to {MAX_TOLERANCE:g}, got {found:g}")
        return tolerance


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


class GoldenRow(Value):
    """The float32 inputs of a row (None is missing) and the scores that the model gave for it when it was made."""

    inputs: tuple[float | None, ...]
    scores: tuple[float, ...]

    @classmethod
    def read(cls, document: Document) -> GoldenRow:
        document.only(cls.__match_args__)
        row = [None if v is None else _finite(v, f"{document.path}.inputs") for v in document.get("inputs", list)]
        scores = [_finite(v, f"{document.path}.scores") for v in document.get("scores", list)]
        golden = cls(tuple(row), tuple(scores))
        try:
            golden.packed()
        except OverflowError:
            raise DocumentInvalid(f"{document.path}.inputs: expected numbers that float32 can hold") from None
        return golden

    def packed(self) -> bytes:
        """The row as float32, in the machine's byte order."""
        return struct.pack(f"={len(self.inputs)}f", *(math.nan if v is None else v for v in self.inputs))


class Manifest(Value):
    """One immutable model version.

    objective : what the model was trained for, as its framework names it; None where it has no such name.
    rounds : boosting rounds that count; 0 means all.
    """

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
    event: EventFormat = EventFormat()
    tolerance: Tolerance = Tolerance()
    metrics: dict[str, float] = made(default_factory=dict)
    baseline: dict[str, Any] = made(default_factory=dict)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Manifest:
        """Read a manifest. Raises DocumentInvalid with the member's path."""
        document = parse(raw, "manifest")
        _check_schema(document)
        document.only(_MEMBERS)
        framework = ModelFramework.read(document.child("framework"))
        model, inputs = document.section("model"), document.child("inputs")
        reserved.check(model, "model", ("objective", "rounds"))
        reserved.check(inputs, "inputs", ("features",))
        reserved.check(document.section("prediction"), "prediction")
        manifest = cls(
            name=names.check(document.get("name", str), "manifest.name"),
            version=names.check(document.get("version", str), "manifest.version"),
            created_at=document.get("created_at", str),
            framework=framework,
            task=document.one_of("task", TASKS),
            objective=model.optional("objective", string),
            features=tuple(Feature.read(item) for item in inputs.children("features")),
            output=Output.read(document.child("output")),
            file=ModelFile.read(document.child("files"), framework.name),
            golden_rows=tuple(GoldenRow.read(item) for item in document.children("golden_rows")),
            rounds=model.get("rounds", int, 0),
            event=EventFormat.read(document.section("event")),
            tolerance=Tolerance.read(document.section("tolerance")),
            metrics=document.get("metrics", dict, {}),
            baseline=document.get("baseline", dict, {}),
        )
        manifest._check()
        try:
            manifest.to_bytes()
        except ValueError:  # 1e999 reads as infinity, which no canonical JSON has
            raise DocumentInvalid(
                "manifest: expected finite numbers, got one beyond any in metrics or baseline"
            ) from None
        return manifest

    def to_bytes(self) -> bytes:
        """The manifest's canonical JSON: what is stored, and what `digest` is computed from."""
        features = [as_dict(feature) | reserved.neutral("feature") for feature in self.features]
        members = {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "version": self.version,
            "created_at": self.created_at,
            "framework": as_dict(self.framework) | reserved.neutral("framework"),
            "task": self.task,
            "model": {"objective": self.objective, "rounds": self.rounds} | reserved.neutral("model"),
            "event": self.event.written() | reserved.neutral("event"),
            "inputs": {"features": features} | reserved.neutral("inputs"),
            "output": as_dict(self.output) | reserved.neutral("output"),
            "prediction": reserved.neutral("prediction"),
            "files": {self.file.name: {"size": self.file.size, "sha256": self.file.sha256}},
            "tolerance": as_dict(self.tolerance),
            "golden_rows": as_dict(self.golden_rows),
            "metrics": self.metrics,
            "baseline": self.baseline,
        }
        return canonical(members)

    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: what a release pins and a prediction names."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def _check(self) -> None:
        _check_features(self.features)
        if (self.task == MULTI_OUTPUT) != bool(self.output.names):
            raise DocumentInvalid(f"manifest.output.names: expected exactly where the task is {MULTI_OUTPUT}")
        _check_event_id(self.event, self.features)
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


def _finite(value: Any, path: str) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # an integer beyond any float
        pass
    raise DocumentInvalid(f"{path}: expected a finite number, got {value!r:.40}")
