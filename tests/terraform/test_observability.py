"""The alarms and the dashboard as Terraform plans them: complete, of metrics that exist, right about made-up series.

The plans are those of the stack's own tests, against a mocked provider.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from millrace.deployment.terraform import MODULE, Terraform
from millrace.paths import ROOT
from millrace_localstack.plugin.cloudwatch import alarm
from outcomes.metrics import NAMES, QUARANTINED
from telemetry.metrics import CAPTURE_FAILURES, QUARANTINED_BY_CODE, REJECTED, UNITS

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
COSTS = (ROOT / "docs" / "costs.md").read_text()

# What the evaluator writes: the qualities have a table of their names, the rest is called by name.
COUNTED = {
    *("EvaluatedPredictions", "Outcomes", "OutcomesRefused", "Coverage", "EvaluationsDone", "HoursNotEvaluated"),
    *("ColumnsDrifted", "WorstPsi", "DriftRows"),
}
EVALUATOR = {*NAMES.values(), *QUARANTINED.values(), *COUNTED}

# AWS's own, by namespace: the service's documentation, "… CloudWatch metrics".
AWS = {
    "AWS/ApiGateway": {"4XXError", "5XXError", "Count", "Latency"},
    "AWS/Kinesis": {"IncomingRecords", "WriteProvisionedThroughputExceeded"},
    "AWS/Lambda": {
        "AsyncEventAge",
        "ConcurrentExecutions",
        "DestinationDeliveryFailures",
        "Duration",
        "Errors",
        "Invocations",
        "IteratorAge",
        "Throttles",
    },
    "AWS/S3": {"PutRequests"},
    "AWS/SNS": {"NumberOfMessagesPublished", "NumberOfNotificationsFailed"},
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
        "NumberOfMessagesSent",
    },
    "AWS/States": {"ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"},
}
# The parts of the table of alarms in costs.md, by the alarms' names; the first that fits.
PARTS = {
    "data capture, for each function that captures": r"\w+-capture-failures",
    "an evaluator": r"evaluator-.*|scorer-columns-drifted",
    "an endpoint": r"http-.*",
    "batches": r"batch-runs-failed",
    "item workflows": r"workflow-runs-failed",
    "a release workflow": r"release-workflow-failed",
    "a trainer": r"trainer-.*",
    "every stack": r".*",
}

Plan = list[dict[str, Any]]


@pytest.fixture(scope="module")
def plans(initialised: Callable[[Path], Terraform]) -> dict[str, Plan]:
    """What each run of the stack's tests would create, by the run's name."""
    terraform = initialised(MODULE / "modules" / "millrace")
    lines = terraform.run("test", "-json", "-verbose", "-filter=tests/alarms.tftest.hcl").splitlines()
    told = [line for line in map(json.loads, lines) if line["type"] == "test_plan"]
    return {line["@testrun"]: line["test_plan"]["resource_changes"] for line in told}


def made(plan: Plan, kind: str) -> list[dict[str, Any]]:
    return [change["change"]["after"] for change in plan if change["type"] == kind]


@pytest.fixture(scope="module")
def alarms(plans: dict[str, Plan]) -> dict[str, dict[str, Any]]:
    """As DescribeAlarms would give them, by name without the stack's."""
    planned = [
        alarm
        for run in ("with_an_evaluator", "with_an_endpoint", "with_a_trainer", "with_state_machines")
        for alarm in made(plans[run], "aws_cloudwatch_metric_alarm")
    ]
    return {one["alarm_name"].removeprefix("mill-"): described(one) for one in planned}


def described(planned: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "AlarmDescription": planned["alarm_description"],
        "ComparisonOperator": planned["comparison_operator"],
        "DatapointsToAlarm": planned["datapoints_to_alarm"],
        "EvaluationPeriods": planned["evaluation_periods"],
        "Threshold": planned["threshold"],
        "TreatMissingData": planned["treat_missing_data"],
    }
    if queries := planned["metric_query"]:
        return found | {"Metrics": [_query(query) for query in queries]}
    return found | {
        "Namespace": planned["namespace"],
        "MetricName": planned["metric_name"],
        "Dimensions": [{"Name": name, "Value": value} for name, value in planned["dimensions"].items()],
        "Period": planned["period"],
        "Statistic": planned["statistic"],
        "ExtendedStatistic": planned["extended_statistic"],
    }


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    if query["expression"]:
        return {"Id": query["id"], "Expression": query["expression"]}
    (metric,) = query["metric"]
    dimensions = [{"Name": name, "Value": value} for name, value in metric["dimensions"].items()]
    named = {"Namespace": metric["namespace"], "MetricName": metric["metric_name"], "Dimensions": dimensions}
    return {"Id": query["id"], "MetricStat": {"Metric": named, "Period": metric["period"], "Stat": metric["stat"]}}


def known(namespace: str, name: str) -> bool:
    return name in ({*UNITS, *EVALUATOR} if namespace == "Millrace" else AWS.get(namespace, ()))


def test_the_evaluator_writes_what_is_said_of_it() -> None:
    source = (ROOT / "functions" / "outcomes" / "metrics.py").read_text()

    assert {name for name in COUNTED if f'"{name}"' not in source} == set()


def test_every_alarm_names_a_section_that_the_runbook_has(alarms: dict[str, dict[str, Any]]) -> None:
    for name, one in alarms.items():
        found = re.search(r'See "(.+)" in docs/runbook\.md\.$', one["AlarmDescription"])
        assert found, name
        section = re.search(rf"^## {re.escape(found[1])}\n(.+?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
        assert section, f"{name}: docs/runbook.md has no section {found[1]}"
        assert f"`<name>-{name}`" in section[1], f"{name}: its section of the runbook does not name it"


def test_the_runbook_lists_every_alarm_and_leads_to_its_section(alarms: dict[str, dict[str, Any]]) -> None:
    table = RUNBOOK.partition("| alarm `<name>-…` | fires when |")[2].partition("\n\n")[0]
    rows = [re.match(r"\| \[(.+)\]\(#(.+?)\) \|", row) for row in table.splitlines()[2:]]
    listed = {name: row[2] for row in rows if row for name in re.findall(r"`([\w-]+)`", row[1])}
    sections = {name: one["AlarmDescription"].split('See "')[1].split('"')[0] for name, one in alarms.items()}

    assert listed == {name: re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for name, text in sections.items()}


def test_the_modules_own_page_has_every_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    page = (MODULE / "modules" / "observability" / "README.md").read_text()
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", page)) == set(alarms)


def test_the_page_of_costs_counts_alarms_and_the_metrics_that_they_read(alarms: dict[str, dict[str, Any]]) -> None:
    """CloudWatch bills an alarm by its metrics."""
    counted = dict.fromkeys(PARTS, (0, 0))
    for name, one in alarms.items():
        part = next(part for part, names in PARTS.items() if re.fullmatch(names, name))
        counted[part] = (counted[part][0] + 1, counted[part][1] + len(alarm.queries(one)))
    capture = "data capture, for each function that captures"
    assert counted[capture] == (2, 2)
    counted[capture] = (1, 1)

    shown = re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \|$", COSTS, re.MULTILINE)
    assert {part: (int(number), int(metrics)) for part, number, metrics in shown} == counted


def test_the_page_of_costs_counts_the_scorers_metrics() -> None:
    seldom = {REJECTED, CAPTURE_FAILURES, QUARANTINED_BY_CODE}
    assert f" {len(UNITS.keys() - seldom)} of the scorer" in COSTS


def test_every_alarm_looks_at_a_metric_that_somebody_writes(alarms: dict[str, dict[str, Any]]) -> None:
    for name, one in alarms.items():
        for query in alarm.queries(one):
            metric = query["Metric"]
            assert known(metric["Namespace"], metric["MetricName"]), name
            for dimension in metric["Dimensions"]:
                value = dimension["Value"].rpartition(":stateMachine:")[2]
                assert value.startswith("mill") or value in ("on-failure", "live"), name


@pytest.mark.parametrize("run", ["with_an_evaluator", "with_an_endpoint", "delivered_directly_to_a_queue"])
def test_the_dashboard_shows_metrics_that_somebody_writes(plans: dict[str, Plan], run: str) -> None:
    shown = set(_shown(widgets(plans[run])))

    assert {(namespace, name) for namespace, name in shown if not known(namespace, name)} == set()
    assert len(shown) > 20


def test_the_dashboard_shows_all_that_the_scorer_tells(plans: dict[str, Plan]) -> None:
    shown = {
        name
        for run in ("with_an_evaluator", "with_an_endpoint")
        for namespace, name in _shown(widgets(plans[run]))
        if namespace == "Millrace"
    }

    assert set(UNITS) <= shown


def test_no_widget_lies_on_another(plans: dict[str, Plan]) -> None:
    places = [
        (x, y)
        for widget in widgets(plans["with_an_evaluator"])
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]

    assert len(places) == len(set(places))
    assert {x for x, _ in places} == set(range(24))  # CloudWatch's grid, all of it


def test_the_dashboard_shows_every_alarm(plans: dict[str, Plan]) -> None:
    (states,) = [widget for widget in widgets(plans["with_an_evaluator"]) if widget["type"] == "alarm"]

    assert len(states["properties"]["alarms"]) == len(made(plans["with_an_evaluator"], "aws_cloudwatch_metric_alarm"))


def widgets(plan: Plan) -> list[dict[str, Any]]:
    (dashboard,) = made(plan, "aws_cloudwatch_dashboard")
    found: list[dict[str, Any]] = json.loads(dashboard["dashboard_body"])["widgets"]
    return found


def _shown(found: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Namespace and name of every metric; "." repeats what stands above it, "..." all of it."""
    for widget in found:
        namespace = name = ""
        for first, *others in widget["properties"].get("metrics", []):
            if isinstance(first, str):
                namespace = namespace if first in (".", "...") else first
                name = name if first == "..." or others[0] == "." else others[0]
                yield namespace, name
            elif searched := re.search(r"\{(\w+),.* MetricName=\"(\w+)\"", first["expression"]):
                yield searched[1], searched[2]


# Made-up series for each alarm, a value a period, the newest first, with the state that they must mean. A series
# without a name is that of the alarm's one metric.
Series = list[float | None]
Case = tuple[str, dict[str, Series], str | None]
N = None


def silence(
    event_stream: Series, event_topic: Series, predictions: Series, scored: Series = [N] * 4, ignored: Series = [N] * 4
) -> dict[str, Series]:
    """What arrived from each source, and what was predicted; what the scorer read, and what of that is no event."""
    arrived = {"event_stream": event_stream, "event_topic": event_topic}
    return arrived | {"predictions": predictions, "scored": scored, "ignored": ignored}


CASES: list[Case] = [
    ("scorer-iterator-age", {"": [300_001, N, N]}, "ALARM"),
    ("scorer-iterator-age", {"": [300_000, N, N]}, "OK"),
    ("scorer-iterator-age", {"": [N, N, N]}, "OK"),
    ("scorer-event-age", {"": [60_001, 10, 60_001, 0, 0]}, "ALARM"),
    ("scorer-event-age", {"": [10, 10, 90_000, 0, 0]}, "OK"),
    ("scorer-event-age", {"": [N, N, N, N, N]}, "OK"),
    # What the function raised, and what it reported instead.
    ("scorer-errors", {"errors": [3, 0, 0], "reported": [N, N, N]}, "ALARM"),
    ("scorer-errors", {"errors": [0, 0, 0], "reported": [3, 0, 0]}, "ALARM"),
    ("scorer-errors", {"errors": [1, 0, 0], "reported": [2, 0, 0]}, "ALARM"),
    ("scorer-errors", {"errors": [2, 9, 9], "reported": [0, 9, 9]}, "OK"),
    ("scorer-errors", {"errors": [N, N, N], "reported": [N, N, N]}, "OK"),
    ("scorer-throttles", {"": [11, 0, 0]}, "ALARM"),
    ("scorer-throttles", {"": [10, 0, 0]}, "OK"),
    ("scorer-events-lost", {"": [1, N, N]}, "ALARM"),
    ("scorer-events-lost", {"": [N, N, N]}, "OK"),
    ("scorer-on-failure", {"": [1, N, N]}, "ALARM"),
    ("scorer-on-failure", {"": [N, N, N]}, "OK"),
    ("scorer-dead-letters", {"": [1, 0, 0]}, "ALARM"),
    ("scorer-dead-letters", {"": [0, 1, 1]}, "OK"),
    ("scorer-release-refused", {"": [1, 0, 0]}, "ALARM"),
    ("scorer-release-refused", {"": [0, 0, 0]}, "OK"),
    ("scorer-release-stale", {"": [300.5, 0, 0]}, "ALARM"),
    ("scorer-release-stale", {"": [300.0, 0, 0]}, "OK"),
    # A share of enough events; none of few, and none of none.
    ("scorer-quarantine-rate", {"events": [20, N, N], "quarantined": [2, N, N]}, "ALARM"),
    ("scorer-quarantine-rate", {"events": [20, N, N], "quarantined": [1, N, N]}, "OK"),
    ("scorer-quarantine-rate", {"events": [19, N, N], "quarantined": [19, N, N]}, "OK"),
    ("scorer-quarantine-rate", {"events": [100, N, N], "quarantined": [N, N, N]}, "OK"),
    ("scorer-quarantine-rate", {"events": [N, N, N], "quarantined": [N, N, N]}, "OK"),
    # Two periods of three, and none without events.
    ("scorer-missing-values", {"": [21.0, 21.0, 0]}, "ALARM"),
    ("scorer-missing-values", {"": [21.0, 20.0, 0]}, "OK"),
    ("scorer-missing-values", {"": [N, N, N]}, "OK"),
    # Events on either way and silence, be it told or not, in two periods; not in one, and not without events.
    ("scorer-no-predictions", silence([9, 9, 9, 9], [N] * 4, [N] * 4), "ALARM"),
    ("scorer-no-predictions", silence([N] * 4, [1, 1, 0, 0], [0, 0, 0, 0]), "ALARM"),
    ("scorer-no-predictions", silence([9, 9, 9, 9], [N] * 4, [0, 9, 9, 9]), "OK"),
    ("scorer-no-predictions", silence([9, N, 9, 9], [N] * 4, [N] * 4), "OK"),
    ("scorer-no-predictions", silence([N] * 4, [N] * 4, [N] * 4), "OK"),
    # Where all are ignored, none is expected to be predicted; where some are not, or nothing was read, they are.
    ("scorer-no-predictions", silence([9, 9, 9, 9], [N] * 4, [0, 0, 0, 0], [9, 9, 9, 9], [9, 9, 9, 9]), "OK"),
    ("scorer-no-predictions", silence([9, 9, 9, 9], [N] * 4, [0, 0, 0, 0], [9, 9, 9, 9], [8, 8, 8, 8]), "ALARM"),
    ("scorer-no-predictions", silence([9, 9, 9, 9], [N] * 4, [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]), "ALARM"),
    # A failed write or two are tried again.
    ("scorer-capture-failures", {"": [3, N, N]}, "ALARM"),
    ("scorer-capture-failures", {"": [2, N, N]}, "OK"),
    ("scorer-capture-failures", {"": [N, N, N]}, "OK"),
    ("trainer-failed", {"": [1, N, N]}, "ALARM"),
    ("trainer-failed", {"": [N, N, N]}, "OK"),
    ("trainer-slow", {"": [720_001, N, N]}, "ALARM"),
    ("trainer-slow", {"": [720_000, N, N]}, "OK"),
    ("batch-runs-failed", {"failed": [1, N, N], "timed_out": [N, N, N]}, "ALARM"),
    ("batch-runs-failed", {"failed": [N, N, N], "timed_out": [1, N, N]}, "ALARM"),
    ("batch-runs-failed", {"failed": [0, N, N], "timed_out": [N, N, N]}, "OK"),
    ("workflow-runs-failed", {"failed": [1, N, N], "timed_out": [N, N, N]}, "ALARM"),
    ("workflow-runs-failed", {"failed": [N, N, N], "timed_out": [1, N, N]}, "ALARM"),
    ("workflow-runs-failed", {"failed": [N, N, N], "timed_out": [N, N, N]}, "OK"),
    ("release-workflow-failed", {"aborted": [1, N, N], "failed": [N, N, N], "timed_out": [N, N, N]}, "ALARM"),
    ("release-workflow-failed", {"aborted": [N, N, N], "failed": [1, N, N], "timed_out": [N, N, N]}, "ALARM"),
    ("release-workflow-failed", {"aborted": [N, N, N], "failed": [N, N, N], "timed_out": [1, N, N]}, "ALARM"),
    ("release-workflow-failed", {"aborted": [N, N, N], "failed": [N, N, N], "timed_out": [N, N, N]}, "OK"),
    ("http-errors", {"": [3, 0, 0]}, "ALARM"),
    ("http-errors", {"": [2, 9, 9]}, "OK"),
    # A share of enough requests; none of few, and none of none.
    ("http-server-errors", {"requests": [20, N, N], "failed": [1, N, N]}, "ALARM"),
    ("http-server-errors", {"requests": [19, N, N], "failed": [19, N, N]}, "OK"),
    ("http-server-errors", {"requests": [100, N, N], "failed": [1, N, N]}, "OK"),
    ("http-server-errors", {"requests": [N, N, N], "failed": [N, N, N]}, "OK"),
    # Two periods of three.
    ("http-latency", {"": [1001, 10, 1001, 0, 0]}, "ALARM"),
    ("http-latency", {"": [10, 10, 1001, 0, 0]}, "OK"),
    ("http-latency", {"": [N, N, N, N, N]}, "OK"),
    ("http-capture-failures", {"": [3, N, N]}, "ALARM"),
    ("http-capture-failures", {"": [2, N, N]}, "OK"),
    ("http-capture-failures", {"": [N, N, N]}, "OK"),
    ("http-throttles", {"": [11, 0, 0]}, "ALARM"),
    ("http-throttles", {"": [10, 0, 0]}, "OK"),
    ("http-release-refused", {"": [1, 0, 0]}, "ALARM"),
    ("http-release-refused", {"": [0, 0, 0]}, "OK"),
    ("http-release-stale", {"": [300.5, 0, 0]}, "ALARM"),
    ("http-release-stale", {"": [300.0, 0, 0]}, "OK"),
    # Drift stays until the next evaluation says otherwise.
    ("scorer-columns-drifted", {"": [1, N, N]}, "ALARM"),
    ("scorer-columns-drifted", {"": [0, 1, 1]}, "OK"),
    ("scorer-columns-drifted", {"": [N, N, N]}, None),
    ("evaluator-not-done", {"": [N, N, N, N, N]}, "ALARM"),
    ("evaluator-not-done", {"": [0, 0, 0, 0, 0]}, "ALARM"),
    ("evaluator-not-done", {"": [0, 1, 0, 0, 0]}, "OK"),
    ("evaluator-on-failure", {"": [1, N, N]}, "ALARM"),
    ("evaluator-on-failure", {"": [N, N, N]}, "OK"),
    ("evaluator-outcomes-quarantined", {"": [1, N, N]}, "ALARM"),
    ("evaluator-outcomes-quarantined", {"": [N, N, N]}, "OK"),
]


@pytest.mark.parametrize(("name", "series", "expected"), CASES, ids=lambda value: str(value))
def test_an_alarm_rings_when_it_should(
    alarms: dict[str, dict[str, Any]], name: str, series: dict[str, Series], expected: str | None
) -> None:
    one = alarms[name]

    assert set(series) in ({query["Id"] for query in alarm.queries(one)}, {""})
    assert alarm.state(one, alarm.values(one, series)) == expected


def test_every_alarm_is_tried_both_ways(alarms: dict[str, dict[str, Any]]) -> None:
    tried = {(name, expected) for name, _, expected in CASES}

    assert tried >= {(name, state) for name in alarms for state in ("ALARM", "OK")}
