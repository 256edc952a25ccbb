"""Runs a case in the simulator."""

import json
from collections import Counter
from typing import Any

from ..aws.s3 import Buckets, S3Client
from ..destination import Destination
from ..function import Function, FunctionFaults, Handler
from ..kinesis import Stream
from ..kinesis_mapping import KinesisMapping
from ..sqs import Queue
from ..sqs_mapping import QueueMapping, QueueSettings
from ..world import World
from .cases import QueueCase, QueueObserved, StreamCase, StreamObserved, failure

_DESTINATION = "failures"


def stream_on_simulator(case: StreamCase, seed: int = 0) -> StreamObserved:
    """What the simulated Kinesis mapping does."""
    world, said = World(seed), list[list[str]]()
    buckets = Buckets(world)
    stream = Stream(world, shards=1)
    destination = Destination(world, S3Client(world, buckets), _DESTINATION)
    mapping = KinesisMapping(world, stream, _function(world, case.function, said), case.settings, destination)
    mapping.switch_off()
    stream.put_many(("key", datum.encode()) for datum in case.data[: case.aged])
    if case.aged:
        world.run(world.now + case.settings.maximum_record_age_seconds)
    stream.put_many(("key", datum.encode()) for datum in case.data[case.aged :])
    mapping.switch_on()
    world.run()
    failures = [failure(key, json.loads(body)) for key, body in buckets.objects(_DESTINATION).items()]
    return StreamObserved(tuple(map(tuple, said)), tuple(sorted(failures, key=lambda one: one.data)))


def queue_on_simulator(case: QueueCase, seed: int = 0) -> QueueObserved:
    """What the simulated SQS mapping does. Raises AssertionError where a dead letter has another MessageId."""
    world, said = World(seed), list[list[str]]()
    dead = Queue(world, "arn:aws:sqs:eu-central-1:123456789012:dead")
    queue = Queue(
        world,
        visibility_seconds=case.visibility_seconds,
        max_receive_count=case.max_receive_count,
        dead_letter=dead,
    )
    settings = QueueSettings(report_batch_item_failures=True)
    QueueMapping(world, queue, _function(world, case.function, said), settings)
    sent = {datum: queue.send(datum).message_id for datum in case.data}
    world.run()
    for message in dead.messages:
        if message.message_id != (due := sent[message.body]):
            raise AssertionError(f"expected the MessageId that it was sent under, {due}, got {message.message_id}")
    return QueueObserved(Counter(datum for batch in said for datum in batch), frozenset(m.body for m in dead.messages))


def _function(world: World, source: str, said: list[list[str]]) -> Function:
    """The case's function; what it prints goes to `said`."""

    def keep(word: str, text: str, **_: Any) -> None:
        said.append(json.loads(text))

    def make() -> Handler:
        names: dict[str, Any] = {"print": keep}
        exec(compile(source, "case", "exec"), names)  # noqa: S102 - the cases' own text
        handler: Handler = names["handle"]
        return handler

    return Function(world, make, faults=FunctionFaults(recycle=0.0))
