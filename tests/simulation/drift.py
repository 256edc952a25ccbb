"""The books of drift: what each container counted and wrote, against what it predicted.

Worked out here from docs/contracts.md and docs/evaluation.md, not by the scorer's code. Each row of a batch that was
settled is counted once, by the container that settled it, in the next object that it writes; a batch of which anything
failed is not counted. Of a variant with more than MOST rows, one of each `stride` rows is counted, and stands for them.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from tests.simulation import models
from tests.simulation.releases import MODEL_BYTES

FOLDER = f"evaluation/{models.NAME}/drift/"
MOST = 200  # rows of a variant in a batch
MILLISECOND = 0.001  # to which times are rounded


class Miscounted(Exception):
    """What is wrong with an object, or with one that is missing. The ledger makes a Violation of it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The fewest and the most rows that counts may stand for."""

    least: int = 0
    most: int = 0

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(self.least + other.least, self.most + other.most)

    @classmethod
    def sampled(cls, rows: int, unseen: int = 0) -> "Rows":
        """Of one variant in one batch: `rows` that the sink acknowledged, and up to `unseen` more that were scored."""
        few, many = _stride(rows), _stride(rows + unseen)
        return cls(rows // few * few, -(-(rows + unseen) // many) * many)


def _stride(rows: int) -> int:
    stride = 1
    while -(-rows // stride) > MOST:
        stride *= 2
    return stride


@dataclass(slots=True)
class OfContainer:
    """What a container has counted and not written for certain, by version; when it last asked to write."""

    name: str
    pending: dict[str, Rows] = field(default_factory=dict)
    asked_at: float = float("-inf")


@dataclass(slots=True)
class OfBatch:
    """The rows that the sink acknowledged, by the `model` members of their predictions, and what was written of them.

    unseen : rows that were scored and did not reach the sink. before : as `asked_at`, before this batch.
    """

    container: OfContainer
    unseen: int
    before: float
    rows: Counter[bytes] = field(default_factory=Counter)
    written: set[str] = field(default_factory=set)

    def by_version(self) -> dict[str, Rows]:
        found = {version: Rows(0, self.unseen) for version in models.MEASURED} if self.unseen else {}
        for member, rows in self.rows.items():
            version = _versions()[member]
            if version in models.MEASURED:
                found[version] = found.get(version, Rows()) + Rows.sampled(rows, self.unseen)
        return found


class DriftBooks:
    """Of one run. every : seconds between two writes of a container. counts : objects and rows, acknowledged."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._rows: dict[str, int] = {}  # of each object, by key
        self._acknowledged: set[str] = set()  # keys
        self.counts: Counter[str] = Counter()

    def begin(self, container: OfContainer, unseen: int) -> OfBatch:
        return OfBatch(container, unseen, container.asked_at)

    def committed(self, batch: OfBatch, key: str, body: bytes, now: float) -> str:
        """An object is in the bucket; returns its version. Raises Miscounted."""
        members = json.loads(body)
        version = members["version"]
        _check_place(batch.container.name, key, members, now)
        rows = _rows(members)
        if key in self._acknowledged:
            raise Miscounted(f"{key} was acknowledged, and is written again")
        expected = batch.container.pending.get(version, Rows())
        if version not in batch.written:
            expected += batch.by_version().get(version, Rows())
        if not expected.least <= rows <= expected.most or not rows:
            raise Miscounted(
                f"expected {expected.least} to {expected.most} rows of {version}, predicted since the last object, "
                f"got {rows} in {key}"
            )
        self._rows[key] = rows
        return str(version)

    def acknowledged(self, batch: OfBatch, key: str, version: str) -> None:
        """The container knows that the object is in the bucket."""
        self._acknowledged.add(key)
        batch.container.pending.pop(version, None)
        batch.written.add(version)
        self.counts["drift objects"] += 1
        self.counts["rows counted for drift"] += self._rows[key]

    def settled(self, batch: OfBatch, *, at: float, could_write: bool) -> None:
        """All of a batch was settled, and so it was counted. Raises Miscounted.

        could_write : the deadline allowed the call, and the bucket's host did nothing wrong.
        """
        pending = batch.container.pending
        for version, rows in batch.by_version().items():
            if version not in batch.written:
                pending[version] = pending.get(version, Rows()) + rows
        left = [version for version, rows in pending.items() if rows.least]
        if left and could_write and at >= batch.before + self._every:
            raise Miscounted(f"counts of {', '.join(left)} were due, and not written")


def _check_place(container: str, key: str, members: dict[str, Any], now: float) -> None:
    """Model, times and key of an object are its container's. Raises Miscounted."""
    version, began = members["version"], datetime.fromisoformat(members["from"])
    if members["model"] != models.NAME or version not in models.MEASURED:
        raise Miscounted(f"expected a version with a baseline, got {version} of {members['model']}")
    if not began <= datetime.fromisoformat(members["to"]) <= datetime.fromtimestamp(now + MILLISECOND, UTC):
        raise Miscounted(f"expected times in order, and until now, got {members['from']} to {members['to']}")
    place = f"{FOLDER}{began.astimezone(UTC):%Y/%m/%d/%H}/{version}/{container}-"
    if not key.startswith(place) or not key.removeprefix(place).removesuffix(".json").isdecimal():
        raise Miscounted(f"expected a key that begins with {place}, got {key}")


def _rows(members: dict[str, Any]) -> int:
    """How many rows the counts stand for: as many of each column. Raises Miscounted."""
    digest, rows = models.artifact(members["version"]).manifest.digest(), 0
    for stride, counts in members["strides"].items():
        if counts["digest"] != digest:
            raise Miscounted(f"expected counts of the model {digest}, got those of {counts['digest']}")
        columns = [*counts["features"].values(), *counts["scores"]]
        found = {sum(column["counts"]) + column["missing"] for column in columns}
        if len(found) != 1:
            raise Miscounted(f"expected as many rows of each column, got {sorted(found)}")
        rows += int(stride) * found.pop()
    return rows


@cache
def _versions() -> dict[bytes, str]:
    """The version in each `model` member, cut to MODEL_BYTES."""
    pairs = [(version, variant) for version in models.VERSIONS for variant in ("champion", "challenger")]
    return {models.rendered(*pair).encode()[:MODEL_BYTES]: pair[0] for pair in pairs}
