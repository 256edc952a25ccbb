import json
import sys
from types import ModuleType

import pytest

from records.delivered import Delivered
from scorer import raw_events
from sources.errors import UnknownEventSource
from tests.fakes import envelopes


class Theirs:
    """The runtime client's own marshaller, as far as it goes."""

    def unmarshal_request(self, request, content_type="application/json"):
        return json.loads(request) if content_type == "application/json" else request

    def marshal_response(self, response):
        return json.dumps(response), "application/json"


@pytest.fixture(params=["BaseLambdaRuntimeClient", "LambdaRuntimeClient"])
def client(request, monkeypatch):
    """A runtime client that is running; the class had another name before version 3."""
    owner = type(request.param, (), {"marshaller": Theirs()})
    module = ModuleType(raw_events.CLIENT)
    setattr(module, request.param, owner)
    monkeypatch.setitem(sys.modules, raw_events.CLIENT, module)
    return owner


@pytest.mark.parametrize("request_body", ['{"Records": []}', b'{"Records": []}'], ids=["text", "bytes"])
def test_the_client_hands_over_the_bytes_and_answers_as_before(client, request_body):
    assert raw_events.enable()
    assert client.marshaller.unmarshal_request(request_body, "application/json") == b'{"Records": []}'
    assert client.marshaller.marshal_response({"a": 1}) == ('{"a": 1}', "application/json")


def test_without_a_running_client_there_is_nobody_to_ask():
    assert raw_events.CLIENT not in sys.modules
    assert not raw_events.enable()


def test_a_client_without_a_place_for_it_is_left_alone(client):
    del client.marshaller
    assert not raw_events.enable()


@pytest.mark.parametrize(
    "event",
    [
        envelopes.kinesis(envelopes.event(0), envelopes.event(1)),
        envelopes.sqs(envelopes.event(0)),
        envelopes.sns(envelopes.event(0)),
    ],
    ids=["kinesis", "sqs", "sns"],
)
def test_a_raw_event_gives_the_batch_that_the_event_gives(event):
    raw, parsed = envelopes.read(json.dumps(event).encode()), envelopes.read(event)
    assert (raw.source, raw.records) == (parsed.source, parsed.records)
    assert raw.respond(Delivered()) == parsed.respond(Delivered())


@pytest.mark.parametrize("event", [b"[]", b'{"Records": [{"eventSource": "aws:codecommit"}]}'])
def test_a_raw_event_of_another_kind_is_a_mistake_in_the_wiring(event):
    with pytest.raises(UnknownEventSource):
        envelopes.read(event)


def test_what_is_no_json_fails_the_invocation():
    with pytest.raises(ValueError, match="Expecting"):
        envelopes.read(b"nonsense")
