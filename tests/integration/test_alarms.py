"""Every alarm of a stack rings, is silent again, and tells the stack's topic both.

Where LocalStack has the metric, its cause is planted: a bad model, events that cannot be read, a dead letter. What only
AWS measures, and what would take hours, is put as it would be measured, under the metric and the dimensions that the
alarm itself names. tests/terraform/test_observability.py has each rule over made-up series.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import replace
from itertools import islice
from typing import Any, NamedTuple

import pytest

from millrace_localstack.plugin.cloudwatch import alarm
from model_store import operations
from model_store.artifact import Artifact
from model_store.store import ModelStore
from stream_producers.event import Event
from stream_producers.synthetic import Sessions
from tests.integration.conftest import train_version
from tests.integration.harness import Harness
from tests.integration.iam import accept_from
from tests.integration.pace import PACE

STACK = "it-queued-"
# The longest way: SQS tells its queues' depths once a minute, and an alarm looks back one; in this LocalStack's time,
# and on a machine that does other work too.
PATIENCE_SECONDS = 600.0
LOOK_EVERY_SECONDS = 1.0


class Samples(NamedTuple):
    """Values to put under one metric of an alarm, each so many seconds ago, in this LocalStack's time.

    The bad ones are in the last third of their period, so that the alarm soon looks at others; the good ones are new.
    """

    bad: Mapping[float, float]
    good: float
    id: str = "value"


ONE_PERIOD = 35.0  # ago
PUT = {
    "scorer-iterator-age": Samples({ONE_PERIOD: 1e6}, 10.0),
    "scorer-event-age": Samples({95.0: 1e6, 155.0: 1e6}, 10.0),
    "scorer-missing-values": Samples({95.0: 1e6, 155.0: 1e6}, 0.0),
    "scorer-no-predictions": Samples({5.0: 10.0, 65.0: 10.0}, 0.0, "event_stream"),
    "scorer-errors": Samples({ONE_PERIOD: 3.0}, 0.0, "reported"),
    "scorer-events-lost": Samples({ONE_PERIOD: 1.0}, 0.0),
    "scorer-throttles": Samples({ONE_PERIOD: 11.0}, 0.0),
    "scorer-on-failure": Samples({ONE_PERIOD: 1.0}, 0.0),
    "scorer-release-stale": Samples({ONE_PERIOD: 1e4}, 0.0),
    "scorer-capture-failures": Samples({ONE_PERIOD: 3.0}, 0.0),
    "batch-runs-failed": Samples({ONE_PERIOD: 1.0}, 0.0, "failed"),
    "http-capture-failures": Samples({ONE_PERIOD: 3.0}, 0.0),
    "release-workflow-failed": Samples({ONE_PERIOD: 1.0}, 0.0, "failed"),
    "http-errors": Samples({ONE_PERIOD: 3.0}, 0.0),
    "http-server-errors": Samples({ONE_PERIOD: 1e6}, 0.0, "failed"),
    "http-latency": Samples({95.0: 1e6, 155.0: 1e6}, 10.0),
    "http-throttles": Samples({ONE_PERIOD: 11.0}, 0.0),
    "http-release-stale": Samples({ONE_PERIOD: 1e4}, 0.0),
    "http-release-refused": Samples({ONE_PERIOD: 1.0}, 0.0),
    "scorer-columns-drifted": Samples({3600 - 25.0: 2000.0}, 0.0),
    "evaluator-on-failure": Samples({ONE_PERIOD: 1.0}, 0.0),
    "evaluator-outcomes-quarantined": Samples({ONE_PERIOD: 1.0}, 0.0),
    # The evaluator is at work: what it did in this hour is taken from the sum, and given back.
    "evaluator-not-done": Samples({5.0: -1e6}, 1e6),
}
# A share is of something: the metric by its id, and its value.
OF = {"http-server-errors": ("requests", 100.0)}
PLANTED = {"scorer-release-refused", "scorer-quarantine-rate", "scorer-dead-letters"}


class Alarms:
    """The alarms of a stack, by name without the stack's."""

    def __init__(self, queued: Harness) -> None:
        self._client = queued.stack.client("cloudwatch")
        self.names = {name.removeprefix(STACK) for name in queued.stack.outputs["observability"]["alarms"]}
        described = self._described()
        self._metrics = {name: _metric(one, PUT[name].id) for name, one in described.items() if name in PUT}
        self._wholes = {name: _metric(described[name], identifier) for name, (identifier, _) in OF.items()}

    def _described(self) -> dict[str, Any]:
        found = self._client.describe_alarms(AlarmNames=[STACK + name for name in self.names])["MetricAlarms"]
        return {one["AlarmName"].removeprefix(STACK): one for one in found}

    def in_state(self, state: str) -> set[str]:
        return {name for name, one in self._described().items() if one["StateValue"] == state}

    def put(self, samples: Iterable[tuple[str, float, float]]) -> None:
        """Put samples: an alarm of `PUT`, the sample's age, and its value."""
        now, data = time.time(), defaultdict(list)
        for name, ago, value in samples:
            both = [(self._metrics[name], value)]
            both += [(self._wholes[name], OF[name][1])] if name in OF else []
            for metric, put in both:
                datum = {"MetricName": metric["MetricName"], "Dimensions": metric["Dimensions"], "Value": put}
                data[metric["Namespace"]].append(datum | {"Timestamp": now - ago / PACE})
        for namespace, some in data.items():
            self._client.put_metric_data(Namespace=namespace, MetricData=some)


def _metric(definition: dict[str, Any], identifier: str) -> dict[str, Any]:
    (metric,) = [query["Metric"] for query in alarm.queries(definition) if query["Id"] == identifier]
    return dict(metric)


@pytest.fixture
def queued(harness: Callable[[str], Harness]) -> Harness:
    return harness("queued")


@pytest.fixture
def told(queued: Harness) -> Iterator[Callable[[], set[tuple[str, str]]]]:
    """What the topic has told so far: alarm and state."""
    sqs, sns = queued.stack.client("sqs"), queued.stack.client("sns")
    url = sqs.create_queue(QueueName="it-alarms")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = queued.stack.outputs["observability"]["topic_arn"]
    accept_from(queued.stack, url, topic)
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)
    found: set[tuple[str, str]] = set()

    def receive() -> set[tuple[str, str]]:
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                said = json.loads(json.loads(message["Body"])["Message"])
                found.add((said["AlarmName"].removeprefix(STACK), said["NewStateValue"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    yield receive
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def corrupt(store: ModelStore, s3: Any, artifact: Artifact) -> Callable[[], None]:
    """Release a model of which a bit flipped after it was signed. Returns what takes it back."""
    good = store.release()
    assert good is not None
    pointer = store.publish(artifact)
    body = bytearray(artifact.model)
    body[len(body) // 2] ^= 1
    key = f"models/{store.name}/{pointer.version}/{artifact.manifest.file.name}"
    version = s3.put_object(Bucket=store.bucket, Key=key, Body=bytes(body))["VersionId"]
    bad = replace(pointer, model_version_id=version)
    store.put_release(operations.publish(good.release, bad), replacing=good)

    def take_back() -> None:
        store.put_release(good.release, replacing=store.release())

    return take_back


def unreadable(events: Iterator[Event]) -> Iterator[Event]:
    return (event._replace(data=b"not JSON", outcome=None, expected_code="INVALID_JSON") for event in events)


def until(done: Callable[[], bool], state: Callable[[], object]) -> None:
    """Look until it is done; at the deadline say how it stands."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS:.0f} s in vain: {state()}"
        time.sleep(LOOK_EVERY_SECONDS)


def test_every_alarm_rings_and_is_silent_again(queued: Harness, told: Callable[[], set[tuple[str, str]]]) -> None:
    alarms = Alarms(queued)
    assert alarms.names == {*PUT, *PLANTED}
    until(lambda: not alarms.in_state("ALARM"), lambda: f"ringing before anything is wrong: {alarms.in_state('ALARM')}")
    sqs, dead_letters = (
        queued.stack.client("sqs"),
        queued.stack.outputs["sources"]["event_topic"]["dead_letter_queue_url"],
    )
    events = Sessions(1101).events()

    take_back = corrupt(queued.stack.model_store(), queued.stack.client("s3"), train_version("bad", rounds=10))
    try:
        sqs.send_message(QueueUrl=dead_letters, MessageBody="given up")
        rang: set[str] = set()

        def all_rang() -> bool:
            rang.update(alarms.in_state("ALARM"))
            alarms.put((name, *sample) for name in PUT.keys() - rang for sample in PUT[name].bad.items())
            if not rang >= PLANTED:
                queued.send(unreadable(islice(events, 20)), queued.stream)
            return rang >= alarms.names

        until(all_rang, lambda: f"silent are {sorted(alarms.names - rang)}")
    finally:
        take_back()
        message = sqs.receive_message(QueueUrl=dead_letters, WaitTimeSeconds=5)["Messages"][0]
        sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])

    def all_silent() -> bool:
        queued.send(islice(events, 20), queued.stream)
        alarms.put((name, 0.0, samples.good) for name, samples in PUT.items())
        return alarms.in_state("OK") == alarms.names

    until(all_silent, lambda: f"not OK are {sorted(alarms.names - alarms.in_state('OK'))}")
    both = {(name, state) for name in alarms.names for state in ("ALARM", "OK")}
    until(lambda: told() >= both, lambda: f"the topic did not tell {sorted(both - told())}")
    account = queued.settle()
    assert account.quarantined.keys() == {"INVALID_JSON"}


def test_the_dashboard_is_there(queued: Harness) -> None:
    name = queued.stack.outputs["observability"]["dashboard"]

    body = json.loads(queued.stack.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])

    assert body["widgets"][1]["properties"]["alarms"]
