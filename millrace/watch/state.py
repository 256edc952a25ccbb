"""What is known of a stack: folds what the sources report. Pure, and bounded however long it runs."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evaluation.expected import ExpectedBinary
from millrace.accounting.invocation_lines import LoggedInvocation
from millrace.accounting.prediction import Prediction
from millrace.model.drivers import Drivers
from millrace.sinks.operations import Published
from millrace.watch.series import KEPT_SECONDS, Series, Spread
from millrace.watch.updates import Alarms, Column, Drifted, Logged, Released, Update
from model_store.release import Release
from telemetry import metrics

# Sources by name: what each is asked for, and what is missing where it does not answer.
SINK, LOG, RELEASE, DRIFT, ALARMS = "sink", "log", "release", "drift", "alarms"

LATEST = 50
# Versions of which the share is shown; a stream has one or two.
MOST_VERSIONS = 20
STAGES = {
    "decode": metrics.DECODE_DURATION,
    "predict": metrics.PREDICT_DURATION,
    "encode": metrics.ENCODE_DURATION,
    "publish": metrics.PUBLISH_DURATION,
}
# Totals: of invocations as the log has them, and of what was read from the sink.
COUNTED = {
    "events": metrics.EVENTS,
    "predictions": metrics.PREDICTIONS,
    "quarantined": metrics.QUARANTINED,
    "failed": metrics.FAILED,
    "resent": metrics.PUBLISH_RETRIES,
    "cold_starts": metrics.COLD_STARTS,
    "releases_refused": metrics.RELEASE_REFUSED,
}
IN_SINK, UNREADABLE, BATCHES, FAILED_BATCHES = "in_sink", "unreadable", "batches", "failed_batches"
TO_SINK, OLDEST, BATCH = "arrival_to_sink", "oldest_of_batch", "batch"


@dataclass(slots=True)
class State:
    """All that the view shows.

    began : since when is counted, in seconds since the epoch. reads_sink : whether the sink's predictions are read, or
    only the log has them. trouble : why a source does not answer, by its name.
    drivers : of the champion's explained predictions. trained : the same in training. expected : the quality that the
    scores of all of its predictions let expect; None where these are not calibrated.
    without : why there is no such source, by its name. behind : seconds by which reading a shard lags, where it does.
    """

    stack: str
    model: str
    sink: str
    began: float
    reads_sink: bool = True
    totals: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    series: defaultdict[str, Series] = field(default_factory=lambda: defaultdict(Series))
    spreads: defaultdict[str, Spread] = field(default_factory=lambda: defaultdict(Spread))
    seen: dict[tuple[str, str], Series] = field(default_factory=dict)
    latest: deque[Prediction] = field(default_factory=lambda: deque(maxlen=LATEST))
    behind: dict[str, float] = field(default_factory=dict)
    stale_seconds: float = 0.0
    release: Release | None = None
    drivers: Drivers = field(default_factory=Drivers)
    trained: Mapping[str, float] = field(default_factory=dict)
    expected: ExpectedBinary | None = None
    drift: Drifted | None = None
    alarms: Alarms | None = None
    trouble: dict[str, str] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)

    def fold(self, update: Update) -> None:
        """Fold in what a source reported."""
        match update:
            case Published():
                self._published(update)
            case Logged(invocations):
                for invocation in invocations:
                    self._invoked(invocation)
            case Released(release, trained, calibrated):
                if self.release is None or self.release.champion.version != release.champion.version:
                    self.drivers = Drivers()
                    self.expected = None if calibrated is None else ExpectedBinary(calibrated)
                self.release, self.trained = release, trained
            case Drifted():
                self.drift = update
            case Alarms():
                self.alarms = update

    def drifted(self) -> list[Column]:
        """The columns of the champion, what drifted and most of it first; those of all where it was not looked at."""
        columns = self.drift.columns if self.drift else ()
        champion = [c for c in columns if self.release and c.version == self.release.champion.version]
        return sorted(champion or columns, key=lambda column: (not column.reasons, -column.psi))

    def shares(self, now: float) -> list[tuple[str, str, float]]:
        """Version, variant and share of the predictions of the last minutes, the most first."""
        counts = {key: series.sum(now, KEPT_SECONDS) for key, series in self.seen.items()}
        total = sum(counts.values())
        ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        return [(version, variant, count / total) for (version, variant), count in ordered if count]

    def _published(self, update: Published) -> None:
        self.totals[IN_SINK] += len(update.predictions)
        self.totals[UNREADABLE] += update.unreadable
        self.behind.pop(update.shard, None)  # so that shards that ended are not kept
        if update.behind:
            self.behind[update.shard] = update.behind
        for prediction in update.predictions:
            self.series[IN_SINK].add(prediction.published_at)
            self.spreads[TO_SINK].add(prediction.published_at, prediction.latency)
            self._saw(prediction.version, prediction.variant, prediction.published_at, 1)
        champion = self.release.champion.version if self.release else None
        of_champion = [one for one in update.predictions if one.version == champion]
        for prediction in of_champion:
            self.drivers.add(prediction.attributions)
        if self.expected is not None:
            self.expected.add_all(np.array([one.score for one in of_champion], np.float64))
        self.latest.extend(update.predictions[-LATEST:])

    def _invoked(self, invocation: LoggedInvocation) -> None:
        for name, metric in COUNTED.items():
            self.totals[name] += int(invocation.metric(metric))
            self.series[name].add(invocation.at, invocation.metric(metric))
        self.totals[BATCHES] += 1
        self.series[BATCHES].add(invocation.at)
        if invocation.error:
            self.totals[FAILED_BATCHES] += 1
            self.errors[invocation.error] += 1
        self.quarantined.update(invocation.counted("quarantined"))
        self.stale_seconds = invocation.metric(metrics.RELEASE_STALE_SECONDS)
        timed = {OLDEST: metrics.EVENT_AGE, BATCH: metrics.BATCH_DURATION, **STAGES}
        for name, metric in timed.items():
            if metric in invocation.metrics:
                self.spreads[name].add(invocation.at, invocation.metric(metric) / 1000)
        if not self.reads_sink:
            versions = invocation.properties.get("versions") or {}
            for variant, count in invocation.counted("predictions_by_variant").items():
                self._saw(str(versions.get(variant, "?")), variant, invocation.at, count)

    def _saw(self, version: str, variant: str, at: float, count: int) -> None:
        key = (version, variant)
        if key not in self.seen and len(self.seen) >= MOST_VERSIONS:
            del self.seen[next(iter(self.seen))]  # the one that was seen first
        self.seen.setdefault(key, Series()).add(at, count)
