"""FIFO queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html"""

from simulator import FifoQueue, Queue, World


def sent(world: World, **settings: object) -> FifoQueue:
    queue = FifoQueue(world, **settings)  # type: ignore[arg-type]
    for number in range(4):
        queue.send(f"m{number}", "ab"[number % 2])
    return queue


def test_messages_come_in_order_and_a_group_waits_for_its_first() -> None:
    world = World(1)
    queue = sent(world)
    (first,) = queue.receive(1)
    assert [message.body for message in queue.receive(10)] == ["m1", "m3"]
    assert queue.receive(10) == []
    assert queue.delete(first.receipt)
    assert [message.body for message in queue.receive(10)] == ["m2"]
    world.run(until=world.now + 31)
    assert [message.body for message in queue.receive(10)] == ["m1", "m2", "m3"]


def test_a_copy_within_five_minutes_is_dropped() -> None:
    world = World(1)
    queue = FifoQueue(world)
    first = queue.send("m", "a", "same")
    assert queue.send("m", "a", "same") is first
    world.run(until=world.now + 301)
    assert queue.send("m", "a", "same") is not first
    assert len(queue.messages) == 2


def test_a_message_that_came_too_often_is_a_dead_letter_and_its_group_continues() -> None:
    world = World(1)
    grave = Queue(world, "arn:aws:sqs:eu-central-1:123456789012:dead.fifo")
    queue = sent(world, max_receive_count=1, dead_letter=grave)
    (first,) = queue.receive(1)
    world.run(until=world.now + 31)
    assert [message.body for message in queue.receive(10)] == ["m1", "m2", "m3"]
    assert grave.messages == [first]


def test_an_envelope_names_its_group() -> None:
    queue = sent(World(1))
    attributes = queue.envelope(queue.receive(1)[0])["attributes"]
    assert (attributes["MessageGroupId"], attributes["SequenceNumber"]) == ("a", "0" * 19 + "1")
