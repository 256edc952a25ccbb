"""A record comes back from its redriven record as it was, whatever it was."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.delivered import Delivered
from records.faults import Code
from records.record import Record
from records.rejected import Rejected
from records.timestamps import timestamp
from sources import redrive
from tests.fakes import envelopes
from tests.fakes.envelopes import read

MEMBERS = ("source", "arn", "shard", "position", "subsequence", "partition_key", "data", "prediction_id")

# Bytes that look like an aggregate, well-made or damaged, are as likely as any.
USERS = st.lists(st.tuples(st.text("abc", min_size=1, max_size=4), st.binary(max_size=12)), min_size=1, max_size=4)
AGGREGATES = USERS.map(envelopes.aggregate)
PAYLOADS = st.one_of(
    st.binary(max_size=60), AGGREGATES, AGGREGATES.map(lambda data: data[:-1]), st.text(max_size=20), st.just("e30")
)
TIMES = st.floats(0, 4_000_000_000)


def told(record: Record) -> dict[str, Any]:
    fault = record.fault and (record.fault.code, record.fault.path, record.fault.detail)
    described = {member: getattr(record, member) for member in MEMBERS}
    return described | {"fault": fault, "arrived_at": timestamp(record.arrived_at)}


def again(records: list[Record]) -> list[Record]:
    """Through JSON, as the function is given them."""
    event = {"Records": [redrive.envelope(record) for record in records]}
    return read(json.loads(json.dumps(event))).records


@given(payloads=st.lists(PAYLOADS, min_size=1, max_size=5), arrived=TIMES)
@settings(max_examples=500, deadline=None)
def test_kinesis_records_come_back_as_they_were(payloads, arrived):
    """User records of aggregates, damaged aggregates and what is no base64 too."""
    event = envelopes.kinesis(*payloads)
    for envelope in event["Records"]:
        envelope["kinesis"]["approximateArrivalTimestamp"] = arrived
    records = read(event).records

    returned = again(records)

    assert list(map(told, returned)) == list(map(told, records))
    assert [record.delivery_id for record in returned] == [record.prediction_id for record in records]


@given(messages=st.lists(st.text(st.characters(codec=None)), min_size=1, max_size=4), queued=st.booleans())
@settings(max_examples=300, deadline=None)
def test_messages_come_back_as_they_were(messages, queued):
    """With any text, lone surrogates included; queued as notifications or plain."""
    bodies = [
        json.dumps(envelopes.notification(message, n)) if queued else message for n, message in enumerate(messages)
    ]
    records = read(envelopes.sqs(*bodies)).records

    assert list(map(told, again(records))) == list(map(told, records))


@given(data=st.binary(max_size=40) | AGGREGATES, nested=st.integers(0, 9))
def test_a_user_record_is_never_taken_apart_again(data, nested):
    """Not even where it is an aggregate itself."""
    source = {**read(envelopes.kinesis(b"{}")).records[0].describe(), "subsequence": nested}
    envelope = redrive.enveloped(source, "key", base64.b64encode(data).decode())

    (record,) = read({"Records": [envelope]}).records

    assert (record.data, record.subsequence, record.fault) == (data, nested, None)


def test_a_direct_notification_comes_back(recorded):
    records = read(recorded("sns")).records
    assert list(map(told, again(records))) == list(map(told, records))


@pytest.mark.parametrize(
    ("payload", "code"),
    [("e30", Code.INVALID_BASE64), (envelopes.aggregate([("a", b"{}")])[:-1], Code.INVALID_AGGREGATE)],
)
def test_a_damaged_envelope_is_the_same_fault_again(payload, code):
    records = read(envelopes.kinesis(payload)).records
    (record,) = again(again(records))
    assert record.fault is not None
    assert record.fault.code == code


def test_the_response_names_what_failed_and_what_is_in_quarantine_by_prediction_id():
    records = again(read(envelopes.kinesis(b"1", b"2", b"3")).records)
    batch = read({"Records": [redrive.envelope(record) for record in records]})
    one, two, three = batch.records
    fault = read(envelopes.kinesis("e30")).records[0].fault
    assert fault is not None

    response = batch.respond(Delivered([three, one], [Rejected(two, fault)]))

    assert response == {
        "batchItemFailures": [{"itemIdentifier": i} for i in sorted((one.prediction_id, three.prediction_id))],
        "quarantined": [
            {"itemIdentifier": two.prediction_id, "code": "INVALID_BASE64", "path": "", "detail": fault.detail}
        ],
        "ignored": [],
        "predictions": [],
    }
    assert batch.respond(Delivered()) == {
        "batchItemFailures": [],
        "quarantined": [],
        "ignored": [],
        "predictions": [],
    }


@pytest.mark.parametrize("name", ["kinesis", "sqs", "sns"])
def test_other_sources_hear_nothing_of_quarantine(recorded, name):
    batch = read(recorded(name))
    fault = read(envelopes.kinesis("e30")).records[0].fault
    assert fault is not None
    assert batch.respond(Delivered([], [Rejected(batch.records[0], fault)])) == {"batchItemFailures": []}
