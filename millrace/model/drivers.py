"""Which features drive scores: their mean absolute attributions in predictions, compared with the training data."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from model_store.manifest import Manifest

LARGEST = 1e300  # so that sums are finite


class Driver(NamedTuple):
    """A feature's share of all absolute attributions, now and in training; None where that is not known."""

    feature: str
    now: float
    trained: float | None


class Drivers:
    """A running summary of one model version's explained predictions.

    A prediction names its features with the largest attributions; those that it does not name count as 0.
    """

    def __init__(self) -> None:
        self.explained = 0
        self._sums: defaultdict[str, float] = defaultdict(float)

    def add(self, attributions: Sequence[tuple[str, float]]) -> None:
        """attributions : the features that a prediction names; nothing where it is not explained."""
        self.explained += bool(attributions)
        for feature, value in attributions:
            self._sums[feature] += abs(value)

    def compared(self, trained: Mapping[str, float]) -> list[Driver]:
        """The features, what drives scores now and most of it first. trained : as `trained_shares` returns them."""
        total = sum(self._sums.values())
        names = sorted(self._sums, key=lambda feature: -self._sums[feature])
        names += [feature for feature in trained if feature not in self._sums]
        return [
            Driver(
                name, self._sums.get(name, 0.0) / total if total else 0.0, trained.get(name, 0.0) if trained else None
            )
            for name in names
        ]


def trained_shares(manifest: Manifest) -> dict[str, float]:
    """Each feature's share of the mean absolute attributions in the manifest's baseline; empty where it has none."""
    means = manifest.baseline.get("attributions")
    if not isinstance(means, dict) or not all(_is_mean(mean) for mean in means.values()):
        return {}
    if not (total := sum(means.values())) > 0:
        return {}
    return {feature: mean / total for feature, mean in sorted(means.items(), key=lambda item: -item[1])}


def _is_mean(value: object) -> bool:
    """Of absolute values. What a manifest's baseline has is not checked before."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST
