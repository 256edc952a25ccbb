"""Metrics as CloudWatch takes them from a log: one bare JSON line in the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from collections.abc import Callable

NAMESPACE = "Millrace"
# A line costs what a log line costs; alarms look at minutes.
INTERVAL_SECONDS = 60.0

# Releases that this container refused, since the line before.
RELEASE_REFUSED = "ReleaseRefused"
# Since when this container no longer knows that it serves the release in the store.
RELEASE_STALE_SECONDS = "ReleaseStaleSeconds"
UNITS = {RELEASE_REFUSED: "Count", RELEASE_STALE_SECONDS: "Seconds"}


def to_stdout(line: str) -> None:
    """Past the logging module, whose prefix would keep CloudWatch from reading the line."""
    print(line, flush=True)


class Metrics:
    """Counts are summed up and gauges kept, until a line is due: once a minute, or at once when counting begins."""

    def __init__(
        self,
        function_name: str,
        write: Callable[[str], None] = to_stdout,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._function_name, self._write, self._clock = function_name, write, clock
        self._counts = {RELEASE_REFUSED: 0}
        self._gauges: dict[str, float] = {}
        self._written_at: float | None = None
        self._quiet = True

    def count(self, name: str, number: int = 1) -> None:
        self._counts[name] += number

    def gauge(self, name: str, value: float) -> None:
        self._gauges[name] = value

    def flush(self) -> None:
        """Write a line if one is due."""
        now = self._clock()
        due = self._written_at is None or now - self._written_at >= INTERVAL_SECONDS
        if not due and not (self._quiet and any(self._counts.values())):
            return
        self._quiet, self._written_at = not any(self._counts.values()), now
        self._write(self._line(now))
        self._counts = dict.fromkeys(self._counts, 0)

    def _line(self, now: float) -> str:
        values = {**self._counts, **{name: round(value, 3) for name, value in self._gauges.items()}}
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": name, "Unit": UNITS[name]} for name in values],
        }
        metadata = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}
        return json.dumps({"_aws": metadata, "FunctionName": self._function_name, **values})
