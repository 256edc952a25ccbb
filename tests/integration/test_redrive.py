"""What failed for good comes back: through LocalStack's own on-failure objects, dead letters and S3 versions."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from millrace.accounting.account import Found
from millrace.accounting.failures import Failures
from millrace.redrive import DEAD_LETTERS, ON_FAILURE, QUARANTINE, Redrive, RedriveResult, Selection, seconds
from millrace.redrive.stack import for_stack
from millrace.stack import Stack
from stream_producers.synthetic import Sessions
from tests.integration.harness import Harness, wait_for
from tests.integration.proxy import FaultProxy, Request, Response

OpenStack = Callable[[str], Harness]


class GivenUp:
    """What of that which was sent lies in the on-failure store or in the dead-letter queue.

    A dead letter that one look saw is hidden from the next: those that were seen count on.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness, self._failures, self._found = harness, Failures(harness.stack), Found()

    def __call__(self) -> set[str]:
        self._failures.add_to(self._found)
        sent = self._harness.by_id(self._harness.receipts).keys()
        return sent & (self._found.on_failure | self._found.dead_letters)


@contextmanager
def little_patience(stack: Stack) -> Iterator[None]:
    """One retry for the stream, none for the queue: retries as they are would take minutes."""
    mappings, sqs = stack.client("lambda"), stack.client("sqs")
    stream, topic = stack.outputs["event_stream"]["arn"], stack.outputs["event_topic"]
    (mapping,) = mappings.list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]
    uuid, retries = mapping["UUID"], mapping["MaximumRetryAttempts"]
    attributes = sqs.get_queue_attributes(QueueUrl=topic["queue_url"], AttributeNames=["All"])["Attributes"]
    before = {name: attributes[name] for name in ("RedrivePolicy", "VisibilityTimeout")}
    policy = json.dumps(json.loads(before["RedrivePolicy"]) | {"maxReceiveCount": 1})

    def enabled() -> bool:
        return bool(mappings.get_event_source_mapping(UUID=uuid)["State"] == "Enabled")

    def set_to(attempts: int, queue: dict[str, str]) -> None:
        sqs.set_queue_attributes(QueueUrl=topic["queue_url"], Attributes=queue)
        mappings.update_event_source_mapping(UUID=uuid, MaximumRetryAttempts=attempts)
        wait_for(enabled)

    set_to(1, {"RedrivePolicy": policy, "VisibilityTimeout": "12"})
    try:
        yield
    finally:
        set_to(retries, before)


def sinks_are_down(request: Request) -> Response | None:
    return Response(503) if request.operation in ("PutRecords", "SendMessageBatch") else None


def redriven(redrive: Redrive, selection: Selection) -> list[RedriveResult]:
    """Redrive until it is done: a container that saw the outage asks its sink again only after a while."""
    results: list[RedriveResult] = []

    def done() -> bool:
        results.append(redrive.run(selection))
        return results[-1].complete

    wait_for(done)
    return results


def test_an_outage_longer_than_all_retries_is_made_good(harness: OpenStack, proxy: FaultProxy) -> None:
    queued, direct = harness("queued"), harness("direct")
    given_up = {opened: GivenUp(opened) for opened in (queued, direct)}
    with little_patience(queued.stack), proxy.fault(sinks_are_down):
        queued.send(islice(Sessions(701).events(), 20), queued.stream)
        queued.send(islice(Sessions(702).events(), 3), queued.topic)
        direct.send(islice(Sessions(703).events(), 2), direct.topic)
        wait_for(lambda: (len(given_up[queued]()), len(given_up[direct]())) == (23, 2), 600)

    for opened, origins in ((queued, {ON_FAILURE, DEAD_LETTERS}), (direct, {ON_FAILURE})):
        ids = opened.by_id(opened.receipts).keys()
        redrive, selection = for_stack(opened.stack), Selection()

        survey = redrive.survey(selection)

        assert survey.records == len(ids)
        assert {group.origin for group in survey.groups} == origins
        assert {group.reason for group in survey.groups} <= {
            "RetryAttemptsExhausted",
            "RetriesExhausted",
            "ReceivedTooOften",
        }
        assert not opened.predictions.keys() & ids, "looking changes nothing"

        opened.end_containers()  # new ones need not wait so long
        results = redriven(redrive, selection)

        assert sum(result.predictions for result in results) == len(ids)
        wait_for(lambda ids=ids, opened=opened: ids <= opened.predictions.keys())  # type: ignore[misc]
        assert not GivenUp(opened)()
        assert opened.settle().predictions == len(ids)
        assert redrive.run(selection) == RedriveResult(), "a second run finds nothing"


def test_what_is_quarantined_anew_takes_the_place_of_what_was_there(harness: OpenStack) -> None:
    """Its object has the same key; only the version that was read goes."""
    queued = harness("queued")
    event = next(Sessions(704).events())
    (receipt,) = queued.send(
        [event._replace(data=b"not JSON", outcome=None, expected_code="INVALID_JSON")], queued.stream
    )
    queued.settle()
    (key,) = queued.by_id([receipt])
    (before,) = entries(queued.stack, key)
    arrived = seconds(before["source"]["arrived_at"])

    selection = Selection(origins=frozenset({QUARANTINE}), since=arrived, until=arrived + 0.001)
    result = for_stack(queued.stack).run(selection)

    assert result.quarantined == {"INVALID_JSON": 1}
    (after,) = entries(queued.stack, key)
    assert after["quarantined_at"] > before["quarantined_at"]
    assert {**after, "quarantined_at": ""} == {**before, "quarantined_at": ""}
    assert queued.settle().quarantined == {"INVALID_JSON": 1}


def entries(stack: Stack, prediction_id: str) -> list[dict[str, Any]]:
    """The quarantine entries of an event."""
    s3, store = stack.client("s3"), stack.outputs["failure_store"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=store["bucket"], Prefix=store["quarantine_prefix"])
    bodies = [
        s3.get_object(Bucket=store["bucket"], Key=item["Key"])["Body"].read()
        for page in pages
        for item in page.get("Contents", [])
    ]
    found = [json.loads(line) for body in bodies for line in body.splitlines()]
    return [entry for entry in found if entry["prediction_id"] == prediction_id]
