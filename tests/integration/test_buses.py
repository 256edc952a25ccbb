"""An EventBridge bus as an event source: the details of its events are scored, bad ones quarantined."""

import json
import uuid
from collections.abc import Callable
from itertools import islice

import pytest

from millrace.paths import ROOT
from millrace.redrive import DEAD_LETTERS, RedriveResult, Selection
from millrace.redrive.stack import for_stack
from millrace.sources import path_of
from stream_producers.synthetic import Sessions
from tests.integration.harness import Harness, wait_for


def test_events_of_a_bus_are_scored(harness: Callable[[str], Harness]) -> None:
    direct = harness("direct")
    bus, events = direct.stack.outputs["sources"]["event_bus"]["name"], direct.stack.client("events")
    sent = list(islice(Sessions(520).events(), 10))
    entries = [
        {"EventBusName": bus, "Source": "acme.shop", "DetailType": "Session", "Detail": event.data.decode()}
        for event in sent
    ]

    assert events.put_events(Entries=entries)["FailedEntryCount"] == 0

    def found() -> list[str]:
        return sorted(p.event_id for p in direct.predictions.values() if p.path == path_of("eventbridge"))

    wait_for(lambda: found() == sorted(event.event_id for event in sent))


def test_a_bad_event_of_a_bus_is_quarantined(harness: Callable[[str], Harness]) -> None:
    direct = harness("direct")
    bus, events = direct.stack.outputs["sources"]["event_bus"]["name"], direct.stack.client("events")
    s3, store = direct.stack.client("s3"), direct.stack.outputs["failure_store"]
    detail = json.dumps({"event_id": "bad on a bus", "features": {"pages_viewed": "many"}})
    answer = events.put_events(
        Entries=[{"EventBusName": bus, "Source": "acme.shop", "DetailType": "Session", "Detail": detail}]
    )
    name = answer["Entries"][0]["EventId"]

    def codes() -> list[str]:
        listed = s3.list_objects_v2(Bucket=store["bucket"], Prefix=store["quarantine_prefix"]).get("Contents", [])
        bodies = [s3.get_object(Bucket=store["bucket"], Key=entry["Key"])["Body"].read() for entry in listed]
        entries = [json.loads(line) for body in bodies for line in body.splitlines()]
        return [entry["code"] for entry in entries if entry["partition_key"] == name]

    wait_for(lambda: len(codes()) == 1)


@pytest.mark.long(only=True)
def test_an_event_that_a_bus_could_not_hand_over_comes_back(harness: Callable[[str], Harness]) -> None:
    """LocalStack's rules have no dead-letter queue: the event is put there as EventBridge would."""
    direct = harness("direct")
    (sent,) = islice(Sessions(521).events(), 1)
    recorded = json.loads((ROOT / "tests" / "events" / "eventbridge.json").read_text())
    event = recorded | {"id": str(uuid.uuid4()), "detail": json.loads(sent.data)}
    url = direct.stack.outputs["sources"]["event_bus"]["dead_letter_queue_url"]
    direct.stack.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))

    redrive, dead_letters = for_stack(direct.stack), Selection(origins=frozenset({DEAD_LETTERS}))
    assert redrive.survey(dead_letters).records == 1
    assert redrive.run(dead_letters).predictions == 1
    wait_for(lambda: sent.event_id in [one.event_id for one in direct.predictions.values()])
    assert redrive.run(dead_letters) == RedriveResult(), "a second run finds nothing"
