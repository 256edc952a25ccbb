"""Metrics in CloudWatch's embedded metric format: one JSON line in the log.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
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
    """The log line of some metrics.

    at : seconds since the epoch. dimensions : one set; each combination of their values costs a metric of its own.
    values, units : by the metric's name. properties : members that are not metrics, for Logs Insights.
    """
    directive = _directive(tuple(dimensions), tuple([(name, units[name]) for name in values]))
    members = _encode({**dimensions, **properties, **values})
    return f'{{"_aws":{{"Timestamp":{int(at * 1000)},"CloudWatchMetrics":[{directive}]}},{members[1:]}'


@lru_cache(maxsize=64)  # half of a line, and mostly the same
def _directive(dimensions: tuple[str, ...], units: tuple[tuple[str, str], ...]) -> str:
    metrics = [{"Name": name, "Unit": unit} for name, unit in units]
    return _encode({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics})


def to_stdout(line: str) -> None:
    """Write the line without the logging module, whose prefix CloudWatch could not parse; in a single write."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
