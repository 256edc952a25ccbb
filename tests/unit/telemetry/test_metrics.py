import contextlib
import json
from collections import Counter

import pytest

from records.faults import Code
from telemetry import metrics as names
from telemetry.batch_report import BatchReport
from telemetry.metrics import BATCH_DURATION, DECODE_DURATION, EVENT_AGE, MODEL_AGE, RELEASE_REFUSED, Metrics


@pytest.fixture
def lines():
    return []


@pytest.fixture
def metrics(lines, clock):
    return Metrics("millrace-scorer", write=lambda line: lines.append(json.loads(line)), clock=clock, timer=clock)


def test_an_invocation_of_which_nothing_is_known_has_its_counts(metrics, lines):
    metrics.write("r-1", "3")
    (line,) = lines
    units = {metric["Name"]: metric["Unit"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units == dict.fromkeys(names.COUNTS, "Count")
    assert {name: line[name] for name in names.COUNTS} == {**dict.fromkeys(names.COUNTS, 0), "ColdStarts": 1}
    assert (line["FunctionName"], line["request_id"], line["function_version"]) == ("millrace-scorer", "r-1", "3")
    assert (line["level"], line["message"]) == ("INFO", "batch scored")
    assert line["_aws"]["Timestamp"] == 1_700_000_000_000


def test_every_metric_has_a_unit_that_cloudwatch_knows():
    told = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    assert set(names.UNITS) == told
    assert set(names.UNITS.values()) == {"Count", "Milliseconds", "Seconds", "Percent"}


def test_only_a_containers_first_invocation_is_a_cold_start(metrics, lines):
    for _ in range(3):
        metrics.write("", "")
    assert [line["ColdStarts"] for line in lines] == [1, 0, 0]


def test_nothing_of_an_invocation_is_told_of_the_next(metrics, lines):
    metrics.received("aws:sqs", 3)
    metrics.count(RELEASE_REFUSED)
    metrics.gauge(MODEL_AGE, 1.0)
    metrics.note(engine="native")
    metrics.report(BatchReport(records=1, quarantined=Counter({Code.INVALID_JSON: 1}), shadow={"version": "s"}))
    metrics.write("r-1", "")
    metrics.write("r-2", "")
    assert [line["request_id"] for line in lines] == ["r-1", "r-1", "r-2"]
    assert {"engine", "source", "shadow", "quarantined", MODEL_AGE} <= lines[0].keys()
    assert not {"engine", "source", "shadow", "quarantined", MODEL_AGE} & lines[2].keys()
    assert (lines[0][RELEASE_REFUSED], lines[2][RELEASE_REFUSED]) == (1, 0)


def test_a_stage_in_two_parts_takes_as_long_as_both(metrics, lines, clock):
    with metrics.timed(BATCH_DURATION):
        for seconds in (0.25, 0.5):
            with metrics.timed(DECODE_DURATION):
                clock.now += seconds
            clock.now += 1.0
    metrics.write("", "")
    assert (lines[0][DECODE_DURATION], lines[0][BATCH_DURATION]) == (750.0, 2750.0)


def test_a_stage_that_fails_took_its_time_too(metrics, lines, clock):
    with contextlib.suppress(ZeroDivisionError), metrics.timed(DECODE_DURATION):
        clock.now += 0.5
        raise ZeroDivisionError
    metrics.write("", "")
    assert lines[0][DECODE_DURATION] == 500.0


@pytest.mark.parametrize(
    ("name", "then", "told"),
    [
        (EVENT_AGE, -0.25, 250.0),
        (MODEL_AGE, -90.0, 90.0),
        (EVENT_AGE, 5.0, 0.0),
        (EVENT_AGE, None, None),
    ],
    ids=["in milliseconds", "in seconds", "in the future", "unknown"],
)
def test_the_time_since_then_is_in_the_metrics_unit(metrics, lines, clock, name, then, told):
    metrics.since(name, None if then is None else clock.now + then)
    metrics.write("", "")
    assert lines[0].get(name) == told
    listed = {metric["Name"] for metric in lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert (name in listed) == (told is not None)


def test_codes_are_told_in_lines_of_their_own(metrics, lines):
    metrics.report(BatchReport(records=4, quarantined=Counter({Code.INVALID_JSON: 3, Code.WRONG_TYPE: 1})))
    metrics.write("r-1", "3")
    assert lines[0]["Quarantined"] == 4
    assert lines[0]["quarantined"] == {"INVALID_JSON": 3, "WRONG_TYPE": 1}
    assert [(line["Code"], line["QuarantinedByCode"]) for line in lines[1:]] == [("INVALID_JSON", 3), ("WRONG_TYPE", 1)]
    for line in lines[1:]:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["FunctionName", "Code"]]
        assert directive["Metrics"] == [{"Name": "QuarantinedByCode", "Unit": "Count"}]
        assert (line["FunctionName"], line["request_id"]) == ("millrace-scorer", "r-1")


def test_what_fails_before_more_is_known_fails_whole(metrics, lines):
    metrics.received("kinesis", 7)
    metrics.write("r-1", "3", ZeroDivisionError("what an event said"))
    (line,) = lines
    assert (line["Events"], line["Failed"], line["Predictions"], line["source"]) == (7, 7, 0, "kinesis")
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "batch failed", "ZeroDivisionError")
    assert "what an event said" not in json.dumps(line)
