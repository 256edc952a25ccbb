"""The result of an hour by model version and variant: the documents `evaluation/<model>/hours/…`."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from evaluation.errors import NotMergeable
from evaluation.expected import ExpectedBinary, expected_of
from evaluation.multiclass import Multiclass
from evaluation.quality import Coverage, NoQuality, quality_of, read_quality
from model_store.documents import Document, canonical, parse
from model_store.errors import DocumentInvalid
from outcomes.hours import begins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from evaluation.quality import Quality
    from model_store.manifest import Manifest
    from outcomes.join import Join
    from outcomes.manifests import Manifests

SCHEMA_VERSION = 1


@dataclass(slots=True)
class Group:
    """The predictions of one version and variant.

    coverage : the predictions with any outcome. refused : invalid outcomes, such as a label that the model does not
    have; they are in no quality metric. quality : None if it cannot be measured; `note` says why.
    expected : the quality to be expected of all predictions by their scores; None if these are not calibrated.
    """

    version: str
    variant: str
    coverage: Coverage = field(default_factory=Coverage)
    refused: int = 0
    quality: Quality | None = None
    note: str = ""
    expected: ExpectedBinary | None = None

    def merge(self, other: Self) -> None:
        """Add another hour of the same version and variant, without changing it. Raises NotMergeable."""
        if self.quality is None:
            self.quality = copy.deepcopy(other.quality)
        elif other.quality is not None:
            if self.quality.kind != other.quality.kind:
                raise NotMergeable(f"kind: expected {self.quality.kind}, got {other.quality.kind}")
            self.quality.merge(other.quality)  # type: ignore[arg-type]  # of the same kind
        if self.expected is None:
            self.expected = copy.deepcopy(other.expected)
        elif other.expected is not None:
            self.expected.merge(other.expected)
        self.coverage.merge(other.coverage)
        self.refused += other.refused
        self.note = self.note or other.note

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "variant": self.variant,
            "coverage": self.coverage.to_json(),
            "refused": self.refused,
            "quality": None if self.quality is None else self.quality.to_json(),
            "note": self.note,
            "expected": None if self.expected is None else self.expected.to_json(),
        }

    @classmethod
    def read(cls, document: Document) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        quality = document.optional("quality", lambda value, path: read_quality(Document.of(value, path)))
        return cls(
            document.get("version", str),
            document.get("variant", str),
            Coverage.read(document.child("coverage")),
            document.get("refused", int),
            quality,
            document.get("note", str),
            document.optional("expected", lambda value, path: ExpectedBinary.read(Document.of(value, path))),
        )


class Tally:
    """Counts the joined predictions of one hour, group by group."""

    def __init__(self, manifests: Manifests) -> None:
        self._manifests = manifests

    def groups(self, join: Join) -> list[Group]:
        """Those of the hour that is joined, by version and variant."""
        return [self._counted(join, *of) for of in join.groups()]

    def _counted(self, join: Join, version: str, variant: str, predictions: int, outcomes: int) -> Group:
        group, manifest = self._made(version, variant)
        group.coverage = Coverage(predictions, outcomes)
        if group.quality is None or manifest is None:
            return group
        width = group.quality.classes if isinstance(group.quality, Multiclass) else 1
        counted = 0
        for scores, happened in join.pairs(version, variant, width, manifest):
            rows: Any = scores if isinstance(group.quality, Multiclass) else scores[:, 0]
            counted += group.quality.add_all(rows, happened)
        group.refused = outcomes - counted
        group.expected = expected_of(manifest)
        if group.expected is not None:
            for scores in join.scores(version, variant):
                group.expected.add_all(scores)
        return group

    def _made(self, version: str, variant: str) -> tuple[Group, Manifest | None]:
        group, manifest = Group(version, variant), self._manifests.get(version)
        if manifest is None:
            group.note = f"expected a valid manifest of version {version} in the model store"
        else:
            try:
                group.quality = quality_of(manifest)
            except NoQuality as error:
                group.note = str(error)
        return group, manifest


def document(model: str, hour: int, groups: Iterable[Group]) -> bytes:
    """The canonical JSON of an hour: the same predictions and outcomes give the same bytes."""
    members = {
        "schema_version": SCHEMA_VERSION,
        "model": model,
        "hour": begins(hour),
        "groups": [group.to_json() for group in groups],
    }
    return canonical(members)


def read(raw: bytes, what: str) -> list[Group]:
    """The groups of an hour's document. Raises DocumentInvalid."""
    stored = parse(raw, what)
    if (found := stored.get("schema_version", int)) != SCHEMA_VERSION:
        raise DocumentInvalid(f"{what}.schema_version: expected {SCHEMA_VERSION}, got {found}")
    return [Group.read(group) for group in stored.children("groups")]
