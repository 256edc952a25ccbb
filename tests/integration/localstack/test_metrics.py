"""The patches of CloudWatch: a function's lines become metrics, and alarms are evaluated as on AWS."""

import time
from typing import Any

from tests.integration.localstack.lab import Lab, settles, unique, wait_for
from tests.integration.pace import PACE

# A minute on the tests' LocalStack.
PERIOD = int(60 * PACE)

# Tells its events as a metric, as the scorer does.
TELLS = """\
import json, time

def handle(event, context):
    metrics = [{"Name": "Events", "Unit": "Count"}]
    directive = {"Namespace": "Lab", "Dimensions": [["FunctionName"]], "Metrics": metrics}
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(json.dumps({"_aws": metadata, "FunctionName": context.function_name, "Events": event["events"]}))
"""


MEASURED = {"Invocations": [(3.0, 3.0)], "Errors": [(1.0, 1.0)]}


def counted(lab: Lab, function: str) -> list[tuple[float, float, str]]:
    return lab.samples("Lab", "Events", FunctionName=function)


def test_a_line_of_a_function_is_a_metric(lab: Lab) -> None:
    function = lab.function(TELLS)
    for events in (3, 4, 4):
        lab.invoke(function, {"events": events})

    assert wait_for(lambda: counted(lab, function) == [(11.0, 3.0, "Count")]), counted(lab, function)


def test_without_the_patch_it_is_a_line_of_the_log(unpatched: Lab) -> None:
    function = unpatched.function(TELLS)
    unpatched.invoke(function, {"events": 3})

    assert settles(lambda: counted(unpatched, function), 3.0) == []


def run_function(lab: Lab) -> dict[str, list[tuple[float, float]]]:
    """What CloudWatch has in the end of a function that failed once in three times: sum and number of the samples."""
    function = lab.function("def handle(event, context):\n    return 1 / event")
    assert [lab.invoke(function, event)[0] for event in (1, 0, 2)] == [None, "Unhandled", None]

    def found() -> dict[str, list[tuple[float, float]]]:
        return {
            name: [point[:2] for point in lab.samples("AWS/Lambda", name, FunctionName=function)] for name in MEASURED
        }

    wait_for(lambda: found() == MEASURED)
    return found()


def test_a_function_is_measured_as_without_the_patch(lab: Lab, unpatched: Lab) -> None:
    """The patch changes the cost, not the metrics."""
    assert run_function(lab) == MEASURED
    assert run_function(unpatched) == MEASURED


def put(lab: Lab, metric: str, *values: float, ago: float = 0.0) -> None:
    data = [{"MetricName": metric, "Timestamp": time.time() - ago, "Values": list(values)}]
    lab.client("cloudwatch").put_metric_data(Namespace="Lab", MetricData=data)


def alarm(lab: Lab, **definition: Any) -> str:
    name = unique("alarm")
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        **definition,
    )
    return name


def state(lab: Lab, name: str) -> str:
    (found,) = lab.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    value: str = found["StateValue"]
    return value


def share(lab: Lab, part: str, whole: str) -> str:
    """An alarm on metric math: more than half."""
    metrics: list[dict[str, Any]] = [
        {
            "Id": identifier,
            "MetricStat": {"Metric": {"Namespace": "Lab", "MetricName": name}, "Period": PERIOD, "Stat": "Sum"},
            "ReturnData": False,
        }
        for identifier, name in (("part", part), ("whole", whole))
    ]
    metrics.append({"Id": "share", "Expression": "FILL(part, 0) / whole", "ReturnData": True})
    return alarm(lab, Metrics=metrics, Threshold=0.5, EvaluationPeriods=1)


def test_an_alarm_on_metric_math_rings_and_is_silent_again(lab: Lab) -> None:
    part, whole = unique("part"), unique("whole")
    name = share(lab, part, whole)
    assert wait_for(lambda: state(lab, name) == "OK")

    put(lab, part, 3.0, ago=30)
    put(lab, whole, 4.0, ago=30)
    assert wait_for(lambda: state(lab, name) == "ALARM")

    put(lab, whole, 40.0)
    assert wait_for(lambda: state(lab, name) == "OK")


def test_an_alarm_on_a_percentile_rings(lab: Lab) -> None:
    metric = unique("age")
    settings = {"ExtendedStatistic": "p90", "Period": PERIOD, "EvaluationPeriods": 1, "Threshold": 1.0}
    name = alarm(lab, Namespace="Lab", MetricName=metric, **settings)
    put(lab, metric, *[1.0] * 9, 50.0)
    assert wait_for(lambda: state(lab, name) == "OK")

    put(lab, metric, 50.0)

    assert wait_for(lambda: state(lab, name) == "ALARM")


def test_without_the_patch_metric_math_is_never_evaluated(unpatched: Lab) -> None:
    part, whole = unique("part"), unique("whole")
    put(unpatched, part, 3.0)
    put(unpatched, whole, 4.0)
    name = share(unpatched, part, whole)

    assert settles(lambda: state(unpatched, name), 8.0) == "INSUFFICIENT_DATA"
