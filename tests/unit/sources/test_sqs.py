import hashlib
import json

import pytest

from records.delivered import Delivered
from tests.fakes import envelopes
from tests.fakes.envelopes import read


def plain(*bodies):
    return envelopes.read(envelopes.sqs(*bodies)).records


def test_a_plain_message_is_the_event_itself(recorded):
    record, _ = envelopes.read(recorded("sqs")).records
    assert (record.source, record.arn, record.shard) == ("sqs", envelopes.QUEUE_ARN, "")
    assert record.position == record.delivery_id == record.partition_key == "00000000-0000-4000-8000-000000000000"
    assert record.arrived_at == 1700000000.25
    assert (
        record.prediction_id == hashlib.sha256(f"sessions|{envelopes.QUEUE_ARN}|{record.position}".encode()).hexdigest()
    )


def test_a_queued_notification_is_known_by_its_topic_and_failed_by_its_message(recorded):
    first, second = envelopes.read(recorded("sqs_notification")).records
    assert (first.source, first.arn) == ("sns", envelopes.TOPIC_ARN)
    assert first.position == "10000000-0000-4000-8000-000000000000"
    assert first.delivery_id == "00000000-0000-4000-8000-000000000000"
    assert (first.partition_key, second.partition_key) == ("alice", second.position)
    assert first.data.startswith(b'{"event_id": "e-0"')


def test_one_notification_has_one_prediction_id_on_both_ways(recorded):
    direct = envelopes.read(recorded("sns")).records[0]
    queued = envelopes.read(recorded("sqs_notification")).records[0]
    assert direct.prediction_id == queued.prediction_id


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"TopicArn"', id="not JSON"),
        pytest.param('["TopicArn"]', id="an array"),
        pytest.param('{"TopicArn": ' + "[" * 100_000, id="too deep"),
        pytest.param('{"TopicArn": ' + "1" * 5_000 + "}", id="an integer too long"),
        pytest.param(json.dumps(envelopes.notification({}, Type="SubscriptionConfirmation")), id="another type"),
        pytest.param(json.dumps(envelopes.notification({}, TopicArn=3)), id="topic is a number"),
        pytest.param(json.dumps(envelopes.notification({}, TopicArn="\ud800")), id="topic is no Unicode"),
        pytest.param(json.dumps(envelopes.notification({}, MessageId=None)), id="no message id"),
        pytest.param(json.dumps(envelopes.notification({}, MessageId="")), id="empty message id"),
        pytest.param(json.dumps(envelopes.notification({}, MessageId="m" * 257)), id="message id beyond a key"),
        pytest.param(json.dumps(envelopes.notification({}, MessageId="\ud800")), id="message id is no Unicode"),
        pytest.param(json.dumps(envelopes.notification({}, Message=None)), id="no message"),
        pytest.param(json.dumps(envelopes.notification({}, Message={"event_id": "e"})), id="message is an object"),
        pytest.param(json.dumps(envelopes.notification({}, Timestamp="yesterday")), id="no time"),
        pytest.param(json.dumps(envelopes.notification({}, Timestamp="0001-01-01T00:00:00+23:59")), id="before time"),
        pytest.param(json.dumps(envelopes.notification({}, Timestamp="9999-12-31T23:59:59-23:59")), id="after time"),
        pytest.param(json.dumps(envelopes.notification({}, MessageAttributes=[1])), id="attributes are an array"),
    ],
)
def test_a_body_that_only_looks_like_a_notification_is_the_event(body):
    (record,) = plain(body)
    assert (record.source, record.data) == ("sqs", body.encode())
    assert record.describe()["arrived_at"] == "2023-11-14T22:13:20.250Z"


def test_messages_of_both_kinds_share_a_batch():
    assert [record.source for record in plain({}, envelopes.notification({}), "")] == ["sqs", "sns", "sqs"]


def fifo(*groups):
    event = envelopes.sqs(*(envelopes.event(i) for i in range(len(groups))))
    for envelope, group in zip(event["Records"], groups, strict=True):
        envelope["eventSourceARN"] += ".fifo"
        envelope["attributes"]["MessageGroupId"] = group
    return event


def reported(event, *places):
    batch = read(event)
    response = batch.respond(Delivered([batch.records[place] for place in places]))
    ids = [envelope["messageId"] for envelope in event["Records"]]
    return sorted(ids.index(failure["itemIdentifier"]) for failure in response["batchItemFailures"])


@pytest.mark.parametrize(
    ("groups", "failed", "expected"),
    [
        ("aaaa", [1], [1, 2, 3]),
        ("abab", [0], [0, 2]),
        ("abab", [1, 2], [1, 2, 3]),
        ("abba", [3], [3]),
        ("abcd", [2], [2]),
        ("aaaa", [], []),
    ],
)
def test_of_a_fifo_queue_what_follows_in_the_group_fails_too(groups, failed, expected):
    assert reported(fifo(*groups), *failed) == expected


def test_of_a_standard_queue_with_groups_each_message_fails_alone():
    event = fifo(*"aaa")
    for envelope in event["Records"]:
        envelope["eventSourceARN"] = envelopes.QUEUE_ARN
    assert reported(event, 0) == [0]


def test_the_partition_key_of_a_message_is_its_group():
    assert [record.partition_key for record in read(fifo("a", "b")).records] == ["a", "b"]
