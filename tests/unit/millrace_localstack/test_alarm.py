"""Metric math, and the rule by which an alarm rings; CloudWatch's documentation has the tables on missing data."""

from typing import Any

import pytest

from millrace_localstack.plugin.cloudwatch import alarm
from millrace_localstack.plugin.cloudwatch.expression import evaluate


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b * 2", [5.0, None, 1.0]),
        ("100 * b / a", [200.0, None, 0.0]),
        ("a / b", [0.5, None, None]),  # what is divided by zero is not there
        ("a > 0 AND b > 0", [1.0, None, 0.0]),
        ("a > 5 || b == 2", [1.0, None, 0.0]),
        ("FILL(a, 0) - 1", [0.0, -1.0, 0.0]),
        ("IF(FILL(a, 0) == 0, 7, b)", [2.0, 7.0, 0.0]),
        ("IF(a > 0, 1, 0)", [1.0, None, 1.0]),
    ],
)
def test_metric_math(expression: str, expected: list[float | None]) -> None:
    assert evaluate(expression, {"a": [1.0, None, 1.0], "b": [2.0, 3.0, 0.0]}) == expected


@pytest.mark.parametrize("expression", ["RATE(a)", "a **", "unknown + 1", "a < b < 3", "'text'", "a.b", "FILL(a)"])
def test_what_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="metric math"):
        evaluate(expression, {"a": [1.0], "b": [1.0]})


def definition(**changes: Any) -> dict[str, Any]:
    return {"EvaluationPeriods": 3, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0} | changes


X, O, N = 1.0, 0.0, None  # breaching, not breaching, no data  # noqa: E741


@pytest.mark.parametrize(
    ("values", "by_treatment"),
    [
        # values, the newest first: breaching, notBreaching, missing, ignore
        ([X, X, X, N, N], "ALARM ALARM ALARM ALARM"),
        ([O, X, X, X, N], "OK OK OK OK"),
        ([N, X, N, X, X], "ALARM ALARM ALARM ALARM"),  # enough that are there, further back
        ([N, N, X, N, N], "ALARM OK ALARM None"),
        ([N, N, O, N, N], "OK OK OK OK"),
        ([N, N, N, N, N], "ALARM OK INSUFFICIENT_DATA None"),
    ],
)
def test_missing_data(values: list[float | None], by_treatment: str) -> None:
    treatments = ("breaching", "notBreaching", "missing", "ignore")

    found = [alarm.state(definition(TreatMissingData=treatment), values) for treatment in treatments]

    assert " ".join(map(str, found)) == by_treatment


def test_so_many_of_so_many_periods_are_enough() -> None:
    two_of_three = definition(DatapointsToAlarm=2, TreatMissingData="notBreaching")

    assert alarm.state(two_of_three, [X, O, X]) == "ALARM"
    assert alarm.state(two_of_three, [X, O, O]) == "OK"
    assert alarm.state(two_of_three, [X, X, N]) == "ALARM"


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        ("GreaterThanThreshold", ["OK", "OK", "ALARM"]),
        ("GreaterThanOrEqualToThreshold", ["OK", "ALARM", "ALARM"]),
        ("LessThanThreshold", ["ALARM", "OK", "OK"]),
        ("LessThanOrEqualToThreshold", ["ALARM", "ALARM", "OK"]),
    ],
)
def test_above_and_below(comparison: str, states: list[str]) -> None:
    one = definition(EvaluationPeriods=1, ComparisonOperator=comparison, Threshold=5)

    assert [alarm.state(one, [value]) for value in (4.0, 5.0, 6.0)] == states


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Sum", 10.0),
        ("Average", 2.5),
        ("Minimum", 1),
        ("Maximum", 4),
        ("SampleCount", 4),
        ("p50", 2),
        ("p99", 4),
        ("p0", 1),
    ],
)
def test_statistics(name: str, expected: float) -> None:
    assert alarm.statistic(name, [4.0, 1.0, 3.0, 2.0]) == expected
    assert alarm.statistic(name, []) is None


def test_the_metrics_of_an_alarm() -> None:
    simple = definition(Namespace="AWS/Lambda", MetricName="Errors", Period=60, Statistic="Sum")
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": []}
    assert alarm.queries(simple) == [{"Id": "value", "Metric": metric, "Period": 60, "Stat": "Sum"}]
    assert alarm.values(simple, {"value": [1.0]}) == [1.0]

    both = definition(
        Metrics=[
            {"Id": "e", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
            {"Id": "doubled", "Expression": "2 * e"},
        ]
    )
    assert alarm.queries(both) == [{"Id": "e", "Metric": metric, "Period": 60, "Stat": "Sum"}]
    assert alarm.values(both, {"e": [1.0]}) == [2.0]
    assert [alarm.periods(definition(EvaluationPeriods=needed)) for needed in (1, 3, 9)] == [3, 5, 12]
