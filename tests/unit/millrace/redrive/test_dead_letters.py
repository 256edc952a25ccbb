"""Dead letters of an EventBridge rule, and of queues that hold what looks like them."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

import sources
from millrace.redrive.dead_letters import RECEIVED_TOO_OFTEN, UNDELIVERABLE, parse
from tests.fakes.envelopes import MODEL, QUEUE_ARN

TIMES = {"SentTimestamp": "1700000000000", "ApproximateReceiveCount": "1"}


def message(body: str, **attributes: str) -> dict[str, Any]:
    return {"MessageId": "m-1", "ReceiptHandle": "r", "Body": body, "Attributes": TIMES | attributes}


@pytest.fixture
def event(recorded: Callable[[str], Any]) -> Any:
    return recorded("eventbridge")


def test_an_event_that_a_rule_could_not_hand_over_keeps_its_id(event: Any) -> None:
    """EventBridge sends the event itself, with the reason in message attributes."""
    (expected,) = sources.read(event, MODEL).records
    (waiting,) = parse(message(json.dumps(event)), MODEL)
    assert waiting.prediction_id == expected.prediction_id
    assert waiting.envelope["source"] == expected.describe()
    assert base64.b64decode(waiting.envelope["data"]) == expected.data
    assert waiting.reason == UNDELIVERABLE


def test_a_queues_own_message_is_its_own_whatever_is_in_it(event: Any) -> None:
    """A rule may send events to a queue: the scorer saw messages, whose ids are others than the event's."""
    (waiting,) = parse(message(json.dumps(event), DeadLetterQueueSourceArn=QUEUE_ARN), MODEL)
    source = waiting.envelope["source"]
    assert (source["type"], source["arn"], source["position"]) == ("sqs", QUEUE_ARN, "m-1")
    assert json.loads(base64.b64decode(waiting.envelope["data"])) == event
    assert waiting.reason == RECEIVED_TOO_OFTEN
