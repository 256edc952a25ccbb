"""The result of an hour by model version and variant: the documents `evaluation/<model>/hours/…`."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from evaluation.errors import NotMergeable, ValueRefused
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
    from outcomes.join import Joined
    from outcomes.manifests import Manifests

SCHEMA_VERSION = 1


@dataclass(slots=True)
class Group:
    """The predictions of one version and variant.

    coverage : the predictions with any outcome. refused : invalid outcomes, such as a label that the model does not
    have; they are in no quality metric. quality : None if it cannot be measured; `note` says why.
    """

    version: str
    variant: str
    coverage: Coverage = field(default_factory=Coverage)
    refused: int = 0
    quality: Quality | None = None
    note: str = ""

    def merge(self, other: Self) -> None:
        """Add another hour of the same version and variant, without changing it. Raises NotMergeable."""
        if self.quality is None:
            self.quality = copy.deepcopy(other.quality)
        elif other.quality is not None:
            if self.quality.kind != other.quality.kind:
                raise NotMergeable(f"kind: expected {self.quality.kind}, got {other.quality.kind}")
            self.quality.merge(other.quality)  # type: ignore[arg-type]  # of the same kind
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
        )


class Tally:
    """Counts one hour, group by group."""

    def __init__(self, manifests: Manifests) -> None:
        self._manifests = manifests
        self._groups: dict[tuple[str, str], tuple[Group, Manifest | None]] = {}

    def add(self, joined: Joined) -> None:
        prediction, value = joined.prediction, joined.outcome
        group, manifest = self._group(prediction.version, prediction.variant)
        group.coverage.predictions += 1
        if value is None:
            return
        group.coverage.outcomes += 1
        if group.quality is None or manifest is None:
            return
        try:
            _add(group.quality, prediction.scores, outcome_of(manifest, value))
        except ValueRefused:
            group.refused += 1

    def groups(self) -> list[Group]:
        return [group for _, (group, _) in sorted(self._groups.items())]

    def _group(self, version: str, variant: str) -> tuple[Group, Manifest | None]:
        found = self._groups.get((version, variant))
        if found is None:
            found = self._groups[version, variant] = self._made(version, variant)
        return found

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


def outcome_of(manifest: Manifest, value: str | int | float) -> int | float:
    """An outcome as a class number, or as a number for regression. Raises ValueRefused.

    Text must be one of the manifest's labels.
    """
    labels = manifest.output.labels
    if manifest.task == "regression":
        if isinstance(value, str):
            raise ValueRefused("outcome: expected a number, got text")
        return value
    if isinstance(value, str):
        if value not in labels:
            raise ValueRefused(f"outcome: expected one of {len(labels)} labels, got another text")
        return labels.index(value)
    if isinstance(value, float) and not value.is_integer():
        raise ValueRefused("outcome: expected the number of a class, got a fraction")
    return int(value)


def _add(quality: Quality, scores: tuple[float, ...], outcome: int | float) -> None:
    """Raises ValueRefused."""
    if quality.kind == "multiclass":
        quality.add(scores, outcome)  # type: ignore[arg-type]  # by kind
    elif len(scores) == 1:
        quality.add(scores[0], outcome)  # type: ignore[arg-type]
    else:
        raise ValueRefused(f"scores: expected 1, got {len(scores)}")


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
