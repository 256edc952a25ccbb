"""How many values of each feature are missing, compared with the training data: schema drift, without an evaluator.

A producer that renames a member makes its feature missing in every event; scores are still published, and are wrong.
"""

from __future__ import annotations

from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_store.manifest import Manifest
    from scoring.engine.protocols import Table

# Shares are of about the last this many rows; below the least number of them, there is no share.
WINDOW, LEAST = 2_000, 200


class Missing(Value):
    """The feature whose share of missing values is highest above its share in the training data; both in percent."""

    feature: str
    percent: float
    trained: float

    @property
    def excess(self) -> float:
        return max(0.0, self.percent - self.trained)


class MissingWatch:
    """Counts the missing values in a container's last rows, for each version that serves."""

    def __init__(self) -> None:
        self._versions: dict[str, _Counts] = {}

    def count(self, tables: Sequence[Table]) -> Missing | None:
        """Count a batch. Returns the worst feature of all versions; None until there are enough rows."""
        serving = {table.variant.version: table for table in tables}
        self._versions = {
            version: self._versions.get(version) or _Counts(table.variant.manifest)
            for version, table in serving.items()
        }
        for version, table in serving.items():
            if table.rows:
                self._versions[version].add(table)
        found = [counts.worst() for counts in self._versions.values() if counts.rows >= LEAST]
        return max(found, key=lambda one: one.excess, default=None)


class _Counts:
    def __init__(self, manifest: Manifest) -> None:
        self._names = [feature.name for feature in manifest.features]
        self._trained = [_trained(manifest, name) for name in self._names]
        self._missing = [0.0] * len(self._names)
        self.rows = 0.0

    def add(self, table: Table) -> None:
        """Add the rows of a batch; older rows fade."""
        fade = 0.5 if self.rows > WINDOW else 1.0
        self.rows = self.rows * fade + table.rows
        self._missing = [old * fade + new for old, new in zip(self._missing, table.missing(), strict=True)]

    def worst(self) -> Missing:
        shares = [100 * missing / self.rows for missing in self._missing]
        excess = [share - trained for share, trained in zip(shares, self._trained, strict=True)]
        at = excess.index(max(excess))
        return Missing(self._names[at], round(shares[at], 3), round(self._trained[at], 3))


def _trained(manifest: Manifest, name: str) -> float:
    """The share of missing values in the training data, in percent; 0 where the manifest does not say it."""
    try:
        return float(100 * manifest.baseline["features"][name]["missing"] / manifest.baseline["rows"])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return 0.0
