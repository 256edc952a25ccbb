import json
from copy import deepcopy

import pytest

import native
from sources.redrive import RedriveSource
from tests.fakes import envelopes
from tests.fakes.envelopes import read

KINESIS_AT = 1_700_000_000.25  # of all envelopes in `envelopes`
EVENTS = [envelopes.event(i) for i in range(3)]


def oldest(event):
    return read(event).arrived_at()


def kinesis(*times):
    event = envelopes.kinesis(*EVENTS)
    for record, at in zip(event["Records"], times, strict=True):
        record["kinesis"]["approximateArrivalTimestamp"] = at
    return event


def sqs(*times):
    event = envelopes.sqs(*EVENTS)
    for record, at in zip(event["Records"], times, strict=True):
        record["attributes"]["SentTimestamp"] = at
    return event


def test_of_a_shard_the_oldest_is_nearly_always_the_first():
    assert oldest(kinesis(KINESIS_AT, KINESIS_AT + 1, KINESIS_AT + 2)) == KINESIS_AT
    assert oldest(kinesis(KINESIS_AT, KINESIS_AT - 1, KINESIS_AT + 2)) == KINESIS_AT - 1


@pytest.mark.skipif(native.NATIVE is None, reason=f"the native engine was not built: {native.MISSING}")
def test_of_a_raw_event_nothing_is_parsed(monkeypatch):
    events = kinesis(KINESIS_AT, 1, 2), sqs("1700000000250", "1699999999000", "1700000000100"), envelopes.sns(EVENTS[0])
    raws = [json.dumps(event).encode() for event in events]
    monkeypatch.setattr(json, "loads", lambda *_: pytest.fail("an envelope was parsed"))
    assert [oldest(raw) for raw in raws] == [1.0, 1_699_999_999.0, KINESIS_AT]


def test_of_a_queue_the_oldest_may_be_any():
    assert oldest(sqs("1700000000250", "1699999999000", "1700000000100")) == 1_699_999_999.0


def test_a_notification_that_came_directly_tells_its_own_time():
    event = envelopes.sns(EVENTS[0])
    event["Records"][0]["Sns"]["Timestamp"] = "2023-11-14T22:13:20.250Z"
    assert oldest(event) == KINESIS_AT


def test_of_redriven_records_nobody_asks():
    assert RedriveSource().arrived_at([{"source": {"arrived_at": "2023-11-14T22:13:20.250Z"}}]) is None


@pytest.mark.parametrize(
    ("event", "damage"),
    [
        (envelopes.kinesis(*EVENTS), lambda record: record.pop("kinesis")),
        (envelopes.kinesis(*EVENTS), lambda record: record["kinesis"].update(approximateArrivalTimestamp=None)),
        (envelopes.sqs(*EVENTS), lambda record: record["attributes"].pop("SentTimestamp")),
        (envelopes.sqs(*EVENTS), lambda record: record["attributes"].update(SentTimestamp="soon")),
        (envelopes.sns(EVENTS[0]), lambda record: record["Sns"].update(Timestamp="yesterday")),
    ],
)
def test_an_envelope_that_does_not_tell_is_no_failure(event, damage):
    damaged = deepcopy(event)
    damage(damaged["Records"][0])
    assert oldest(damaged) is None
