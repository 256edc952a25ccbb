"""What a smoke test reads of each type of sink, next to its consumers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from millrace.errors import UserError
from millrace.services import temporary_queue
from millrace.sinks import SINKS, eventbridge
from sinks.eventbridge import DETAIL_TYPE, SOURCE
from tests.fakes.stack import prediction_document
from tests.unit.millrace.sinks.test_kinesis import ReadPredictions

Client = Callable[[str], Any]


@contextmanager
def observed(aws: Client, kind: str, output: dict[str, Any]) -> Iterator[Any]:
    with SINKS[kind].observer(output, aws, "smoke-1") as reader:
        yield reader


def test_a_topic_is_read_by_a_queue_that_is_gone_afterwards(aws: Client) -> None:
    sns, told = aws("sns"), ReadPredictions()
    topic = sns.create_topic(Name="predictions")["TopicArn"]

    with observed(aws, "sns", {"arn": topic}) as reader:
        reader.open()
        sns.publish(TopicArn=topic, Message=prediction_document("1").decode())
        sns.publish(TopicArn=topic, Message="no prediction")
        reader(told)
        reader(told)

    assert told.ids == ["1"]
    assert sum(update.unreadable for update in told.updates) == 1
    assert not aws("sqs").list_queues().get("QueueUrls")
    assert not sns.list_subscriptions()["Subscriptions"]


def test_nothing_is_left_where_the_smoke_test_fails(aws: Client) -> None:
    topic = aws("sns").create_topic(Name="predictions")["TopicArn"]

    with pytest.raises(RuntimeError), observed(aws, "sns", {"arn": topic}):
        raise RuntimeError

    assert not aws("sqs").list_queues().get("QueueUrls")


class FakeBus:
    """A bus whose rules match by source and detail type, and send to queues. idle : calls until a new rule matches."""

    def __init__(self, aws: Client, idle: int = 2) -> None:
        self._sqs, self._idle = aws("sqs"), idle
        self.refuses = self.breaks = False
        self.rules: dict[str, dict[str, list[str]]] = {}
        self.targets: dict[str, str] = {}

    def put_rule(self, *, Name: str, EventBusName: str, EventPattern: str) -> dict[str, str]:  # noqa: N803
        assert EventBusName == "predictions"
        self.rules[Name] = json.loads(EventPattern)
        return {"RuleArn": f"arn:aws:events:eu-central-1:123456789012:rule/predictions/{Name}"}

    def put_targets(self, *, Rule: str, EventBusName: str, Targets: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        if self.refuses:
            failed = {"TargetId": "queue", "ErrorCode": "LimitExceededException", "ErrorMessage": "5 targets a rule"}
            return {"FailedEntryCount": 1, "FailedEntries": [failed]}
        self.targets[Rule] = Targets[0]["Arn"].rpartition(":")[2]
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def remove_targets(self, *, Rule: str, EventBusName: str, Ids: list[str]) -> None:  # noqa: N803
        if self.breaks:
            raise RuntimeError("throttled")
        self.targets.pop(Rule, None)

    def delete_rule(self, *, Name: str, EventBusName: str) -> None:  # noqa: N803
        assert Name not in self.targets, "EventBridge deletes no rule with targets"
        del self.rules[Name]

    def put_events(self, *, Entries: list[dict[str, str]]) -> None:  # noqa: N803
        self._idle -= 1
        for entry in Entries if self._idle < 0 else ():
            event = {
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
            }
            for name, pattern in self.rules.items():
                if all(event[member] in found for member, found in pattern.items()):
                    url = self._sqs.get_queue_url(QueueName=self.targets[name])["QueueUrl"]
                    self._sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))

    def publish(self, body: bytes) -> None:
        """As the scorer does."""
        self.put_events(Entries=[{"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": body.decode()}])


@pytest.fixture
def bus(aws: Client, monkeypatch: pytest.MonkeyPatch) -> FakeBus:
    monkeypatch.setattr(temporary_queue, "WAIT_SECONDS", 1)
    return FakeBus(aws)


def on(aws: Client, bus: FakeBus) -> Client:
    return lambda service: bus if service == "events" else aws(service)


def test_a_bus_is_read_by_a_rule_that_is_gone_afterwards(aws: Client, bus: FakeBus) -> None:
    told = ReadPredictions()
    bus.publish(prediction_document("too early"))
    with observed(on(aws, bus), "eventbridge", {"name": "predictions", "target": "arn"}) as reader:
        reader.open()
        bus.publish(prediction_document("1"))
        bus.publish(b'{"no": "prediction"}')
        reader(told)
        reader(told)

    assert told.ids == ["1"]
    assert sum(update.unreadable for update in told.updates) == 1, "probes are not counted"
    assert not aws("sqs").list_queues().get("QueueUrls")
    assert (bus.rules, bus.targets) == ({}, {})


def test_a_rule_that_passes_nothing_on_is_an_error_and_gone(aws: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = FakeBus(aws, idle=1_000)
    monkeypatch.setattr(temporary_queue, "WAIT_SECONDS", 0)
    monkeypatch.setattr(eventbridge, "RULE_SECONDS", 0.2)

    with (
        pytest.raises(UserError, match="expected the rule smoke-1 of the bus predictions to pass events on"),
        observed(on(aws, bus), "eventbridge", {"name": "predictions", "target": "arn"}),
    ):
        pass
    assert (bus.rules, bus.targets) == ({}, {})
    assert not aws("sqs").list_queues().get("QueueUrls")


def test_a_rule_without_its_target_is_an_error_and_gone(aws: Client, bus: FakeBus) -> None:
    bus.refuses = True
    with (
        pytest.raises(UserError, match="the queue smoke-1 as its target, got LimitExceededException: 5 targets"),
        observed(on(aws, bus), "eventbridge", {"name": "predictions", "target": "arn"}),
    ):
        pass
    assert (bus.rules, bus.targets) == ({}, {})
    assert not aws("sqs").list_queues().get("QueueUrls")


def test_the_queue_is_gone_also_where_the_target_is_not(aws: Client, bus: FakeBus) -> None:
    with (
        pytest.raises((RuntimeError, AssertionError)),
        observed(on(aws, bus), "eventbridge", {"name": "predictions", "target": "arn"}),
    ):
        bus.breaks = True
    assert bus.rules, "EventBridge deletes no rule with targets"
    assert not aws("sqs").list_queues().get("QueueUrls")


def test_a_busy_topic_is_read_without_pauses_and_a_quiet_one_with_them(aws: Client) -> None:
    sns, told = aws("sns"), ReadPredictions()
    topic = sns.create_topic(Name="predictions")["TopicArn"]

    with observed(aws, "sns", {"arn": topic}) as reader:
        for number in range(25):
            sns.publish(TopicArn=topic, Message=prediction_document(str(number)).decode())
        for _ in range(4):
            reader(told)

    assert len(told.ids) == 25
    assert [update.behind > 0 for update in told.updates] == [True, True, True, False]


@pytest.mark.parametrize("kind", SINKS)
def test_a_sink_is_read_or_says_why_not(kind: str, aws: Client, bus: FakeBus) -> None:
    arn = aws("sns").create_topic(Name="predictions")["TopicArn"]

    with observed(on(aws, bus), kind, {"arn": arn, "name": "predictions", "target": arn}) as reader:
        assert (reader is None) == bool(SINKS[kind].unread)
