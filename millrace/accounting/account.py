"""Accounting: every event that was sent, and the one place where it ended.

Pure: it compares the producers' receipts with what was found in the sink, in quarantine, in the on-failure store
and in the dead-letter queue, all by prediction id.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from millrace.accounting.prediction import Prediction
from millrace.percentiles import percentiles
from stream_producers.receipts import Receipt


@dataclass(slots=True)
class Found:
    """Where prediction ids were found. A prediction that came twice is kept once, and counted as a duplicate."""

    predictions: dict[str, Prediction] = field(default_factory=dict)
    duplicates: int = 0
    quarantined: dict[str, str] = field(default_factory=dict)
    on_failure: set[str] = field(default_factory=set)
    dead_letters: set[str] = field(default_factory=set)

    def add(self, predictions: Iterable[Prediction]) -> None:
        for prediction in predictions:
            self.duplicates += prediction.prediction_id in self.predictions
            self.predictions.setdefault(prediction.prediction_id, prediction)

    @property
    def held(self) -> Set[str]:
        """What a redrive would bring back."""
        return self.on_failure | self.dead_letters

    @property
    def settled(self) -> Set[str]:
        return self.predictions.keys() | self.quarantined.keys()

    def ids(self) -> Set[str]:
        return self.settled | self.held


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the events sent.

    unaccounted : sent, and found nowhere. in_two_places : found as a prediction and in quarantine.
    wrong_code : quarantined, but not with the code that the producer expected, or not expected at all.
    dead_letters : of those in `on_failure`, the ones in the dead-letter queue.
    also_held : of the predictions and the quarantined, those that the failure store or the dead-letter queue holds as
    well, because their batch was reported as failed after a part of it was done; a redrive removes them from there.
    """

    sent: Mapping[str, int]
    predictions: int
    quarantined: Mapping[str, int]
    on_failure: int
    unaccounted: tuple[str, ...]
    in_two_places: tuple[str, ...]
    wrong_code: tuple[str, ...]
    duplicates: int
    latency: Mapping[int, float]
    rate: float
    roc_auc: float | None
    dead_letters: int = 0
    also_held: int = 0

    @property
    def complete(self) -> bool:
        """Whether every event ended in exactly one place, for the right reason; what is held as well has ended."""
        return not (self.unaccounted or self.in_two_places or self.wrong_code)


def account(receipts: Mapping[str, Receipt], found: Found) -> Account:
    """Settle the receipts of one run, by prediction id, against what was found."""
    predicted = {key: found.predictions[key] for key in receipts.keys() & found.predictions.keys()}
    quarantined = {key: found.quarantined[key] for key in receipts.keys() & found.quarantined.keys()}
    held = receipts.keys() & (found.held - found.settled)
    return Account(
        sent=dict(Counter(receipt.path for receipt in receipts.values())),
        predictions=len(predicted),
        quarantined=dict(Counter(quarantined.values()).most_common()),
        on_failure=len(held),
        unaccounted=tuple(sorted(receipts.keys() - found.ids())),
        in_two_places=tuple(sorted(predicted.keys() & quarantined.keys())),
        wrong_code=tuple(_wrong_code(receipts, predicted.keys(), quarantined)),
        duplicates=found.duplicates,
        latency=percentiles(prediction.latency for prediction in predicted.values()),
        rate=_rate(list(predicted.values())),
        roc_auc=_roc_auc(receipts, predicted),
        dead_letters=len(held & found.dead_letters),
        also_held=len(receipts.keys() & found.held & found.settled),
    )


def _wrong_code(receipts: Mapping[str, Receipt], predicted: Set[str], quarantined: Mapping[str, str]) -> list[str]:
    """Bad events that were predicted, and quarantined ones whose code is not the one they were made for."""
    wrong = {key for key in predicted if receipts[key].expected_code is not None}
    wrong |= {key for key, code in quarantined.items() if receipts[key].expected_code != code}
    return sorted(wrong)


def _rate(predictions: list[Prediction]) -> float:
    """Predictions a second, from the first arrival of an event to the last arrival of a prediction."""
    if not predictions:
        return 0.0
    seconds = max(p.published_at for p in predictions) - min(p.arrived_at for p in predictions)
    return len(predictions) / seconds if seconds > 0 else 0.0


def _roc_auc(receipts: Mapping[str, Receipt], predicted: Mapping[str, Prediction]) -> float | None:
    """The area under the ROC curve is U / (positives × negatives), U being Mann and Whitney's statistic.

    Hanley and McNeil, Radiology 143(1), 1982. None where the outcomes are not known, or all the same.
    """
    from scipy.stats import mannwhitneyu  # takes a second to import, and only an account needs it

    scores: dict[int, list[float]] = {0: [], 1: []}
    for key, prediction in predicted.items():
        outcome = receipts[key].outcome
        if outcome in (0, 1):
            scores[int(outcome)].append(prediction.score)
    if not scores[0] or not scores[1]:
        return None
    return float(mannwhitneyu(scores[1], scores[0]).statistic) / (len(scores[0]) * len(scores[1]))
