import json
from typing import Any

from simulator import AsyncInvoker, Function, Queue, Topic, TopicFaults, World
from tests.unit.simulator.conftest import Script

NOTIFICATION = {
    "Type": "Notification",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:events",
    "Message": "text",
    "Timestamp": "2023-11-14T22:13:20.000Z",
    "SignatureVersion": "1",
    "Signature": "EXAMPLE",
    "MessageAttributes": {"partition_key": {"Type": "String", "Value": "alice"}},
}
HOST = "https://sns.eu-central-1.amazonaws.com/"
LINKS = (f"{HOST}SimpleNotificationService-0.pem", f"{HOST}?Action=Unsubscribe")


def test_a_function_gets_one_notification_an_invocation(world: World) -> None:
    script, topic = Script(), Topic(world)
    topic.subscribe_function(AsyncInvoker(world, Function(world, lambda: script)))
    ids = [topic.publish("text", {"partition_key": "alice"}) for _ in range(2)]
    world.run()
    records: list[Any] = [record for event in script.events for record in event["Records"]]
    assert len(script.events) == len(records) == 2
    assert sorted(record["Sns"].pop("MessageId") for record in records) == sorted(ids)
    assert records[0].pop("EventSubscriptionArn").startswith(topic.arn + ":")
    assert records[0] == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "Sns": {**NOTIFICATION, "Subject": None, "SigningCertUrl": LINKS[0], "UnsubscribeUrl": LINKS[1]},
    }
    assert [topic.notifications[message_id].deliveries for message_id in ids] == [1, 1]


def test_a_queue_gets_the_notification_as_the_body(world: World) -> None:
    queue, topic = Queue(world), Topic(world)
    topic.subscribe_queue(queue)
    message_id = topic.publish("text", {"partition_key": "alice"})
    assert not topic.quiet
    world.run()
    assert topic.quiet
    [message] = queue.messages
    assert message.message_id != message_id
    assert json.loads(message.body) == {
        **NOTIFICATION,
        "MessageId": message_id,
        "SigningCertURL": LINKS[0],
        "UnsubscribeURL": LINKS[1],
    }


def test_a_delivery_can_come_twice_under_the_same_message_id(world: World) -> None:
    queue, topic = Queue(world), Topic(world, faults=TopicFaults(duplicate=1))
    topic.subscribe_queue(queue)
    topic.publish("text")
    world.run()
    first, second = (json.loads(message.body)["MessageId"] for message in queue.messages)
    assert first == second
