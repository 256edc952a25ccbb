import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from simulator import (
    Function,
    FunctionFaults,
    Queue,
    QueueBehaviours,
    QueueFaults,
    QueueMapping,
    QueueSettings,
    World,
)
from tests.unit.simulator.conftest import Script

REPORT = QueueSettings(batch_size=4, maximum_concurrency=1, report_batch_item_failures=True)


def test_a_received_message_is_hidden_for_its_visibility_time_out(world: World) -> None:
    queue = Queue(world, visibility_seconds=30)
    queue.send("body")
    [message] = queue.receive(10)
    assert (queue.receive(10), message.receives) == ([], 1)
    world.run(until=world.now + 29)
    assert queue.visible == 0
    world.run(until=world.now + 1)
    assert queue.receive(10) == [message]
    assert message.receives == 2


def test_a_stale_receipt_deletes_nothing(world: World) -> None:
    queue = Queue(world, visibility_seconds=1)
    queue.send("body")
    stale = queue.receive(1)[0].receipt
    world.run()
    fresh = queue.receive(1)[0].receipt
    assert not queue.delete(stale)
    assert not queue.quiet
    assert queue.delete(fresh)
    assert queue.quiet
    world.run()
    assert queue.visible == 0


def test_visibility_can_be_changed(world: World) -> None:
    queue = Queue(world, visibility_seconds=30)
    queue.send("body")
    receipt = queue.receive(1)[0].receipt
    assert queue.change_visibility(receipt, 100)
    world.run(until=world.now + 60)
    assert queue.visible == 0
    assert queue.change_visibility(receipt, 0)
    assert queue.visible == 1
    assert not queue.change_visibility("unknown", 0)


def test_redrive_keeps_message_id_and_body(world: World) -> None:
    grave = Queue(world, arn="arn:aws:sqs:eu-central-1:123456789012:dead")
    queue = Queue(world, visibility_seconds=1, max_receive_count=3, dead_letter=grave)
    sent = queue.send("body")
    for _ in range(3):
        assert queue.receive(1) == [sent]
        world.run()
    assert queue.receive(1) == []
    assert queue.quiet
    [dead] = grave.messages
    assert (dead.message_id, dead.body, dead.sent_at) == (sent.message_id, "body", sent.sent_at)


def test_receive_stays_within_number_and_bytes(world: World) -> None:
    queue = Queue(world)
    for _ in range(5):
        queue.send("x" * 98)
    assert len(queue.receive(3)) == 3
    assert len(queue.receive(3, maximum_bytes=150)) == 1
    assert len(queue.receive(3, maximum_bytes=1)) == 1  # one at least


def test_order_is_not_kept(world: World) -> None:
    queue = Queue(world)
    sent = [queue.send(str(i)) for i in range(100)]
    assert [queue.receive(1)[0] for _ in range(100)] != sent


# The mapping.


class Rig:
    """A queue, a scripted function, a mapping."""

    def __init__(self, world: World, *steps: Any, settings: QueueSettings = REPORT, **mapping: Any) -> None:
        self.world, self.script = world, Script(*steps)
        self.grave = Queue(world, arn="arn:aws:sqs:eu-central-1:123456789012:dead")
        self.queue = Queue(world, visibility_seconds=60, max_receive_count=3, dead_letter=self.grave)
        faults = mapping.pop("function_faults", FunctionFaults())
        function = Function(world, lambda: self.script, faults=faults)
        self.mapping = QueueMapping(world, self.queue, function, settings, **mapping)
        self.messages = [self.queue.send(f"body-{i}") for i in range(4)]

    def run(self) -> "Rig":
        self.world.run()
        assert self.mapping.quiet
        return self

    @property
    def deliveries(self) -> list[int]:
        return sorted(message.deliveries for message in self.messages)


def failing(*indices: int) -> Callable[..., Any]:
    return lambda event, _: {
        "batchItemFailures": [{"itemIdentifier": event["Records"][i]["messageId"]} for i in indices]
    }


def test_the_envelope_is_as_lambda_delivers_it(world: World) -> None:
    rig = Rig(world).run()
    record = next(r for r in rig.script.events[0]["Records"] if r["messageId"] == rig.messages[0].message_id)
    assert record.pop("receiptHandle")
    assert record["attributes"].pop("ApproximateFirstReceiveTimestamp") >= "1700000000000"
    assert record == {
        "messageId": rig.messages[0].message_id,
        "body": "body-0",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1700000000000",
            "SenderId": "AIDAEXAMPLE",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(b"body-0").hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": rig.queue.arn,
        "awsRegion": "eu-central-1",
    }
    assert rig.deliveries == [1, 1, 1, 1]


def test_a_partial_response_deletes_the_others(world: World) -> None:
    rig = Rig(world, failing(1, 2)).run()
    assert rig.script.sizes[0] == 4
    assert rig.deliveries == [1, 1, 2, 2]
    assert rig.script.times[1] - rig.script.times[0] >= 60  # visible again after the visibility time-out only


@pytest.mark.parametrize("step", [ValueError(), lambda *_: {"batchItemFailures": [{"itemIdentifier": "unknown"}]}])
def test_an_exception_or_a_complete_failure_brings_all_back(world: World, step: Any) -> None:
    rig = Rig(world, step).run()
    assert rig.deliveries == [2, 2, 2, 2]


@pytest.mark.parametrize(("treated", "deliveries"), [("success", 1), ("failure", 2)])
@pytest.mark.parametrize(
    ("response", "switch"),
    [({"failures": []}, "misspelt_key"), ("text", "not_an_object"), ({"batchItemFailures": {}}, "malformed_list")],
)
def test_malformed_responses_follow_their_switch(
    world: World, response: Any, switch: str, treated: Any, deliveries: int
) -> None:
    if response == {"batchItemFailures": {}}:
        response = {"batchItemFailures": {"a": 1}}
    rig = Rig(world, response, behaviours=QueueBehaviours(**{switch: treated})).run()
    assert rig.deliveries == [deliveries] * 4


def test_without_report_batch_item_failures_every_response_is_success(world: World) -> None:
    rig = Rig(world, failing(0), settings=QueueSettings(batch_size=4)).run()
    assert rig.deliveries == [1, 1, 1, 1]


def test_what_fails_too_often_goes_to_the_dead_letter_queue(world: World) -> None:
    rig = Rig(world, *[ValueError()] * 100).run()
    assert rig.deliveries == [3, 3, 3, 3]
    assert sorted(m.body for m in rig.grave.messages) == [f"body-{i}" for i in range(4)]


def test_a_throttle_uses_up_a_receipt(world: World) -> None:
    rig = Rig(world, function_faults=FunctionFaults(throttle=1)).run()
    assert rig.script.events == []
    assert len(rig.grave.messages) == 4


def test_a_delete_that_fails_brings_the_messages_again(world: World) -> None:
    rig = Rig(world)
    rig.mapping.faults = QueueFaults(delete_fails=1)
    world.after(10, lambda: setattr(rig.mapping, "faults", QueueFaults()))
    rig.run()
    assert rig.deliveries == [2, 2, 2, 2]


def test_an_invocation_that_outlasts_the_visibility_overlaps_with_the_next(world: World) -> None:
    settings = QueueSettings(batch_size=4, maximum_concurrency=2)
    rig = Rig(world, settings=settings)
    rig.mapping.function.timeout_seconds = 300
    rig.script.steps = [lambda event, _: world.pass_time(100)]
    rig.run()
    assert rig.script.sizes == [4, 4]
    assert rig.script.times[1] - rig.script.times[0] < 100


def test_concurrency_is_bounded(world: World) -> None:
    rig = Rig(world, settings=QueueSettings(batch_size=1, maximum_concurrency=2))
    most = 0

    def watch(event: Any, _: Any) -> None:
        nonlocal most
        most = max(most, rig.mapping.function.in_flight + 1)
        world.pass_time(1)

    rig.script.steps = [watch] * 4
    rig.run()
    assert most == 2


def test_the_window_gathers_a_batch(world: World) -> None:
    rig = Rig(world, settings=QueueSettings(batch_size=100, window_seconds=5))
    world.after(3, lambda: rig.messages.append(rig.queue.send("late")))
    rig.run()
    assert rig.script.sizes == [5]


def test_switched_off_it_receives_nothing(world: World) -> None:
    rig = Rig(world)
    rig.mapping.switch_off()
    world.run()
    assert rig.script.events == []
    rig.mapping.switch_on()
    rig.run()
    assert rig.deliveries == [1, 1, 1, 1]
