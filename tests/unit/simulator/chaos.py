"""One run with everything that can go wrong, of all three sources; `digest` tells whether two runs were the same."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator import (
    AsyncFaults,
    AsyncInvoker,
    Behaviours,
    Buckets,
    CallFaults,
    Context,
    Destination,
    Function,
    FunctionFaults,
    Handler,
    KinesisClient,
    KinesisMapping,
    KinesisSettings,
    PollerFaults,
    Queue,
    QueueBehaviours,
    QueueFaults,
    QueueMapping,
    QueueSettings,
    S3Client,
    Stream,
    Topic,
    TopicFaults,
    World,
)

FUNCTION_FAULTS = FunctionFaults(kill=0.05, throttle=0.05, service_error=0.02, recycle=0.1)
CALL_FAULTS = CallFaults(
    throttle=0.05, server_error=0.05, connect_timeout=0.02, read_timeout=0.02, late_timeout=0.02, slow=0.05, partial=0.1
)  # fmt: skip


@dataclass
class Chaos:
    """What came of a run."""

    world: World
    stream: Stream
    kinesis: KinesisMapping
    topic: Topic
    invoker: AsyncInvoker
    queued: QueueMapping
    grave: Queue
    lost_and_found: Destination
    committed: list[tuple[float, str, bytes]]

    @property
    def digest(self) -> str:
        counts = [sorted(source.counts.items()) for source in (self.kinesis, self.invoker, self.queued)]
        deliveries = [record.deliveries for record in self.stream.records]
        seen = (self.committed, counts, deliveries, self.lost_and_found.keys, self.world.now, self.world.trace())
        return hashlib.sha256(repr(seen).encode()).hexdigest()


def run(seed: int, records: int = 1000, messages: int = 50) -> Chaos:
    """A run until all is quiet. The handler copies what it gets into a sink, and fails now and then."""
    world = World(seed)
    random = world.random
    committed: list[tuple[float, str, bytes]] = []

    def make() -> Handler:
        sink = KinesisClient(world, lambda *entry: committed.append(entry), faults=CALL_FAULTS, attempts=2)

        def handle(event: Any, context: Context) -> Any:
            if random.random() < 0.05:
                raise RuntimeError("a bug")
            entries = [{"Data": _identifier(record), "PartitionKey": "key"} for record in event["Records"]]
            answer = sink.put_records(StreamARN="arn", Records=entries)
            refused = [i for i, entry in enumerate(answer["Records"]) if "ErrorCode" in entry]
            if refused and "Sns" in event["Records"][0]:
                raise RuntimeError("not published")
            return {"batchItemFailures": [{"itemIdentifier": entries[i]["Data"]} for i in refused]}

        return handle

    def function() -> Function:
        return Function(world, make, concurrency=20, faults=FUNCTION_FAULTS)

    buckets = Buckets(world)
    lost_and_found = Destination(world, S3Client(world, buckets, faults=CALL_FAULTS), "failures")

    stream = Stream(world, shards=3)
    settings = KinesisSettings(
        random.choice((10, 100)), random.choice((0, 5)), random.choice((1, 3)), 4, 7200, True, True
    )
    poller_faults = PollerFaults(crash=0.03, checkpoint_lag=0.2, duplicate=0.03, short_batch=0.2)
    kinesis = KinesisMapping(
        world, stream, function(), settings, lost_and_found, Behaviours.draw(random), poller_faults
    )

    topic = Topic(world, faults=TopicFaults(duplicate=0.03))
    invoker = AsyncInvoker(world, function(), on_failure=lost_and_found, faults=AsyncFaults(duplicate=0.03))
    topic.subscribe_function(invoker)
    grave = Queue(world, arn="arn:aws:sqs:eu-central-1:123456789012:dead")
    queue = Queue(world, visibility_seconds=360, dead_letter=grave)
    queued = QueueMapping(
        world,
        queue,
        function(),
        QueueSettings(report_batch_item_failures=True),
        QueueBehaviours.draw(random),
        QueueFaults(delete_fails=0.05, short_batch=0.2),
    )
    topic.subscribe_queue(queue)

    def put(number: int) -> None:
        stream.put_many((f"key-{i % 37}", f"data-{number}-{i}".encode()) for i in range(records // 10))
        for i in range(messages // 10):
            topic.publish(f"message-{number}-{i}", {"partition_key": f"key-{i}"})
        if number == 3:
            stream.split(random.choice(stream.open_shards).id)
        if number == 6:
            left, right = stream.open_shards[1:3]
            stream.merge(left.id, right.id)

    for number in range(10):
        world.after(20.0 * number, partial(put, number))
    world.run()
    return Chaos(world, stream, kinesis, topic, invoker, queued, grave, lost_and_found, committed)


def _identifier(record: dict[str, Any]) -> str:
    if "kinesis" in record:
        return str(record["kinesis"]["sequenceNumber"])
    return str(record["messageId"] if "messageId" in record else record["Sns"]["MessageId"])


if __name__ == "__main__":
    print(run(seed=11).digest)
