"""The sources, with AWS in memory."""

import json
import time
from collections.abc import Callable
from copy import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from evaluation.drift import Window
from millrace.stack import Stack
from millrace.watch import sources
from millrace.watch.sources import drift, log, standing
from millrace.watch.sources.log import LATE_MILLISECONDS, LogReader
from millrace.watch.updates import Alarm, Alarms, Drifted, Released
from model_store.artifact import Artifact
from model_store.calibrator import Calibrator
from model_store.errors import DocumentInvalid, ReleaseMissing
from outcomes.drift import Measured, document
from outcomes.hours import hour_of
from tests.fakes import artifacts, kept_run
from tests.fakes.answers import refused
from tests.fakes.stack import stack
from tests.fakes.watched import line, release

Client = Callable[[str], Any]
GROUP = "/aws/lambda/scorer"


@pytest.fixture
def running(aws: Client) -> Stack:
    return stack(aws)


class Updates:
    """Takes what a source tells."""

    def __init__(self) -> None:
        self.updates: list[Any] = []

    def __call__(self, update: Any) -> None:
        self.updates.append(update)

    @property
    def requests(self) -> list[str]:
        return [one.properties["request_id"] for update in self.updates for one in update.invocations]


class Stream:
    """A log stream of the scorer."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        logs.create_log_stream(logGroupName=GROUP, logStreamName="one")

    def write(self, at: float, *messages: str) -> None:
        events = [{"timestamp": int(at * 1000), "message": message} for message in messages]
        self._logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)


@pytest.fixture
def stream(running: Stack, aws: Client) -> Stream:
    return Stream(aws("logs"))


def test_the_invocations_of_the_log_are_told_once(stream: Stream, aws: Client) -> None:
    told, now = Updates(), time.time()
    lines = LogReader(aws("logs"), GROUP, "scorer", now - 10)
    stream.write(now - 60, line(request_id="too early"))
    stream.write(now, line(request_id="1"), "START RequestId: 1", line(request_id="2"))

    lines(told)
    stream.write(now + 1, line(request_id="3"))
    lines(told)
    lines(told)

    assert told.requests == ["1", "2", "3"]


def test_a_line_that_comes_late_is_told(stream: Stream, aws: Client) -> None:
    told, now = Updates(), time.time()
    lines = LogReader(aws("logs"), GROUP, "scorer", now - 600)
    stream.write(now, line(request_id="1"))
    lines(told)

    stream.write(now - LATE_MILLISECONDS / 2000, line(request_id="late"))
    lines(told)

    assert told.requests == ["1", "late"]


class Pages:
    """FilterLogEvents that gives its answers one by one; an error among them is raised."""

    def __init__(self, *answers: Any) -> None:
        self._answers, self.asked = list(answers), list[Any]()

    def filter_log_events(self, **request: Any) -> Any:
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def page(*requests: str, token: str | None = None) -> dict[str, Any]:
    events = [
        {"eventId": request, "timestamp": 1_000_000 + int(request), "message": line(request_id=request)}
        for request in requests
    ]
    return {"events": events} | ({"nextToken": token} if token else {})


def test_pages_are_followed_and_go_on_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST_PAGES", 2)
    pages, told = Pages(page("1", token="a"), page(token="b"), page("2"), page("2", "3")), Updates()
    lines = LogReader(pages, GROUP, "scorer", 900.0)

    for _ in range(3):
        lines(told)

    assert told.requests == ["1", "2", "3"]
    assert [request.get("nextToken") for request in pages.asked] == [None, "a", "b", None]
    assert [request["startTime"] for request in pages.asked] == [900_000] * 3 + [1_000_002 - LATE_MILLISECONDS]
    assert pages.asked[0]["filterPattern"] == '{ $.FunctionName = "scorer" }'


def test_after_an_error_it_begins_again_and_tells_nothing_twice() -> None:
    pages = Pages(page("1", token="a"), refused("FilterLogEvents", "ThrottlingException"), page("1", "2"))
    told, lines = Updates(), LogReader(pages, GROUP, "scorer", 900.0)

    with pytest.raises(ClientError):
        lines(told)
    lines(told)

    assert told.requests == ["1", "2"]
    assert "nextToken" not in pages.asked[2]


def test_what_is_remembered_of_the_log_is_bounded() -> None:
    pages = Pages(page(*map(str, range(0, 200_000, 1_000))), page("200000"))
    told, lines = Updates(), LogReader(pages, GROUP, "scorer", 900.0)

    lines(told)
    lines(told)

    assert len(told.requests) == 201
    assert len(lines._told) <= 1 + LATE_MILLISECONDS / 1_000


def test_the_release_is_read(running: Stack) -> None:
    told, store = Updates(), running.model_store()
    with pytest.raises(ReleaseMissing):
        standing.release(store)(told)

    store.put_release(release(), replacing=None)
    standing.release(store)(told)

    assert told.updates == [Released(release())]


def test_of_a_calibrated_champion_the_threshold_is_read(running: Stack) -> None:
    told, store, plain = Updates(), running.model_store(), artifacts.artifact()
    output = replace(plain.manifest.output, calibration=Calibrator("platt", (0.0, 1.0), (0.0, 1.0)))
    calibrated = Artifact(replace(plain.manifest, name=running.outputs["model"]["name"], output=output), plain.model)
    pointer = store.publish(calibrated)
    store.put_release(replace(release(), champion=pointer, challenger=None, share=0.0), replacing=None)
    standing.release(store)(told)
    ((found,),) = (told.updates,)
    assert found.calibrated == output.threshold


def test_the_alarms_of_the_stack_are_read(aws: Client) -> None:
    cloudwatch, told = aws("cloudwatch"), Updates()
    for name in ("dev-scorer-errors", "dev-evaluator-not-done", "other-scorer-errors"):
        alarm = {"MetricName": "Errors", "Namespace": "x", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0}
        cloudwatch.put_metric_alarm(AlarmName=name, ComparisonOperator="GreaterThanThreshold", Statistic="Sum", **alarm)
    cloudwatch.set_alarm_state(AlarmName="dev-scorer-errors", StateValue="ALARM", StateReason="planted")

    standing.alarms(cloudwatch, {"AlarmNames": ["dev-scorer-errors", "dev-evaluator-not-done"]})(told)

    (update,) = told.updates
    assert isinstance(update, Alarms)
    assert Alarm("dev-scorer-errors", "ALARM", "planted") in update.alarms
    assert {alarm.name for alarm in update.alarms} == {"dev-scorer-errors", "dev-evaluator-not-done"}


def test_drift_is_read_as_the_evaluator_writes_it(aws: Client) -> None:
    manifest = kept_run.manifest()
    window, s3, told = Window(manifest), aws("s3"), Updates()
    hour = hour_of(1_795_264_867.0)
    serving, former = (Measured(str(i), window, hour, serving=i == 1, drifts=window.drift()) for i in (1, 0))
    s3.create_bucket(Bucket="evaluation", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    body = document("sessions", hour - 23, hour, [serving, former])
    s3.put_object(Bucket="evaluation", Key="evaluation/sessions/drift.json", Body=body)

    drift.latest(s3, "evaluation", "sessions")(told)

    (update,) = told.updates
    assert isinstance(update, Drifted)
    assert update.at.startswith("2026-11-21T13:00:00")
    assert {column.version for column in update.columns} == {"1"}
    assert [column.name for column in update.columns] == [
        "score",
        *sorted(feature.name for feature in manifest.features),
    ]
    assert all(column.reasons == () for column in update.columns)


def test_drift_that_is_not_as_it_should_be_is_refused() -> None:
    with pytest.raises(DocumentInvalid, match=r"drift\.versions"):
        drift.read(json.dumps({"to": "2026-11-21T13:00:00.000Z"}).encode())


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, ["log", "release", "alarms", "sink"]),
        ({"prediction_sink": {"type": "sqs", "name": "q"}}, ["log", "release", "alarms"]),
        (
            {"evaluator": {"bucket": "e", "function_name": "dev-evaluator"}},
            ["log", "release", "alarms", "sink", "drift"],
        ),
    ],
    ids=["kinesis", "a queue is never read", "with an evaluator"],
)
def test_the_sources_of_a_stack(running: Stack, changed: dict[str, Any], names: list[str]) -> None:
    found = sources.of_stack(Stack("dev", {}, {**running.outputs, **changed}), None, 0.0)

    assert [source.name for source in found] == names
