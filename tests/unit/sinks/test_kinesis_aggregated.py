import base64
import hashlib

import pytest
from aws_kinesis_agg.deaggregator import deaggregate_records
from hypothesis import given
from hypothesis import strategies as st

from records import kpl
from records.kpl import aggregate
from sinks.kinesis_aggregated import AGGREGATE_BYTES, AggregatingKinesisSink
from sinks.messages import Message, MessageList
from sinks.put_records import MIB
from tests.fakes import envelopes
from tests.fakes.sink import send
from tests.fakes.two_steps import TwoSteps

MESSAGES = MessageList(Message(f"key-{i % 7}", b'{"score":%d}' % i) for i in range(40))
keys = st.text(min_size=1, max_size=20).filter(lambda key: not any("\ud800" <= c <= "\udfff" for c in key))


class OneStep:
    """Takes aggregated records; those of `failing` it does not."""

    def __init__(self, failing=()):
        self.failing, self.calls = failing, []

    def put_records(self, **call):
        records = call["Records"]
        self.calls.append(records)
        results = [
            {"ErrorCode": "InternalFailure"} if i in self.failing else {"SequenceNumber": str(i)}
            for i in range(len(records))
        ]
        return {"FailedRecordCount": len(self.failing), "Records": results}


def FakeKinesis(failing=()):  # noqa: N802 - stands for a client's class
    return TwoSteps(OneStep(failing))


def hash_key(partition_key):
    return int.from_bytes(hashlib.md5(partition_key.encode()).digest())


@given(st.lists(st.tuples(keys, st.binary(max_size=300)), min_size=1, max_size=30))
def test_a_consumers_library_reads_what_was_aggregated(drawn):
    messages = [Message(*members) for members in drawn]
    data = aggregate(messages, "170141183460469231731687303715884105728")
    assert kpl.deaggregate(data) == [tuple(message) for message in messages]
    found = deaggregate_records(envelopes.kinesis(data)["Records"])
    told = [(r["kinesis"]["partitionKey"], base64.b64decode(r["kinesis"]["data"])) for r in found]
    assert told == [tuple(message) for message in messages]
    assert {r["kinesis"]["explicitHashKey"] for r in found} == {"170141183460469231731687303715884105728"}


@pytest.mark.parametrize("ranges", [1, 3, 16, 256])
def test_the_messages_of_a_range_of_hash_keys_travel_together_and_in_order(ranges):
    kinesis = FakeKinesis()
    assert send(AggregatingKinesisSink(kinesis, "arn", ranges), MESSAGES) == []
    ((*records,),) = kinesis.calls
    assert 1 <= len(records) <= min(ranges, 7)
    sent = []
    for record in records:
        start = int(record["ExplicitHashKey"])
        users = kpl.deaggregate(record["Data"])
        sent += users
        for key, _ in users:
            assert start <= hash_key(key) < start + -(-(2**128) // ranges)
    for key in {message.partition_key for message in MESSAGES}:
        of_key = [message.body for message in MESSAGES if message.partition_key == key]
        assert [data for sent_key, data in sent if sent_key == key] == of_key


def test_all_predictions_of_an_aggregate_that_failed_are_not_acknowledged():
    kinesis = FakeKinesis(failing=[1])
    failed = send(AggregatingKinesisSink(kinesis, "arn", 4), MESSAGES)
    users = kpl.deaggregate(kinesis.calls[0][1]["Data"])
    assert [MESSAGES[i].body for i in failed] == [data for _, data in users]
    assert 0 < len(failed) < len(MESSAGES)


def test_a_full_call_stays_within_what_kinesis_takes():
    sink = AggregatingKinesisSink(kinesis := FakeKinesis(), "arn", 256)
    size = sink.max_bytes // sink.max_entries - 5
    messages = MessageList(Message(f"k{i:04}", b"x" * (size - 5)) for i in range(sink.max_entries))
    ((call,),) = messages.cut(range(len(messages)), sink.max_entries, sink.max_bytes, sink.counts_keys)
    assert len(call) == len(messages)
    assert send(sink, messages) == []
    (records,) = kinesis.calls
    sizes = [len(r["Data"]) + len(r["PartitionKey"]) for r in records]
    assert len(records) <= 500
    assert sum(sizes) <= 5 * MIB
    assert max(sizes) <= AGGREGATE_BYTES + size + 256


def test_the_largest_message_fits_in_an_aggregate_of_its_own():
    sink = AggregatingKinesisSink(kinesis := FakeKinesis(), "arn", 1)
    largest = Message("ü" * 128, b"x" * (sink.max_entry_bytes - 256))
    assert send(sink, MessageList([largest, *MESSAGES])) == []
    first, *_ = kinesis.calls[0]
    assert len(first["Data"]) + len(first["PartitionKey"].encode()) <= MIB
    assert [data for _, data in kpl.deaggregate(first["Data"])] == [largest.body]
