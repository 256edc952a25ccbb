"""When an alarm fires: a function of its definition and of the last values of its metric.

A definition is what DescribeAlarms gives. Values are those of its periods, the newest first, None where there was no
data.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from millrace_localstack.plugin.cloudwatch.expression import Series, Value, evaluate

Definition = Mapping[str, Any]

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": math.fsum,
    "Average": lambda samples: math.fsum(samples) / len(samples),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}


def queries(definition: Definition) -> list[dict[str, Any]]:
    """The metrics that the alarm looks at: Id, Metric, Period and Stat each."""
    if metrics := definition.get("Metrics"):
        return [{"Id": query["Id"], **query["MetricStat"]} for query in metrics if "MetricStat" in query]
    metric = {name: definition[name] for name in ("Namespace", "MetricName")}
    stat = definition.get("Statistic") or definition["ExtendedStatistic"]
    dimensions = definition.get("Dimensions") or []
    return [
        {"Id": "value", "Metric": metric | {"Dimensions": dimensions}, "Period": definition["Period"], "Stat": stat}
    ]


def periods(definition: Definition) -> int:
    """How many periods are looked at: CloudWatch goes back further than it needs, to find values that are there."""
    needed: int = definition["EvaluationPeriods"]
    return needed + max(needed // 3, 2)


def statistic(name: str, samples: Sequence[float]) -> Value:
    """Of the samples of one period; a percentile (p99) is the sample that this percentage does not exceed."""
    if not samples:
        return None
    if name.startswith("p"):
        return sorted(samples)[max(math.ceil(float(name[1:]) / 100 * len(samples)) - 1, 0)]
    return _STATISTICS[name](samples)


def values(definition: Definition, series: Mapping[str, Series]) -> Series:
    """What is held against the threshold, from the alarm's metrics by their Id."""
    for query in definition.get("Metrics") or []:
        if "Expression" in query:
            return evaluate(query["Expression"], series)
    (only,) = series.values()
    return only


def state(definition: Definition, found: Series) -> str | None:
    """The state that these values mean; None where the alarm stays as it is.

    Values that are there count before those that are missing: only where they are too few does TreatMissingData speak.
    """
    missing = definition.get("TreatMissingData") or "missing"
    needed = definition["EvaluationPeriods"]
    breaches, threshold = _BREACHES[definition["ComparisonOperator"]], definition["Threshold"]
    there = [value for value in found if value is not None][:needed]
    bad = sum(breaches(value, threshold) for value in there)
    lacking = needed - len(there)
    if lacking and missing == "breaching":
        bad += lacking
    elif lacking and missing in ("missing", "ignore") and bad == len(there):
        # Nothing speaks against an alarm, but not all was seen that should fire it.
        return (ALARM if there else INSUFFICIENT_DATA) if missing == "missing" else None
    return ALARM if bad >= (definition.get("DatapointsToAlarm") or needed) else OK
