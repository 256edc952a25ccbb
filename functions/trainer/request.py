"""What is to be trained: docs/contracts.md, "Training request"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from model_store import names
from model_store.documents import Document
from model_store.errors import DocumentInvalid
from records.timestamps import timestamp
from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from typing import Any, Self

_TABLE = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)", re.DOTALL)
MEMBERS = ("table", "label", "version", "learner", "options", "held_out", "seed", "created_at", "task")
CLASSIFICATION, REGRESSION = TASKS = ("classification", "regression")
LEAST_HELD_OUT, MOST_HELD_OUT = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """bucket, key : of the table. label : its column. learner : None: what suits the labels. options : of the learner.

    held_out : share of the rows that are evaluated on. created_at : of the artifact, RFC 3339.
    task : one of TASKS; None: what suits the labels.
    """

    bucket: str
    key: str
    label: str
    version: str
    created_at: str
    learner: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    held_out: float = 0.2
    seed: int = 1
    task: str | None = None

    @property
    def arrays(self) -> bool:
        """Whether the table is arrays: pictures, whose events are arrays of numbers too."""
        return self.key.endswith(".npz")

    @classmethod
    def read(cls, event: Any, now: float) -> Self:
        """Raises TrainingRefused."""
        try:
            return cls._read(Document.of(event, "request"), now)
        except DocumentInvalid as invalid:
            raise TrainingRefused(str(invalid)) from None

    @classmethod
    def _read(cls, document: Document, now: float) -> Self:
        document.only(MEMBERS)
        table = _TABLE.fullmatch(document.get("table", str))
        if table is None:
            raise TrainingRefused("request.table: expected s3://bucket/key")
        made = datetime.fromtimestamp(now, UTC)
        held_out, seed = document.get("held_out", float, 0.2), document.get("seed", int, 1)
        if not LEAST_HELD_OUT <= held_out <= MOST_HELD_OUT:
            raise TrainingRefused(
                f"request.held_out: expected {LEAST_HELD_OUT} to {MOST_HELD_OUT} of the rows, got {held_out:g}"
            )
        if not 0 <= seed < 1 << 32:
            raise TrainingRefused(f"request.seed: expected an integer from 0 to {2**32 - 1}, got {seed}")
        return cls(
            bucket=table["bucket"],
            key=table["key"],
            label=document.get("label", str, "label"),
            version=names.check(document.get("version", str, made.strftime("%Y%m%d-%H%M%S")), "request.version"),
            created_at=_time(document.get("created_at", str, timestamp(now))),
            learner=document.get("learner", str) if "learner" in document.members else None,
            options=document.get("options", dict, {}),
            held_out=held_out,
            seed=seed,
            task=document.one_of("task", TASKS) if "task" in document.members else None,
        )


def _time(text: str) -> str:
    """A time with its zone, as RFC 3339 in UTC with milliseconds."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise TrainingRefused("request.created_at: expected a time such as 2026-11-28T12:00:00.000Z")
    return timestamp(found.timestamp())
