"""What a smoke test reads of each type of sink, next to its consumers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from millrace.sinks import SINKS
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


@pytest.mark.parametrize("kind", SINKS)
def test_a_sink_is_read_or_says_why_not(kind: str, aws: Client) -> None:
    arn = aws("sns").create_topic(Name="predictions")["TopicArn"]

    with observed(aws, kind, {"arn": arn, "name": "predictions", "target": arn}) as reader:
        assert (reader is None) == bool(SINKS[kind].unread)
