import json
from copy import deepcopy

import pytest

from tests.fakes import artifacts
from tests.fakes.envelopes import read
from tests.fakes.scorer import FakeScorer


@pytest.fixture
def event(recorded):
    return recorded("lex")


def answered(event):
    scorer = FakeScorer(artifacts.artifact())
    response, _ = scorer.run(event)
    assert scorer.sink.calls == []
    assert scorer.quarantined == []
    return response


def with_slot(event, name, value):
    event = deepcopy(event)
    event["sessionState"]["intent"]["slots"][name] = value
    return event


def test_slots_are_features(event):
    (record,) = read(event).records
    assert json.loads(record.data) == {
        "event_id": "8f1f4bde-3c0f-4a8b-9dcd-1a6d4b3f5a57",
        "features": {"pages": 3, "spend": 12.5, "returning": True, "device": "mobile", "referrer": "ads"},
    }
    assert record.partition_key == "250894104218157"


def test_the_answer_is_in_words_and_closes_the_dialogue(event):
    response = answered(event)
    assert response["sessionState"]["dialogAction"] == {"type": "Close"}
    assert response["sessionState"]["intent"]["state"] == "Fulfilled"
    assert response["sessionState"]["sessionAttributes"] == {"channel": "web"}
    (message,) = response["messages"]
    assert message["contentType"] == "PlainText"
    assert message["content"].startswith(("The answer is ", "The score is 0."))


def test_what_cannot_be_scored_is_said_by_the_slots_name(event):
    response = answered(with_slot(event, "pages", {"value": {"interpretedValue": "many"}}))
    assert response["sessionState"]["intent"]["state"] == "Failed"
    assert response["messages"][0]["content"] == "This cannot be scored: pages: expected an integer."


@pytest.mark.parametrize("empty", [None, {"value": None}, {"value": {"originalValue": "?"}}])
def test_an_empty_slot_is_a_missing_value(event, empty):
    (record,) = read(with_slot(event, "spend", empty)).records
    assert json.loads(record.data)["features"]["spend"] is None


def test_other_hooks_of_a_bot_are_not_scored(event):
    from sources import SOURCES

    assert not any(source.claims(event | {"invocationSource": "DialogCodeHook"}) for source in SOURCES)
