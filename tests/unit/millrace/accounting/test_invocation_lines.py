import pytest

from millrace.accounting.invocation_lines import read
from telemetry import metrics
from telemetry.metrics import Metrics
from tests.fakes.clock import FakeClock
from tests.fakes.watched import NOW, by_code, line


def test_a_line_is_read_as_it_was_written() -> None:
    read_again = read(line(values={metrics.BATCH_DURATION: 12.5}, quarantined={"WRONG_TYPE": 3}, engine="native"))

    assert read_again is not None
    assert read_again.at == NOW
    assert read_again.metric(metrics.EVENTS) == 500
    assert read_again.metric(metrics.BATCH_DURATION) == 12.5
    assert read_again.counted("quarantined") == {"WRONG_TYPE": 3}
    assert read_again.properties["engine"] == "native"
    assert read_again.error == ""


def test_what_the_line_leaves_out_is_nothing() -> None:
    found = read(line())

    assert found is not None
    assert found.metric(metrics.EVENT_AGE) == 0
    assert metrics.EVENT_AGE not in found.metrics
    assert found.counted("predictions_by_variant") == {}


def test_the_scorers_own_lines_are_read(clock: FakeClock) -> None:
    """An invocation that fails before it knows anything."""
    lines: list[str] = []
    writer = Metrics("scorer", lines.append, clock)
    writer.write("request", "3", ValueError("no"))

    (found,) = [read(line) for line in lines]

    assert found is not None
    assert found.at == clock.now
    assert found.error == "ValueError"
    assert found.metric(metrics.COLD_STARTS) == 1


@pytest.mark.parametrize(
    "other",
    [
        "",
        "REPORT RequestId: 1 Duration: 2 ms",
        '{"level": "INFO", "message": "a release was loaded"}',
        line()[:-20],
        by_code("WRONG_TYPE", 3),
        line().replace('"Millrace"', '"Other"'),
        '{"_aws": 7}',
        '{"_aws": {"CloudWatchMetrics": []}}',
    ],
    ids=["empty", "lambda's", "a log line", "cut off", "by code", "another namespace", "no metadata", "no metrics"],
)
def test_other_lines_are_no_invocations(other: str) -> None:
    assert read(other) is None
