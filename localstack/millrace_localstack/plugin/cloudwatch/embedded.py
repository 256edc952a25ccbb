"""The embedded metric format: a line of a log that is a metric too.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from typing import Any

# What PutMetricData takes as one entry of MetricData.
Datum = dict[str, Any]


def metric_data(line: str) -> list[tuple[str, Datum]]:
    """Namespace and datum of each metric in a line of a log; none where the line is anything else.

    ValueError : the line says that it holds metrics, and does not keep to the format.
    """
    if '"_aws"' not in line or not line.startswith("{"):
        return []
    try:
        document = json.loads(line)
        metadata = document["_aws"]
        at = metadata["Timestamp"] / 1000
        return [
            found for directive in metadata["CloudWatchMetrics"] for found in _of_directive(directive, document, at)
        ]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"no embedded metric format: {type(error).__name__} {error} in {line[:200]}") from error


def _of_directive(directive: dict[str, Any], document: dict[str, Any], at: float) -> Iterator[tuple[str, Datum]]:
    """Each metric comes once for each of the sets of dimensions."""
    for names in directive["Dimensions"]:
        dimensions = [{"Name": name, "Value": str(document[name])} for name in names]
        for metric in directive["Metrics"]:
            value = document[metric["Name"]]
            yield (
                directive["Namespace"],
                {
                    "MetricName": metric["Name"],
                    "Dimensions": dimensions,
                    "Timestamp": at,
                    "Unit": metric.get("Unit", "None"),
                    "Values": [float(one) for one in (value if isinstance(value, list) else [value])],
                },
            )
