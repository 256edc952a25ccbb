import base64
import hashlib

import pytest

import sources
from records.faults import Code
from tests.fakes import envelopes


def only(event):
    (record,) = sources.read(event).records
    return record


def test_a_record_keeps_where_it_came_from(recorded):
    first, second = sources.read(recorded("kinesis")).records
    assert (first.arn, first.shard) == (envelopes.STREAM_ARN, envelopes.SHARD)
    assert first.position == first.delivery_id == str(envelopes.FIRST_SEQUENCE)
    assert (first.partition_key, first.arrived_at, first.subsequence) == ("key-898", 1700000000.25, None)
    assert first.data.startswith(b'{"event_id": "e-0"')
    assert second.position == str(envelopes.FIRST_SEQUENCE + 1)


def test_the_prediction_id_is_the_digest_of_stream_shard_and_sequence_number(recorded):
    record, _ = sources.read(recorded("kinesis")).records
    position = f"{envelopes.STREAM_ARN}|{envelopes.SHARD}|{envelopes.FIRST_SEQUENCE}"
    assert record.prediction_id == hashlib.sha256(position.encode()).hexdigest()


def test_user_records_of_an_aggregate_keep_their_own_keys_and_get_sub_sequence_numbers(recorded):
    records = sources.read(recorded("kinesis_aggregated")).records
    assert [(r.partition_key, r.subsequence) for r in records] == [("alice", 0), ("bob", 1), ("alice", 2)]
    assert [r.data[:17] for r in records] == [b'{"event_id": "e-%d' % i for i in range(3)]
    position = f"{envelopes.STREAM_ARN}|{envelopes.SHARD}|{envelopes.FIRST_SEQUENCE}"
    ids = [hashlib.sha256(f"{position}|{number}".encode()).hexdigest() for number in range(3)]
    assert [record.prediction_id for record in records] == ids  # the first, too, has its number
    assert records[2].describe()["subsequence"] == 2


def test_a_damaged_aggregate_is_one_record_with_a_fault():
    data = envelopes.aggregate([("alice", b"{}"), ("bob", b"{}")])[:-1] + b"?"
    record = only(envelopes.kinesis(data))
    assert record.fault is not None
    assert record.fault.code == Code.INVALID_AGGREGATE
    assert (record.data, record.subsequence) == (data, None)


@pytest.mark.parametrize(
    "text", ["e30", "e30=\n", "e30=e30=", "e3 0=", "e3!0=", "=", "e30==", "é", "\ud800"], ids=ascii
)
def test_what_is_not_strict_base64_is_a_fault_and_keeps_its_text(text):
    record = only(envelopes.kinesis(text))
    assert record.fault is not None
    assert record.fault.code == Code.INVALID_BASE64
    assert record.data == text.encode("utf-8", "replace")


@pytest.mark.parametrize("data", [b"", b"{}", bytes(range(256))], ids=repr)
def test_any_bytes_come_through_base64_unchanged(data):
    record = only(envelopes.kinesis(base64.b64encode(data).decode()))
    assert (record.data, record.fault) == (data, None)
