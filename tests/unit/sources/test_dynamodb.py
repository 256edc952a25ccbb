import json
from copy import deepcopy

import pytest

from records.delivered import Delivered
from records.faults import Code
from tests.fakes import artifacts
from tests.fakes.envelopes import read
from tests.fakes.scorer import FakeScorer


@pytest.fixture
def event(recorded):
    return recorded("dynamodb")


def changed(event, **members):
    """The event with other members in its first change; None takes one away."""
    event = deepcopy(event)
    change = event["Records"][0]["dynamodb"] | members
    event["Records"][0]["dynamodb"] = {name: value for name, value in change.items() if value is not None}
    return event


def first(event):
    return read(event).records[0]


def test_the_event_is_the_new_image_as_plain_json(event):
    record = first(event)
    assert json.loads(record.data) == {
        "event_id": "e-0",
        "features": {"pages": 3, "spend": 12.5, "returning": True, "device": "mobile", "referrer": "ads"},
    }
    assert (record.position, record.delivery_id) == ("c9fbe7d0261a5163fcb6940593e41797", "4421584500000000017450439091")
    assert (record.partition_key, record.shard, record.arrived_at) == ("e-0", "", 1700000000.0)
    assert record.arn.startswith("arn:aws:dynamodb:eu-central-1:123456789012:table/events/stream/")


def test_a_removed_item_is_no_event(event):
    removed = changed(event, NewImage=None)
    removed["Records"][0]["eventName"] = "REMOVE"
    assert [json.loads(record.data)["event_id"] for record in read(removed).records] == ["e-1"]
    scorer = FakeScorer(artifacts.artifact())
    response, report = scorer.run(removed)
    assert (response, report.predictions, report.quarantined) == ({"batchItemFailures": []}, 1, {})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"id": {"S": "a"}}, "a"),
        ({"user": {"S": "u"}, "at": {"N": "7"}}, "7|u"),
        ({"id": {"B": "AAE="}}, "AAE="),
        ({"id": {"S": "x" * 256}}, "x" * 256),
        ({"id": {"S": "x" * 257}}, "c9fbe7d0261a5163fcb6940593e41797"),
        ({}, "c9fbe7d0261a5163fcb6940593e41797"),
    ],
)
def test_the_partition_key_is_the_items_key(event, keys, expected):
    assert first(changed(event, Keys=keys)).partition_key == expected


@pytest.mark.parametrize("image", [None, {"spend": {"N": "many"}}, {"spend": 3}, {"spend": {"X": "3"}}])
def test_a_change_whose_image_cannot_be_read_is_kept_whole(event, image):
    record = first(changed(event, NewImage=image))
    assert (record.fault.code, record.fault.path) == (Code.INVALID_ENVELOPE, "/dynamodb/NewImage")
    assert json.loads(record.data)["Keys"] == {"event_id": {"S": "e-0"}}


def test_numbers_of_38_digits_are_read(event):
    image = {"event_id": {"S": "e"}, "features": {"M": {"spend": {"N": "12345678901234567890123456789012345678"}}}}
    assert b'"spend":12345678901234567890123456789012345678' in first(changed(event, NewImage=image)).data


def test_the_lowest_sequence_number_that_failed_is_reported(event):
    event = deepcopy(event)
    event["Records"][0]["dynamodb"]["SequenceNumber"] = "99"
    event["Records"][1]["dynamodb"]["SequenceNumber"] = "100"
    batch = read(event)
    assert batch.respond(Delivered(batch.records)) == {"batchItemFailures": [{"itemIdentifier": "99"}]}
    assert batch.respond_failed(RuntimeError()) == {"batchItemFailures": [{"itemIdentifier": "99"}]}
