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

from model_store import reserved
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
TASKS = ("binary", "multiclass", "regression", "ranking")
MULTI_OUTPUT = "multi_output"  # a task of schema 2 that is not built yet
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
    """

    name: str
    type: str
    path: str = ""
    allow_missing: bool = True
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

    @classmethod
    def read(cls, document: Document) -> Feature:
        reserved.check(document, "feature", cls.__match_args__)
        name = document.get("name", str)
        feature = cls(
            name=name,
            type=document.one_of("type", FEATURE_TYPES),
            path=pointer(document.members.get("path", json_pointer.write(("features", name))), f"{document.path}.path"),
            allow_missing=document.get("allow_missing", bool, True),
            categories=document.strings("categories", []),
            unknown_category=document.one_of("unknown_category", UNKNOWN_CATEGORY_RULES, "refuse"),
            accept_text=document.get("accept_text", bool, False),
        )
        if (feature.type == "category") != bool(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected exactly where the type is category")
        if len(set(feature.categories)) != len(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected each category once")
        if feature.unknown_category == "missing" and not feature.allow_missing:
            raise DocumentInvalid(f"{document.path}.unknown_category: missing values are not allowed here")
        return feature


def parent_of(features: Sequence[Feature]) -> tuple[str, ...] | None:
    """The path of the object that all features are members of; () is the event itself, None: there are several."""
    parent, *others = {feature.tokens[:-1] for feature in features}
    return None if others else parent


def members_of(parent: str, features: Iterable[Feature]) -> tuple[Feature, ...]:
    """The features, each as the member of its name in the object at `parent`, a JSON Pointer ("": the event)."""
    return tuple(replace(one, path=parent + json_pointer.write((one.name,))) for one in features)


class Output(Value):
    """What the scores mean. A label is given where there are labels, and for one score a threshold.

    width : scores a row.
    """

    labels: tuple[str, ...] = ()
    threshold: float | None = None
    width: int = 1

    @classmethod
    def read(cls, document: Document) -> Output:
        reserved.check(document, "output", cls.__match_args__)
        output = cls(
            labels=document.strings("labels", []),
            threshold=document.optional("threshold", _finite),
            width=document.get("width", int, 1),
        )
        if output.width < 1:
            raise DocumentInvalid(f"{document.path}.width: expected at least 1, got {output.width}")
        if output.labels and len(output.labels) != max(2, output.width):
            raise DocumentInvalid(f"{document.path}.labels: expected {max(2, output.width)} labels")
        return output


class Tolerance(Value):
    """How far golden scores may be from what the model gives: within `relative` or within `absolute`."""

    relative: float = 1e-6
    absolute: float = 1e-6

    def allows(self, expected: float, found: float) -> bool:
        return math.isclose(expected, found, rel_tol=self.relative, abs_tol=self.absolute)

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
            name=document.get("name", str),
            version=document.get("version", str),
            created_at=document.get("created_at", str),
            framework=framework,
            task=_task(document),
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


def _task(document: Document) -> str:
    if document.members.get("task") == MULTI_OUTPUT:
        lack = "this version of Millrace serves no models with several outputs"
        raise DocumentInvalid(f"{document.path}.task: expected one of {', '.join(TASKS)}, got {MULTI_OUTPUT}: {lack}")
    return document.one_of("task", TASKS)


def _check_features(features: Sequence[Feature]) -> None:
    """Each name and each path once."""
    where = "manifest.inputs.features"
    names = {feature.name for feature in features}
    if not names or len(names) != len(features):
        raise DocumentInvalid(f"{where}: expected at least one feature, and each name once")
    seen = set[str]()
    for i, feature in enumerate(features):
        if feature.path in seen:
            raise DocumentInvalid(f"{where}[{i}].path: expected each path once, got {feature.path} again")
        seen.add(feature.path)


def _finite(value: Any, path: str) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # an integer beyond any float
        pass
    raise DocumentInvalid(f"{path}: expected a finite number, got {value!r:.40}")
