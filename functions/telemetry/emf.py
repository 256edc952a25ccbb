"""Metrics as CloudWatch takes them from a log: one bare JSON line in the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

NAMESPACE = "Millrace"
_encode = json.JSONEncoder(separators=(",", ":")).encode


def line(
    at: float,
    dimensions: Mapping[str, str],
    values: Mapping[str, float],
    units: Mapping[str, str],
    properties: Mapping[str, Any],
) -> str:
    """The line that tells `values`, by the names of metrics, of the time `at` (seconds since the epoch).

    All dimensions together are one set: a metric costs by each combination of values that its dimensions take, so
    whatever is only for the eye, and for Logs Insights, belongs into the properties. units : CloudWatch's, by metric.
    """
    directive = _directive(tuple(dimensions), tuple([(name, units[name]) for name in values]))
    members = _encode({**dimensions, **properties, **values})
    return f'{{"_aws":{{"Timestamp":{int(at * 1000)},"CloudWatchMetrics":[{directive}]}},{members[1:]}'


@lru_cache(maxsize=64)  # half of a line, and nearly always the same
def _directive(dimensions: tuple[str, ...], units: tuple[tuple[str, str], ...]) -> str:
    metrics = [{"Name": name, "Unit": unit} for name, unit in units]
    return _encode({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics})


def to_stdout(line: str) -> None:
    """Past the logging module, which would put more around the line than CloudWatch reads; at once, so in one piece."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
