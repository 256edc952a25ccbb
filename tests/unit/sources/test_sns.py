import hashlib

import pytest

import sources
from tests.fakes import envelopes


def read(event):
    (record,) = sources.read(event).records
    return record


def test_a_direct_notification_is_one_record(recorded):
    record = read(recorded("sns"))
    message_id = "10000000-0000-4000-8000-000000000000"
    assert (record.source, record.arn, record.shard) == ("sns", envelopes.TOPIC_ARN, "")
    assert record.position == record.delivery_id == message_id
    assert (record.partition_key, record.arrived_at) == ("alice", 1700000000.25)
    assert record.data.startswith(b'{"event_id": "e-0"')
    assert record.prediction_id == hashlib.sha256(f"{envelopes.TOPIC_ARN}|{message_id}".encode()).hexdigest()


@pytest.mark.parametrize(
    "attributes",
    [
        None,
        {},
        {"partition_key": None},
        {"partition_key": {"Type": "String"}},
        {"partition_key": {"Type": "String", "Value": ""}},
        {"partition_key": {"Type": "Number", "Value": 3}},
        {"partition_key": {"Type": "String", "Value": "k" * 257}},
        {"partition_key": {"Type": "String", "Value": "\ud800"}},
    ],
    ids=lambda attributes: ascii(attributes)[:60],
)
def test_without_a_key_that_kinesis_can_take_the_message_id_is_the_key(attributes):
    record = read(envelopes.sns("{}", MessageAttributes=attributes))
    assert record.partition_key == record.position


def test_a_lone_surrogate_in_the_message_does_not_stop_the_batch():
    assert read(envelopes.sns("\ud800")).data == b"\xed\xa0\x80"
