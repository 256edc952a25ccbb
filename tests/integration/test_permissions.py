"""Each permission is needed: without it the right failure is seen, and once it is back nothing was lost."""

import json
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any

import pytest

from millrace.redrive import DEAD_LETTERS, Selection
from millrace.redrive.stack import for_stack
from millrace_localstack.launcher import LocalStack
from model_store.artifact import Artifact
from stream_producers.bad import with_bad
from stream_producers.synthetic import FEATURES, Sessions
from tests.integration import iam
from tests.integration.conftest import train_version
from tests.integration.function_log import FunctionLog
from tests.integration.harness import Harness, wait_for
from tests.integration.pace import pass_minute
from tests.integration.test_http import Caller, events, ready

type OpenStack = Callable[[str], Harness]


def cases(all_of: Iterable[str], *, nightly: Iterable[str]) -> list[Any]:
    """Parameters of a test, some of them for the nightly run only: another of their kind is in every run."""
    return [pytest.param(one, marks=pytest.mark.long(only=True) if one in nightly else ()) for one in all_of]


# The scorer's own calls: its policy, the action, and how its log names the failure.
CALLS = {
    "sink": ("prediction-sink", "kinesis:PutRecords", "SinkRefused: put_records: AccessDeniedException"),
    "key of the sink": ("encryption", "kms:GenerateDataKey", "SinkRefused: put_records: KMSAccessDeniedException"),
    "quarantine": ("quarantine", "s3:PutObject", "quarantine not written: AccessDenied"),
    "release": ("model-store", "s3:GetObject", "release not read: ServiceError: GetObject: AccessDenied"),
    "drift": ("drift", "s3:PutObject", "drift counts not written: AccessDenied"),
    "capture": ("capture", "s3:PutObject", "captured rows not written: AccessDenied"),
}


@pytest.mark.parametrize("case", cases(CALLS, nightly=("key of the sink", "release", "capture")))
def test_a_call_that_the_scorer_may_not_make_is_logged(case: str, harness: OpenStack, localstack: LocalStack) -> None:
    policy, action, logged = CALLS[case]
    queued = harness("queued")
    log = FunctionLog(localstack, queued)
    events = with_bad(Sessions(310).events(), 0.5, FEATURES, seed=310)

    def seen() -> bool:
        """Not each batch makes each call: one that is busy leaves the release to the next."""
        queued.send(islice(events, 10), queued.stream)
        return logged in log.text()

    with iam.without_action(queued.stack, "scorer", policy, action):
        wait_for(seen)

    assert sum(queued.settle().quarantined.values()) > 0


# What Lambda reads for the scorer: the stack, the policy and the action.
READS = {
    "stream": ("queued", "event-stream", "kinesis:GetRecords"),
    "queue": ("queued", "event-topic", "sqs:ReceiveMessage"),
    "key of both": ("queued", "encryption", "kms:Decrypt"),
    "table": ("direct", "event-table", "dynamodb:GetRecords"),
}


@pytest.mark.parametrize("case", cases(READS, nightly=("queue", "key of both", "table")))
def test_a_source_that_lambda_may_not_read_is_a_problem_of_its_mapping(case: str, harness: OpenStack) -> None:
    stack, policy, action = READS[case]
    opened = harness(stack)
    functions, name = opened.stack.client("lambda"), opened.stack.outputs["scorer"]["function_name"]

    def problems() -> str:
        mappings = functions.list_event_source_mappings(FunctionName=f"{name}:live")["EventSourceMappings"]
        return " ".join(one.get("LastProcessingResult", "") for one in mappings)

    with iam.without_action(opened.stack, "scorer", policy, action):
        wait_for(lambda: f"is not authorized to perform: {action}" in problems())
    wait_for(lambda: "PROBLEM" not in problems())


def test_a_log_that_lambda_may_not_write_is_not_there(harness: OpenStack, localstack: LocalStack) -> None:
    direct = harness("direct")
    name = direct.stack.outputs["scorer"]["function_name"]
    functions, logs = direct.stack.client("lambda"), direct.stack.client("logs")

    def invoke() -> str:
        answer = functions.invoke(FunctionName=name, Qualifier="live", Payload=json.dumps({"no": "source"}))
        request_id: str = answer["ResponseMetadata"]["RequestId"]
        return request_id

    def logged(request_id: str) -> bool:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        return any(request_id in event["message"] for page in pages for event in page["events"])

    with iam.without_action(direct.stack, "scorer", "logs", "logs:PutLogEvents"):
        lost = invoke()
        wait_for(
            lambda: any(one["refused"] and one["action"] == "logs:PutLogEvents" for one in iam.decisions(localstack))
        )
    kept = invoke()

    wait_for(lambda: logged(kept))
    assert not logged(lost)


# What SNS cannot deliver: to the queue, and to the function.
DELIVERIES: dict[str, Callable[[Harness], AbstractContextManager[None]]] = {
    "queued": lambda h: iam.queue_statement(h.stack, h.stack.outputs["event_topic"]["queue_url"], "Topic"),
    "direct": lambda h: iam.without_invoke_permission(h.stack, "scorer", "event-topic"),
}


@pytest.mark.parametrize("delivery", cases(DELIVERIES, nightly=("direct",)))
def test_an_event_that_sns_may_not_deliver_is_a_dead_letter(delivery: str, harness: OpenStack) -> None:
    opened = harness(delivery)
    redrive, dead_letters = for_stack(opened.stack), Selection(origins=frozenset({DEAD_LETTERS}))

    with DELIVERIES[delivery](opened):
        opened.send(islice(Sessions(311).events(), 3), opened.topic)
        wait_for(lambda: redrive.survey(dead_letters).records == 3)
    opened.redrive()

    assert opened.settle().predictions == 3


# Statements without which CloudWatch cannot publish an alarm: the topic's own policy, and the key's.
ALARMS: dict[str, Callable[[Harness], AbstractContextManager[None]]] = {
    "topic": lambda h: iam.topic_statement(h.stack, h.stack.outputs["observability"]["topic_arn"], "Alarms"),
    "key": lambda h: iam.key_statement(h.stack, "Alarms"),
}


@pytest.mark.parametrize("case", ALARMS)
def test_an_alarm_that_cannot_be_published_says_so(case: str, harness: OpenStack) -> None:
    queued = harness("queued")
    cloudwatch, alarm = queued.stack.client("cloudwatch"), queued.stack.outputs["observability"]["alarms"][0]

    def last_action() -> str:
        history = cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="Action")["AlarmHistoryItems"]
        return [one["HistorySummary"] for one in history if one["HistoryItemType"] == "Action"][-1]

    def act(summary: str) -> None:
        for state in ("INSUFFICIENT_DATA", "ALARM"):
            cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")
        wait_for(lambda: summary in last_action())

    with ALARMS[case](queued):
        act("Failed to execute action")
    act("Successfully executed action")


def test_what_lambda_may_not_write_to_the_failure_store_is_counted(harness: OpenStack) -> None:
    """It is lost: nothing else would show it."""
    direct = harness("direct")
    name = direct.stack.outputs["scorer"]["function_name"]
    functions, cloudwatch = direct.stack.client("lambda"), direct.stack.client("cloudwatch")

    def counted() -> bool:
        found = cloudwatch.list_metrics(Namespace="AWS/Lambda", MetricName="DestinationDeliveryFailures")["Metrics"]
        return {"Name": "FunctionName", "Value": name} in [one for metric in found for one in metric["Dimensions"]]

    with iam.without_action(direct.stack, "scorer", "on-failure", "s3:PutObject"):
        functions.invoke(
            FunctionName=name, Qualifier="live", InvocationType="Event", Payload=json.dumps({"no": str(uuid.uuid4())})
        )
        wait_for(counted)


def test_a_schedule_that_may_not_invoke_the_evaluator(harness: OpenStack, localstack: LocalStack) -> None:
    queued = harness("queued")

    def refused() -> list[Any]:
        return _refused_to(localstack, "events.amazonaws.com")

    with iam.without_invoke_permission(queued.stack, "evaluator", "schedule"):
        pass_minute(localstack)
        wait_for(lambda: bool(refused()))
    assert "no resource-based policy allows the lambda:InvokeFunction action" in refused()[0]["refused"]


@pytest.mark.long(only=True)
def test_an_endpoint_that_may_not_read_the_release_keeps_its_model(
    harness: OpenStack, localstack: LocalStack, artifact: Artifact
) -> None:
    queued = harness("queued")
    queued.publish(artifact)
    caller, event = Caller(queued.stack, x_api_key=queued.stack.http_key()), events(1)[0]
    ready(caller, event, artifact.manifest.version)
    log, new = FunctionLog(localstack, queued, "http"), train_version("not-read-by-http")

    with iam.without_action(queued.stack, "http", "model-store", "s3:GetObject"):
        queued.publish(new)
        wait_for(lambda: caller.post("/predict", event).status == 200 and "AccessDenied" in log.text())
        served = json.loads(caller.post("/predict", event).data)["model"]["version"]
    ready(caller, event, new.manifest.version)

    assert served == artifact.manifest.version


@pytest.mark.long(only=True)
def test_a_bus_that_may_not_invoke_the_scorer(harness: OpenStack, localstack: LocalStack) -> None:
    direct = harness("direct")
    bus, client = direct.stack.outputs["sources"]["event_bus"]["name"], direct.stack.client("events")
    (event,) = islice(Sessions(313).events(), 1)
    before = len(_refused_to(localstack, "events.amazonaws.com"))

    with iam.without_invoke_permission(direct.stack, "scorer", "event-bus"):
        entry = {"EventBusName": bus, "Source": "acme.shop", "DetailType": "Session", "Detail": event.data.decode()}
        client.put_events(Entries=[entry])
        wait_for(lambda: len(_refused_to(localstack, "events.amazonaws.com")) > before)


def _refused_to(localstack: LocalStack, service: str) -> list[Any]:
    return [one for one in iam.decisions(localstack) if one["by"] == service and one["refused"]]
