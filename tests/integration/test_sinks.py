"""The sinks that no stack of the tests has: their Terraform module, their permissions, and the scorer's own client."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from aws_client import Session
from millrace_localstack.launcher import LocalStack
from records.settings import Settings
from sinks import make_sink
from sinks.errors import SinkRefused
from sinks.messages import Message
from tests.fakes.sink import send
from tests.integration.harness import wait_for
from tests.integration.localstack.lab import Lab, document

type Publish = Callable[[str, list[Message]], dict[str, Any]]

MESSAGES = [
    Message(f"key-{i}", json.dumps({"prediction_id": f"{i:064x}", "score": i / 4}, separators=(",", ":")).encode())
    for i in range(4)
]


@pytest.fixture(scope="module")
def lab(localstack: LocalStack) -> Lab:
    return Lab(localstack)


@pytest.fixture
def session(outputs: dict[str, Any], lab: Lab) -> Iterator[Callable[[str], Session]]:
    """The scorer's clients, with the keys of the role that may write to a type of sink."""
    with ExitStack() as sessions:

        def make(kind: str) -> Session:
            given = lab.client("sts").assume_role(RoleArn=outputs["sinks"]["role_arns"][kind], RoleSessionName="scorer")
            keys = {
                "AWS_ACCESS_KEY_ID": given["Credentials"]["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": given["Credentials"]["SecretAccessKey"],
                "AWS_SESSION_TOKEN": given["Credentials"]["SessionToken"],
            }
            made = Session(10.0, 60.0, environment={**lab.localstack.environment(), **keys})
            sessions.callback(made.close)
            return made

        yield make


@pytest.fixture
def published(outputs: dict[str, Any], session: Callable[[str], Session]) -> Publish:
    """Sends one call's worth to a type of sink, which takes all; the sink's output."""

    def publish(kind: str, messages: list[Message]) -> dict[str, Any]:
        output: dict[str, Any] = outputs["sinks"]["sinks"][kind]
        sink = make_sink(Settings({"TYPE": kind, "TARGET": output["target"]}), session(kind).client)
        assert send(sink, messages) == []
        return output

    return publish


def test_a_table_keeps_the_first_of_all_copies(published: Publish, lab: Lab) -> None:
    output = published("dynamodb", MESSAGES)
    published("dynamodb", [message._replace(body=message.body.replace(b"0.25", b"0.26")) for message in MESSAGES])

    items = lab.client("dynamodb").scan(TableName=output["name"])["Items"]

    assert sorted(item["prediction"]["S"].encode() for item in items) == sorted(message.body for message in MESSAGES)


def test_a_bus_passes_predictions_on_by_its_rules(published: Publish, outputs: dict[str, Any], lab: Lab) -> None:
    bus = outputs["sinks"]["sinks"]["eventbridge"]["name"]
    _, url, queue = lab.queue()
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = document([allowed | {"Resource": queue}])
    lab.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events = lab.client("events")
    events.put_rule(Name="high", EventBusName=bus, EventPattern='{"detail": {"score": [{"numeric": [">", 0.3]}]}}')
    events.put_targets(Rule="high", EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue}])
    found: dict[str, Any] = {}

    published("eventbridge", MESSAGES)

    def both() -> bool:
        messages = lab.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        found.update((message["MessageId"], json.loads(message["Body"])) for message in messages)
        return len(found) >= 2

    wait_for(both)
    assert sorted(event["detail"]["score"] for event in found.values()) == [0.5, 0.75]
    assert {(event["source"], event["detail-type"]) for event in found.values()} == {("millrace", "Prediction")}


def test_a_delivery_stream_writes_lines(published: Publish, lab: Lab) -> None:
    output = published("firehose", MESSAGES)
    bucket = f"{output['name']}-000000000000-us-east-1"
    s3 = lab.client("s3")

    def lines() -> list[bytes]:
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return sorted(
            line for key in keys for line in s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
        )

    wait_for(lambda: lines() == sorted(message.body for message in MESSAGES))


@pytest.mark.parametrize("kind", ["dynamodb", "eventbridge", "firehose"])
def test_a_sink_that_may_not_be_written_to_refuses(
    kind: str, outputs: dict[str, Any], session: Callable[[str], Session]
) -> None:
    target = outputs["sinks"]["sinks"][kind]["target"].replace("it-", "others-")
    sink = make_sink(Settings({"TYPE": kind, "TARGET": target}), session(kind).client)

    with pytest.raises(SinkRefused, match="AccessDenied"):
        send(sink, MESSAGES)
