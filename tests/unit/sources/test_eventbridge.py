import hashlib
import json
from copy import deepcopy

import pytest

from records.delivered import Delivered
from sources.errors import RecordsNotPublished
from tests.fakes.envelopes import MODEL, read


@pytest.fixture
def event(recorded):
    return recorded("eventbridge")


def test_the_detail_is_the_event(event):
    (record,) = read(event).records
    assert json.loads(record.data) == event["detail"]
    assert (record.partition_key, record.delivery_id, record.arrived_at) == (event["id"], event["id"], 1_700_000_000.0)


def test_the_position_is_account_region_source_and_id(event):
    event = event | {"source": "a|b%c"}
    (record,) = read(event).records
    position = f"{MODEL}|123456789012|eu-central-1|a%7Cb%25c|{event['id']}"
    assert record.prediction_id == hashlib.sha256(position.encode()).hexdigest()


@pytest.mark.parametrize("member", ["id", "source", "account", "region", "time", "detail-type", "detail"])
def test_an_event_without_one_of_its_members_is_no_event_of_a_bus(event, member):
    event = deepcopy(event)
    del event[member]
    assert not any(source.claims(event) for source in _sources())


def _sources():
    from sources import SOURCES

    return SOURCES


def test_an_event_that_was_not_published_fails_the_invocation(event):
    batch = read(event)
    with pytest.raises(RecordsNotPublished):
        batch.respond(Delivered(batch.records))
