"""Drift: compares each feature and the scores in a window with the baseline in the manifest.

**The rule.** Two tests are made of each column: the distribution of its values, and the share of missing values. Either
has drifted if the change is *large* and *significant*:

- the population stability index minus its mean by chance is above 0.2 (Siddiqi 2006: below 0.1 no change, above 0.25 a
  shift; 0.2 is the usual threshold), or the missing share differs by 5 percentage points;
- and the p-value (χ²; z test) is below 0.001 divided by the number of tests (Bonferroni), so that a window without any
  change raises a false alarm with a probability of at most 0.001, for any number of features.

With few rows the second condition decides, with many the first: in a million rows even a tiny change is significant,
but irrelevant. A window of fewer than 100 rows never drifts.

**The window** must cover whole periods of seasonal data. The hours of a night differ from the days in the training
data, and would raise an alarm every night: merge the last 24 hours, or the last 7 days if weekdays differ. Consecutive
rows are correlated, so the p-values are too small; the first condition does not depend on them.
"""

from __future__ import annotations

from array import array
from copy import copy

from evaluation.divergence import chi_squared, kolmogorov_smirnov, pooled, psi, psi_by_chance, two_shares
from evaluation.errors import NotMergeable, ValueRefused
from evaluation.histograms import Cells, Histogram
from model_store.documents import Document
from model_store.errors import DocumentInvalid
from records.values import Value, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self

    from model_store.feature import Feature
    from model_store.manifest import Manifest

PSI_THRESHOLD = 0.2
MISSING_THRESHOLD = 0.05
FALSE_ALARMS_A_WINDOW = 0.001
MIN_ROWS = 100
FLOAT32 = 4


class Rule(Value):
    """The thresholds; the module's docstring gives the reasons."""

    psi: float = PSI_THRESHOLD
    missing: float = MISSING_THRESHOLD
    false_alarms: float = FALSE_ALARMS_A_WINDOW
    min_rows: int = MIN_ROWS


class Drift(Value):
    """One column against its baseline.

    psi : minus its mean by chance, so about 0 without drift, and slightly negative half of the time.
    p_value : χ² on cells in which at least 5 rows are expected. ks, ks_p_value : for numbers, Kolmogorov-Smirnov at the
    edges: a lower bound, and the upper bound of its p-value; not part of the rule. outside : for numbers, the share of
    values outside of the training data's range. missing : share now - share in the baseline. reasons : "values",
    "missing", both or none.
    """

    rows: int
    psi: float
    p_value: float
    ks: float | None
    ks_p_value: float | None
    outside: float | None
    missing: float
    missing_p_value: float
    reasons: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        return bool(self.reasons)

    def to_json(self) -> dict[str, Any]:
        return members(self) | {"reasons": list(self.reasons)}


class Drifts(Value):
    """Each feature by its name, and the scores: one, or one for each class."""

    features: dict[str, Drift]
    scores: list[Drift]

    @property
    def drifted(self) -> bool:
        return any(drift.drifted for drift in (*self.features.values(), *self.scores))

    def to_json(self) -> dict[str, Any]:
        return {
            "features": {name: drift.to_json() for name, drift in self.features.items()},
            "scores": [drift.to_json() for drift in self.scores],
        }


class Window:
    """Counts of each feature and score of one model version, in the cells of its baseline; bounded, mergeable."""

    def __init__(self, manifest: Manifest) -> None:
        """Raises DocumentInvalid if the baseline is absent, or does not match the manifest's features."""
        self.digest = manifest.digest()
        baseline = Document.of(manifest.baseline, "manifest.baseline")
        features, scores = baseline.child("features"), baseline.children("scores")
        self.features = {f.name: Histogram(_cells(f, features.child(f.name))) for f in manifest.columns}
        self.scores = [Histogram(_number_cells(score)) for score in scores]
        if len(self.scores) != manifest.output.width:
            raise DocumentInvalid(f"{baseline.path}.scores: expected {manifest.output.width}, got {len(self.scores)}")

    def fresh(self) -> Self:
        """An empty window of the same model, without reading the manifest again."""
        window = copy(self)
        window.features = {name: Histogram(histogram.cells) for name, histogram in self.features.items()}
        window.scores = [Histogram(histogram.cells) for histogram in self.scores]
        return window

    def add(self, matrix: bytes | bytearray, scores: bytes | bytearray) -> None:
        """Count a batch: row-major float32 matrices of the features and of the scores. Raises ValueRefused."""
        columns = [*_columns(matrix, len(self.features)), *_columns(scores, len(self.scores))]
        if len({len(column) for column in columns}) > 1:
            raise ValueRefused(f"scores: expected {len(columns[0])} rows, as of features, got {len(columns[-1])}")
        histograms = self.histograms()
        counted = [histogram.counted(column) for histogram, column in zip(histograms, columns, strict=True)]
        for histogram, counts in zip(histograms, counted, strict=True):
            histogram.take(counts)

    def merge(self, other: Self) -> None:
        """Add the other's counts. Raises NotMergeable."""
        if self.digest != other.digest:
            raise NotMergeable(f"model: expected counts of {self.digest:.12}, got those of {other.digest:.12}")
        for mine, others in zip(self.histograms(), other.histograms(), strict=True):
            mine.merge(others)

    def drift(self, rule: Rule | None = None) -> Drifts:
        """Compare each feature and each score with the baseline."""
        rule, tests = rule or Rule(), 2 * len(self.histograms())
        return Drifts(
            {name: measure(histogram, rule, tests) for name, histogram in self.features.items()},
            [measure(histogram, rule, tests) for histogram in self.scores],
        )

    @property
    def rows(self) -> int:
        """The number of counted rows."""
        return self.histograms()[0].rows

    def histograms(self) -> list[Histogram]:
        """Those of the features, in the manifest's order, then those of the scores."""
        return [*self.features.values(), *self.scores]

    def to_json(self) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "features": {name: histogram.to_json() for name, histogram in self.features.items()},
            "scores": [histogram.to_json() for histogram in self.scores],
        }

    @classmethod
    def read(cls, manifest: Manifest, document: Document) -> Self:
        """Read the JSON of `to_json` of the same model version. Raises DocumentInvalid and NotMergeable."""
        window, features, scores = cls(manifest), document.child("features"), document.children("scores")
        if (digest := document.get("digest", str)) != window.digest:
            raise NotMergeable(f"model: expected counts of {window.digest:.12}, got those of {digest:.12}")
        if len(scores) != len(window.scores):
            raise DocumentInvalid(f"{document.path}.scores: expected {len(window.scores)}, got {len(scores)}")
        window.features = {
            name: Histogram.read(mine.cells, features.child(name)) for name, mine in window.features.items()
        }
        window.scores = [Histogram.read(mine.cells, of) for mine, of in zip(window.scores, scores, strict=True)]
        return window


def _cells(feature: Feature, histogram: Document) -> Cells:
    """Raises DocumentInvalid where the histogram cannot count the feature's values."""
    if feature.type not in ("bool", "category"):
        return _number_cells(histogram)
    cells, codes = Cells(histogram), max(2, len(feature.categories))
    if cells.ordered:
        raise DocumentInvalid(f"{histogram.path}.edges: expected none for a feature of type {feature.type}")
    if len(cells.base) < codes:
        raise DocumentInvalid(
            f"{histogram.path}.counts: expected one for each of {codes} values, got {len(cells.base)}"
        )
    return cells


def _number_cells(histogram: Document) -> Cells:
    cells = Cells(histogram)
    if not cells.ordered:
        raise DocumentInvalid(f"{histogram.path}.edges: expected the edges of the bins, got nothing")
    return cells


def _columns(matrix: bytes | bytearray, width: int) -> list[list[float]]:
    if not width:  # a text or an image has no columns
        return []
    if len(matrix) % (width * FLOAT32):
        raise ValueRefused(f"matrix: expected rows of {width} float32 values, got {len(matrix)} bytes")
    values = array("f", bytes(matrix))
    return [values[i::width].tolist() for i in range(width)]


def measure(histogram: Histogram, rule: Rule, tests: int) -> Drift:
    """Compare one column with its baseline. tests : the number of tests in this window."""
    cells, now = histogram.cells, histogram.counts
    before, present, rows = sum(cells.base), histogram.present, histogram.rows
    base, counts = pooled(cells.base, now)
    index = psi(base, counts) - psi_by_chance(len(base), before, present) if before and present else 0.0
    _, p_value = chi_squared(base, counts)
    missing, missing_p_value = two_shares(cells.missing, before + cells.missing, histogram.missing, rows)

    limit = rule.false_alarms / tests
    reasons = []
    if rows >= rule.min_rows and index > rule.psi and p_value < limit:
        reasons.append("values")
    if rows >= rule.min_rows and abs(missing) > rule.missing and missing_p_value < limit:
        reasons.append("missing")
    distance, ks_p_value = kolmogorov_smirnov(cells.base, now) if cells.ordered else (None, None)
    outside = _outside(now) if cells.ordered else None
    return Drift(rows, index, p_value, distance, ks_p_value, outside, missing, missing_p_value, tuple(reasons))


def _outside(counts: Sequence[int]) -> float:
    """The share of values in the first and the last cell, which are empty in the training data."""
    present = sum(counts)
    return (counts[0] + counts[-1]) / present if present and len(counts) > 1 else 0.0
