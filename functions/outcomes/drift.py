"""Measures the drift of each model version from the counts of the scorer's containers.

Each evaluation merges the last hours. The merged counts of an hour are stored in one object, with a hash of the keys
that it was made from; they are merged again only if keys were added. So each container's object is read once, and an
evaluation reads one object for each hour. The result does not depend on the order of merging.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass

from evaluation.drift_counts import SCHEMA_VERSION
from evaluation.errors import EvaluationError
from evaluation.sampling import Sample
from model_store.documents import canonical, parse
from model_store.errors import DocumentInvalid
from outcomes.evaluate import OutOfTime
from outcomes.hours import begins, hour_of
from resilience.deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from evaluation.drift import Drift, Drifts, Window
    from model_store.documents import Document
    from outcomes.manifests import Manifests
    from outcomes.store import Store

LOG = logging.getLogger(__name__)

# A version counts as serving if it has counts in the newest hour with any counts, or in the hour before.
SERVING_HOURS = 2
# The share of an invocation's time; the evaluation of outcomes needs the rest.
SHARE_OF_TIME = 0.25

# The counts of an hour, by version.
type Samples = dict[str, Sample]


@dataclass(frozen=True, slots=True)
class Measured:
    """The drift of a version.

    window : all its counts. hour : the last hour with counts. serving : whether it serves now; only then are metrics
    written, so that alarms are for versions in use.
    """

    version: str
    window: Window
    hour: int
    serving: bool
    drifts: Drifts

    @property
    def rows(self) -> int:
        return self.window.rows

    def columns(self) -> dict[str, Drift]:
        """Each feature by its name, and the scores as `score 0` and so on."""
        scores = {f"score {place}": drift for place, drift in enumerate(self.drifts.scores)}
        return scores | self.drifts.features

    def drifted(self) -> list[str]:
        return [name for name, drift in self.columns().items() if drift.drifted]


class DriftOfWindow:
    """Measures drift over the last `hours`, including the current one. One for each container."""

    def __init__(self, store: Store, manifests: Manifests, model: str, hours: int, clock: Callable[[], float]) -> None:
        self._store, self._manifests, self._model, self._hours = store, manifests, model, hours
        self._clock = clock

    def run(self, deadline: Deadline) -> list[Measured]:
        """Measure drift, write and return the result; empty if there are no counts.

        If time runs out, the last result stays. Hours that were merged are not merged again, so the next evaluation
        continues from there.
        """
        until, now = deadline.remaining() * (1 - SHARE_OF_TIME), hour_of(self._clock())
        merged: dict[int, Samples] = {}
        try:
            for hour in range(now, now - self._hours, -1):
                merged[hour] = self._hour(hour, Deadline(lambda: deadline.remaining() - until))
        except OutOfTime:
            LOG.warning("drift not measured: expected %d hours to be merged in time, got %d", self._hours, len(merged))
            return []
        measured = measure({hour: samples for hour, samples in merged.items() if samples})
        if measured:
            self._store.put_drift(self._model, document(self._model, now - self._hours + 1, now, measured))
        return measured

    def _hour(self, hour: int, deadline: Deadline) -> Samples:
        """Raises OutOfTime."""
        keys = self._store.counts(self._model, hour)
        if not keys:
            return {}
        of = hashlib.sha256("\n".join(keys).encode()).hexdigest()
        known = self._known(hour, of)
        if known is not None:
            return known
        samples: Samples = {}
        for key in keys:
            if deadline.remaining() <= 0:
                raise OutOfTime
            self._add(samples, key)
        body = {version: sample.to_json() for version, sample in samples.items()}
        self._store.put_merged(
            self._model, hour, _compact({"schema_version": SCHEMA_VERSION, "of": of, "versions": body})
        )
        return samples

    def _known(self, hour: int, of: str) -> Samples | None:
        """The stored counts of an hour; None if keys were added since, or if they cannot be read."""
        raw = self._store.merged(self._model, hour)
        if raw is None:
            return None
        try:
            stored = parse(raw, f"hour {begins(hour)}")
            if stored.get("schema_version", int) != SCHEMA_VERSION or stored.get("of", str) != of:
                return None
            versions = stored.child("versions")
            return {version: self._sample(version, versions.child(version)) for version in versions.members}
        except (DocumentInvalid, EvaluationError) as error:
            LOG.warning("stored drift counts not readable, merging again: %s", error)
            return None

    def _add(self, samples: Samples, key: str) -> None:
        """Add the counts of an object; those that cannot be read are skipped and logged."""
        raw = self._store.read(key)
        if raw is None:  # it has expired
            return
        try:
            counts = parse(raw, key)
            if (found := counts.get("schema_version", int)) != SCHEMA_VERSION:
                raise DocumentInvalid(f"{key}.schema_version: expected {SCHEMA_VERSION}, got {found}")
            version = counts.get("version", str)
            sample = self._sample(version, counts.child("strides"))
            if version in samples:
                samples[version].merge(sample)
            else:
                samples[version] = sample
        except (DocumentInvalid, EvaluationError) as error:
            LOG.warning("drift counts skipped: %s", error)

    def _sample(self, version: str, strides: Document) -> Sample:
        """Raises DocumentInvalid and NotMergeable."""
        manifest = self._manifests.get(version)
        if manifest is None:
            raise DocumentInvalid(f"{strides.path}: expected counts of a version with a manifest, got {version!r:.80}")
        return Sample.read(manifest, strides)


def measure(hours: dict[int, Samples]) -> list[Measured]:
    """Measure each version over all hours."""
    whole: Samples = {}
    last: dict[str, int] = {}
    for hour, samples in hours.items():
        for version, sample in samples.items():
            if version not in whole:
                whole[version] = sample.fresh()
            whole[version].merge(sample)
            last[version] = max(hour, last.get(version, hour))
    newest = max(hours, default=0)
    windows = {version: sample.window() for version, sample in sorted(whole.items())}
    return [
        Measured(version, window, last[version], last[version] > newest - SERVING_HOURS, window.drift())
        for version, window in windows.items()
    ]


def document(model: str, first: int, last: int, measured: Sequence[Measured]) -> bytes:
    """The canonical JSON of the result over the hours from `first` to `last`."""
    members = {
        "schema_version": SCHEMA_VERSION,
        "model": model,
        "from": begins(first),
        "to": begins(last + 1),
        "versions": [_described(one) for one in measured],
    }
    return canonical(members)


def _described(measured: Measured) -> dict[str, Any]:
    return {
        "version": measured.version,
        "serving": measured.serving,
        "last_hour": begins(measured.hour),
        "rows": measured.rows,
        "columns_drifted": len(measured.drifted()),
        **measured.drifts.to_json(),
        "window": measured.window.to_json(),
    }


def _compact(members: dict[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":"), sort_keys=True).encode("ascii")
