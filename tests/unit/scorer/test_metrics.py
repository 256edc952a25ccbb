import json

import pytest

from scorer.metrics import RELEASE_REFUSED, RELEASE_STALE_SECONDS, Metrics, to_stdout


@pytest.fixture
def lines():
    return []


@pytest.fixture
def metrics(lines, clock):
    return Metrics("millrace-scorer", write=lambda line: lines.append(json.loads(line)), clock=clock)


def test_a_line_is_in_the_embedded_metric_format(metrics, lines, clock):
    metrics.count(RELEASE_REFUSED)
    metrics.gauge(RELEASE_STALE_SECONDS, 31.23456)
    metrics.flush()
    assert lines == [
        {
            "_aws": {
                "Timestamp": 1_700_000_000_000,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Millrace",
                        "Dimensions": [["FunctionName"]],
                        "Metrics": [
                            {"Name": "ReleaseRefused", "Unit": "Count"},
                            {"Name": "ReleaseStaleSeconds", "Unit": "Seconds"},
                        ],
                    }
                ],
            },
            "FunctionName": "millrace-scorer",
            "ReleaseRefused": 1,
            "ReleaseStaleSeconds": 31.235,
        }
    ]


def test_a_line_comes_once_a_minute_at_most(metrics, lines, clock):
    for _ in range(600):
        metrics.flush()
        clock.now += 0.5
    assert len(lines) == 5


def test_counting_begins_with_a_line_at_once_and_goes_on_by_the_minute(metrics, lines, clock):
    metrics.flush()
    for _ in range(121):
        clock.now += 1
        metrics.count(RELEASE_REFUSED)
        metrics.flush()
    assert [line["ReleaseRefused"] for line in lines] == [0, 1, 60, 60]


def test_a_line_stands_alone_on_standard_output(capsys):
    to_stdout("{}")
    assert capsys.readouterr() == ("{}\n", "")
