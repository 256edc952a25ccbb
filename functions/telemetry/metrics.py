"""The metrics and the log line of an invocation: docs/contracts.md, "Metrics"."""

from __future__ import annotations

import time
from collections import Counter

from telemetry import emf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any

    from records.faults import Code
    from telemetry.batch_report import BatchReport

# Every event of a batch is counted once in Predictions, Quarantined, Failed or IgnoredEvents.
EVENTS, PREDICTIONS, QUARANTINED, FAILED = "Events", "Predictions", "Quarantined", "Failed"
IGNORED_EVENTS = "IgnoredEvents"  # records that are no events, by the manifest, and objects that gave none
PUBLISH_RETRIES = "PublishRetries"  # entries that were sent to the sink again
IGNORED_MEMBERS = "IgnoredMembers"  # members of events that the model does not know
RELEASE_REFUSED = "ReleaseRefused"  # polls at which a release did not verify
COLD_STARTS = "ColdStarts"
# Batches that failed as a whole and were reported to the source: no error of the function, in Lambda's metrics.
FAILED_BATCHES = "FailedBatches"
# The stages, and the whole invocation.
DECODE_DURATION, PREDICT_DURATION, ENCODE_DURATION = "DecodeDuration", "PredictDuration", "EncodeDuration"
PUBLISH_DURATION, QUARANTINE_DURATION, BATCH_DURATION = "PublishDuration", "QuarantineDuration", "BatchDuration"
EVENT_AGE = "EventAge"  # from the arrival of the batch's oldest event to the publication of the predictions
MODEL_AGE = "ModelAge"  # since the serving release was written
RELEASE_STALE_SECONDS = "ReleaseStaleSeconds"  # since the container last confirmed that it serves the store's release
# Of the feature that is missing most above its share in the training data, how far it is above, in percentage points.
MISSING_VALUES = "MissingValues"
# Of the HTTP endpoint alone: events that were answered with an error.
REJECTED = "Rejected"
CAPTURE_FAILURES = "CaptureFailures"  # only with data capture: writes of captured rows that failed
# Dimensions FunctionName and Code, in lines of their own; all other metrics have FunctionName only.
QUARANTINED_BY_CODE = "QuarantinedByCode"

COUNTS = (
    EVENTS, PREDICTIONS, QUARANTINED, FAILED, IGNORED_EVENTS, PUBLISH_RETRIES, IGNORED_MEMBERS, RELEASE_REFUSED,
    COLD_STARTS, FAILED_BATCHES,
)  # fmt: skip
DURATIONS = (
    DECODE_DURATION, PREDICT_DURATION, ENCODE_DURATION, PUBLISH_DURATION, QUARANTINE_DURATION, BATCH_DURATION,
)  # fmt: skip
UNITS = {
    **dict.fromkeys((*COUNTS, REJECTED, QUARANTINED_BY_CODE, CAPTURE_FAILURES), "Count"),
    **dict.fromkeys((*DURATIONS, EVENT_AGE), "Milliseconds"),
    **dict.fromkeys((MODEL_AGE, RELEASE_STALE_SECONDS), "Seconds"),
    MISSING_VALUES: "Percent",
}


class Metrics:
    """Collects the metrics of the current invocation, and writes its lines at the end. One for each container.

    write : writes a line. clock : seconds since the epoch. timer : seconds from any origin.
    """

    def __init__(
        self,
        function_name: str,
        write: Callable[[str], None] = emf.to_stdout,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._function, self._write, self._clock, self._timer = {"FunctionName": function_name}, write, clock, timer
        self._begin()
        self.count(COLD_STARTS)

    def _begin(self) -> None:
        self._values: dict[str, float] = dict.fromkeys(COUNTS, 0)
        self._properties: dict[str, Any] = {}
        self._quarantined: Counter[Code] = Counter()
        self._failure: Exception | None = None

    def count(self, name: str, number: int = 1) -> None:
        self._values[name] += number

    def gauge(self, name: str, value: float) -> None:
        """value : in the metric's unit."""
        self._values[name] = round(value, 3)

    def since(self, name: str, then: float | None) -> None:
        """The time since `then` (seconds since the epoch), and at least 0, because clocks differ; None is ignored."""
        if then is not None:
            seconds = max(0.0, self._clock() - then)
            self.gauge(name, seconds * 1000 if UNITS[name] == "Milliseconds" else seconds)

    def timed(self, name: str) -> _Timed:
        """A context manager that adds the duration of its block to a metric."""
        return _Timed(self._values, name, self._timer)

    def note(self, **properties: Any) -> None:
        """Members of the log line that are not metrics."""
        self._properties |= properties

    def received(self, source: str, records: int) -> None:
        """Count a batch as failed until its result is known: if the invocation raises, it is delivered again."""
        self._values[EVENTS] = self._values[FAILED] = records
        self.note(source=source)

    def failed(self, error: Exception) -> None:
        """Count a batch of which no record was settled because of `error`, and which is reported to its source."""
        self.count(FAILED_BATCHES)
        self._failure = error

    def report(self, report: BatchReport, *, replied: bool = False) -> None:
        """Count the result of the batch. replied : nothing was published or quarantined; only the log line has it."""
        if replied:
            self._values |= {EVENTS: 0, FAILED: 0}
            self.note(replied={"predictions": report.predictions, "rejected": report.quarantined.total()})
            return
        self._quarantined = report.quarantined
        self._values |= {
            EVENTS: report.records,
            PREDICTIONS: report.predictions,
            QUARANTINED: report.quarantined.total(),
            FAILED: report.failed,
            IGNORED_EVENTS: report.ignored,
            PUBLISH_RETRIES: report.publish_retries,
            IGNORED_MEMBERS: report.ignored_members,
        }
        self.note(predictions_by_variant=report.by_variant, quarantined=report.quarantined)
        if report.shadow:
            self.note(shadow=report.shadow)

    def answered(
        self,
        predictions: int,
        rejected: Counter[Code],
        ignored_members: int,
        by_variant: Mapping[str, int],
        shadow: Mapping[str, Any],
    ) -> None:
        """Count the result of requests, whose callers got every prediction and fault."""
        self._values |= {
            EVENTS: predictions + rejected.total(),
            PREDICTIONS: predictions,
            REJECTED: rejected.total(),
            FAILED: 0,
            IGNORED_MEMBERS: ignored_members,
        }
        self.note(predictions_by_variant=by_variant, rejected=rejected)
        if shadow:
            self.note(shadow=shadow)

    def write(self, request_id: str, function_version: str, failure: Exception | None = None) -> None:
        """Write the lines of the invocation, and begin the next one. failure : what the invocation raises."""
        now, call = self._clock(), {"request_id": request_id, "function_version": function_version}
        properties = _outcome(failure or self._failure) | call | self._properties
        self._write(emf.line(now, self._function, self._values, UNITS, properties))
        for code, number in self._quarantined.items():
            dimensions = self._function | {"Code": code}
            self._write(emf.line(now, dimensions, {QUARANTINED_BY_CODE: number}, UNITS, call))
        self._begin()


def _outcome(failure: Exception | None) -> dict[str, str]:
    """Only the class of the error: the runtime logs its message."""
    if failure is None:
        return {"level": "INFO", "message": "batch scored"}
    return {"level": "ERROR", "message": "batch failed", "error": type(failure).__name__}


class _Timed:
    """Adds the duration of a block to a value, in milliseconds."""

    __slots__ = ("_began", "_name", "_timer", "_values")

    def __init__(self, values: dict[str, float], name: str, timer: Callable[[], float]) -> None:
        self._values, self._name, self._timer = values, name, timer

    def __enter__(self) -> None:
        self._began = self._timer()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        milliseconds = (self._timer() - self._began) * 1000
        self._values[self._name] = round(self._values.get(self._name, 0.0) + milliseconds, 3)
