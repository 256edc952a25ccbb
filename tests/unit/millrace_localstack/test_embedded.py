"""A line in the embedded metric format becomes what PutMetricData would have been told."""

import json
from typing import Any

import pytest

from millrace_localstack.plugin.cloudwatch.embedded import metric_data


def line(*, dimensions: list[list[str]], metrics: list[dict[str, Any]], **members: Any) -> str:
    directive = {"Namespace": "Millrace", "Dimensions": dimensions, "Metrics": metrics}
    return json.dumps({"_aws": {"Timestamp": 1_700_000_000_500, "CloudWatchMetrics": [directive]}, **members})


def test_every_metric_comes_with_its_dimensions_unit_and_time() -> None:
    events, late = {"Name": "Events", "Unit": "Count"}, {"Name": "EventAge", "Unit": "Milliseconds"}

    found = metric_data(
        line(
            dimensions=[["FunctionName"]],
            metrics=[events, late],
            FunctionName="mill",
            Events=3,
            EventAge=1.5,
            source="x",
        )
    )

    common = {"Dimensions": [{"Name": "FunctionName", "Value": "mill"}], "Timestamp": 1_700_000_000.5}
    assert found == [
        ("Millrace", {"MetricName": "Events", "Unit": "Count", "Values": [3.0], **common}),
        ("Millrace", {"MetricName": "EventAge", "Unit": "Milliseconds", "Values": [1.5], **common}),
    ]


def test_a_metric_comes_once_for_each_set_of_dimensions() -> None:
    found = metric_data(
        line(dimensions=[[], ["FunctionName", "Code"]], metrics=[{"Name": "N"}], FunctionName="mill", Code="C", N=1)
    )

    assert [[one["Value"] for one in datum["Dimensions"]] for _, datum in found] == [[], ["mill", "C"]]
    assert {datum["Unit"] for _, datum in found} == {"None"}


def test_a_metric_may_have_several_values() -> None:
    ((_, datum),) = metric_data(line(dimensions=[[]], metrics=[{"Name": "N"}], N=[1, 2.5]))

    assert datum["Values"] == [1.0, 2.5]


@pytest.mark.parametrize("other", ["", "START RequestId: 1", '{"level": "INFO"}', 'not first: {"_aws": {}}', "[]"])
def test_any_other_line_is_none(other: str) -> None:
    assert metric_data(other) == []


@pytest.mark.parametrize(
    "broken",
    [
        '{"_aws": ',
        '{"_aws": {"CloudWatchMetrics": []}}',
        line(dimensions=[["FunctionName"]], metrics=[{"Name": "N"}], N=1),  # a dimension without a value
        line(dimensions=[[]], metrics=[{"Name": "N"}]),  # a metric without one
        line(dimensions=[[]], metrics=[{"Name": "N"}], N=None),
    ],
)
def test_a_line_that_does_not_keep_to_the_format_is_told(broken: str) -> None:
    with pytest.raises(ValueError, match="no embedded metric format"):
        metric_data(broken)
