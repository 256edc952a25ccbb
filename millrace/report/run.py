"""A run that was kept, as it is read for the report. What was not kept is empty or None, never guessed."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.binary import Binary
from evaluation.drift import Drift
from evaluation.errors import EvaluationError
from evaluation.expected import ExpectedBinary, expected_of
from evaluation.quality import NoQuality, quality_of
from millrace.accounting import kept
from millrace.errors import UserError
from millrace.report import invocations, plan
from millrace.report.flow import FlowCounts
from model_store.errors import ModelStoreError
from model_store.manifest import Manifest
from stream_producers.receipts import Receipt, read_receipts

# The summary's member of what was read from a stack that works: since when.
LIVE = "live_since"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """Everything that the report shows comes from here.

    name : the folder's, which is when the run ended. summary : the account, as it was kept.
    manifest : the champion's. drift : the features and scores of what was scored, against its baseline.
    """

    name: str
    summary: Mapping[str, Any]
    receipts: Sequence[Receipt]
    scored: Sequence[kept.Scored]
    log: invocations.InvocationLog
    stack: plan.Sizes
    manifest: Manifest | None = None
    drift: Mapping[str, Drift] | None = None

    @classmethod
    def read(cls, folder: Path) -> "KeptRun":
        """Raises UserError where the folder holds no run, or one of its files is not as it was written."""
        if not (folder / kept.SUMMARY).is_file():
            raise UserError(f"{folder}: expected a run (summary.json and more, as `make demo` keeps it), found none")
        try:
            manifest = _read(folder / kept.MANIFEST, Manifest.from_bytes)
            return cls(
                name=folder.resolve().name,
                summary=json.loads((folder / kept.SUMMARY).read_bytes()),
                receipts=list(read_receipts(path)) if (path := folder / kept.RECEIPTS).exists() else [],
                scored=kept.read_predictions(path) if (path := folder / kept.PREDICTIONS).exists() else [],
                log=invocations.read((_read(folder / kept.LOG, bytes) or b"").decode(errors="replace")),
                stack=plan.sizes(_read(folder / kept.PLAN, json.loads) or {}),
                manifest=manifest,
                drift=_read(folder / kept.DRIFT, lambda raw: kept.read_drift(raw, manifest)) if manifest else None,
            )
        except (ValueError, KeyError, TypeError, ModelStoreError, EvaluationError) as error:
            raise UserError(f"{folder}: a file of the run cannot be read: {type(error).__name__}: {error}") from None

    @property
    def live_since(self) -> str:
        """Since when a stack that works was read; empty for a run of the demo."""
        since: str = self.summary.get(LIVE, "")
        return since

    @property
    def counts(self) -> FlowCounts:
        sent, held = self.summary["sent"], self.summary["on_failure"]
        letters = self.summary.get("dead_letters", 0)
        return FlowCounts(
            sources=dict(sent),
            batches=len(self.log.batches) or None,
            predictions=self.summary["predictions"],
            quarantined=sum(self.summary["quarantined"].values()),
            on_failure=held - letters,
            dead_letters=letters,
            unaccounted=len(self.summary["unaccounted"]),
            also_held=self.summary.get("also_held", 0),
        )

    @property
    def faults(self) -> dict[str, int]:
        """What keeps the account from being complete, by what it is; empty where every event ended where it was due."""
        faults = {
            "unaccounted": len(self.summary["unaccounted"]),
            "predicted and quarantined": len(self.summary["in_two_places"]),
            "not the expected outcome": len(self.summary["wrong_code"]),
        }
        return {name: count for name, count in faults.items() if count}

    def quality(self, variant: str) -> Binary | None:
        """How right a variant was, where outcomes are known and the model has two classes."""
        known = [one for one in self.scored if one.outcome in (0, 1) and one.prediction.variant == variant]
        if not known or self.manifest is None:
            return None
        try:
            quality = quality_of(self.manifest)
        except NoQuality:
            return None
        if not isinstance(quality, Binary):
            return None
        scores, outcomes = ([one.prediction.score for one in known], [float(one.outcome or 0) for one in known])
        quality.add_all(np.array(scores, np.float64), np.array(outcomes))
        return quality

    def expected(self, variant: str) -> ExpectedBinary | None:
        """How right a variant is expected to be by its scores alone; None where they are not calibrated."""
        expected = expected_of(self.manifest) if self.manifest else None
        scores = [one.prediction.score for one in self.scored if one.prediction.variant == variant]
        if expected is None or not scores:
            return None
        expected.add_all(np.array(scores, np.float64))
        return expected

    @property
    def versions(self) -> list[tuple[str, str, int]]:
        """Version, variant and number of predictions, the most first."""
        counted = Counter((one.prediction.version, one.prediction.variant) for one in self.scored)
        return [(version, variant, count) for (version, variant), count in counted.most_common()]

    @property
    def sent_at(self) -> list[float]:
        return [datetime.fromisoformat(receipt.sent_at).timestamp() for receipt in self.receipts]

    @property
    def seconds(self) -> float:
        """From the first event sent to the last prediction."""
        times = self.sent_at + [one.prediction.published_at for one in self.scored]
        return max(times) - min(times) if times else 0.0


def _read[T](path: Path, parse: Callable[[bytes], T]) -> T | None:
    """What is in a file; None where it was not kept."""
    return parse(path.read_bytes()) if path.exists() else None
