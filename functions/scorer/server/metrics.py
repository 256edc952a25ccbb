"""The server's metrics: kept as totals, exported for Prometheus, and as EMF lines with the changes since the last one.

Counting happens on every request, so totals are plain numbers; the text format is prometheus_client's.
"""

from __future__ import annotations

import time
from bisect import bisect_left

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry import emf
from telemetry.metrics import (
    COLD_STARTS,
    DECODE_DURATION,
    ENCODE_DURATION,
    EVENTS,
    FAILED,
    IGNORED_MEMBERS,
    MODEL_AGE,
    PREDICT_DURATION,
    PREDICTIONS,
    REJECTED,
    RELEASE_REFUSED,
    RELEASE_STALE_SECONDS,
    UNITS,
    Metrics,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from prometheus_client.core import Metric

    from http_api.variant import HttpServing
    from records.faults import Code
    from scoring.outcome import Outcome

# Of EMF: requests, and those answered with a status of 400 to 499, and of 500 and more.
REQUESTS, CLIENT_ERRORS, SERVER_ERRORS = "Requests", "ClientErrors", "ServerErrors"
EMF_UNITS = UNITS | dict.fromkeys((REQUESTS, CLIENT_ERRORS, SERVER_ERRORS), "Count")
CHANGES = (EVENTS, PREDICTIONS, REJECTED, FAILED, IGNORED_MEMBERS, RELEASE_REFUSED)
GAUGES = (MODEL_AGE, RELEASE_STALE_SECONDS)
# Upper bounds, in seconds and in requests.
SECONDS = (0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 4.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class BucketCounts:
    """A histogram. bounds : upper bounds, ascending; the last bucket has none."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.counts, self.sum = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def family(self, name: str, text: str) -> HistogramMetricFamily:
        total, buckets = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily(name, text, buckets=buckets, sum_value=self.sum)


class StageTimer:
    """Adds the duration of blocks, one at a time, to a total in milliseconds."""

    __slots__ = ("_began", "_name", "_totals")

    def __init__(self, totals: dict[str, float], name: str) -> None:
        self._totals, self._name = totals, name

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._totals[self._name] += (time.perf_counter() - self._began) * 1000


class ServerMetrics(Metrics, Collector):
    """service : the value of the dimension ServiceName. write : writes a line. in_flight : requests at this moment."""

    def __init__(
        self,
        service: str,
        write: Callable[[str], None] = emf.to_stdout,
        clock: Callable[[], float] = time.time,
        in_flight: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__("", write, clock)
        self._service, self._in_flight = {"ServiceName": service}, in_flight
        self._totals = self._values
        self._totals.pop(COLD_STARTS)
        self._totals |= dict.fromkeys((*CHANGES, DECODE_DURATION, PREDICT_DURATION, ENCODE_DURATION), 0)
        self._statuses: dict[int, int] = {}
        self._seconds, self._sizes = BucketCounts(SECONDS), BucketCounts(SIZES)
        self._rejected: dict[str, int] = {}
        self._left_out = 0
        self._shadow: dict[str, int] = {}
        self._versions: dict[str, str] = {}
        self._timers: dict[str, StageTimer] = {}
        self._before: dict[str, float] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def answered_one(self, status: int, seconds: float) -> None:
        """Count a response. seconds : since its request was read."""
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._seconds.add(seconds)

    def scored(self, requests: int, outcome: Outcome, rejected: Counter[Code] | None) -> None:
        """Count a batch. rejected : events by code, if any."""
        totals, predictions = self._totals, len(outcome.messages)
        totals[PREDICTIONS] += predictions
        totals[EVENTS] += predictions
        totals[IGNORED_MEMBERS] += outcome.ignored_members
        self._sizes.add(requests)
        if rejected:
            totals[EVENTS] += rejected.total()
            totals[REJECTED] += rejected.total()
            for code, count in rejected.items():
                self._rejected[code] = self._rejected.get(code, 0) + count

    def crashed(self, events: int) -> None:
        self._totals[EVENTS] += events
        self._totals[FAILED] += events

    def left_out(self, events: int) -> None:
        """Count events that shadow and drift left out."""
        self._left_out += events

    def shadowed(self, result: Mapping[str, Any]) -> None:
        """Count what `Shadow.score` returned."""
        for name, value in result.items():
            if type(value) is int:
                self._shadow[name] = self._shadow.get(name, 0) + value

    def timed(self, name: str) -> StageTimer:  # type: ignore[override]  # one for each stage, used again and again
        return self._timers.get(name) or self._timers.setdefault(name, StageTimer(self._totals, name))

    def note(self, **properties: Any) -> None:
        """The members of an invocation's log line: of a server, none."""

    def serves(self, serving: HttpServing) -> None:
        self._versions = {name: variant.version for name, variant in serving.variants.items()}

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        totals = self._totals
        requests = CounterMetricFamily("millrace_requests", "Responses, by status.", labels=["status"])
        for status, count in sorted(self._statuses.items()):
            requests.add_metric([str(status)], count)
        yield requests
        events = CounterMetricFamily("millrace_events", "Events, by what became of them.", labels=["outcome"])
        for outcome, name in (("predicted", PREDICTIONS), ("rejected", REJECTED), ("failed", FAILED)):
            events.add_metric([outcome], totals[name])
        yield events
        rejected = CounterMetricFamily("millrace_rejected_events", "Events with a fault, by code.", labels=["code"])
        for code, count in sorted(self._rejected.items()):
            rejected.add_metric([code], count)
        yield rejected
        yield self._seconds.family("millrace_request_seconds", "From a request's head to its response.")
        yield self._sizes.family("millrace_batch_requests", "Requests that were scored in one call.")
        stages = CounterMetricFamily("millrace_stage_seconds", "Time of the stages of scoring.", labels=["stage"])
        for stage, name in (("decode", DECODE_DURATION), ("predict", PREDICT_DURATION), ("encode", ENCODE_DURATION)):
            stages.add_metric([stage], totals.get(name, 0.0) / 1000)
        yield stages
        yield from self._of_release()
        yield GaugeMetricFamily("millrace_requests_in_flight", "Requests at this moment.", value=self._in_flight())
        yield CounterMetricFamily("millrace_left_out_events", "Events left out of shadow and drift.", self._left_out)
        shadow = CounterMetricFamily("millrace_shadow_events", "What the shadow did with events.", labels=["outcome"])
        for name, count in sorted(self._shadow.items()):
            shadow.add_metric([name], count)
        yield shadow

    def _of_release(self) -> Iterator[Metric]:
        totals = self._totals
        yield GaugeMetricFamily("millrace_ready", "1 once a verified model serves.", value=bool(self._versions))
        yield InfoMetricFamily("millrace_release", "The versions that serve.", value=self._versions)
        refused = totals[RELEASE_REFUSED]
        yield CounterMetricFamily("millrace_release_refused", "Releases that did not verify.", refused)
        for name, metric, text in (
            ("millrace_model_age_seconds", MODEL_AGE, "Since the release was written."),
            ("millrace_release_stale_seconds", RELEASE_STALE_SECONDS, "Since the release was last confirmed."),
        ):
            if metric in totals:
                yield GaugeMetricFamily(name, text, value=totals[metric])

    def line(self) -> None:
        """Write an EMF line: the changes since the last one, and the gauges."""
        now = self._now()
        values = {name: now[name] - self._before.get(name, 0) for name in now}
        self._before = now
        values |= {name: self._totals[name] for name in GAUGES if name in self._totals}
        properties = {"level": "INFO", "message": "requests answered", "versions": self._versions}
        self._write(emf.line(self._clock(), self._service, values, EMF_UNITS, properties))

    def _now(self) -> dict[str, float]:
        statuses = dict(self._statuses)
        return {name: self._totals[name] for name in CHANGES} | {
            REQUESTS: sum(statuses.values()),
            CLIENT_ERRORS: sum(count for status, count in statuses.items() if 400 <= status < 500),
            SERVER_ERRORS: sum(count for status, count in statuses.items() if status >= 500),
        }
