"""DynamoDB streams and FIFO queues: the real scorer behind their mappings, with faults; nothing lost, and in order.

Their batches, bisection, partial failures and on-failure objects are those of AWS; the scenarios of test_seeds.py have
Kinesis, SNS and standard queues.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from model_store.release import Release
from model_store.store import ModelStore
from records.identity import prediction_id
from simulator import (
    Buckets,
    CallFaults,
    Destination,
    FifoQueue,
    Function,
    FunctionFaults,
    KinesisClient,
    KinesisMapping,
    KinesisSettings,
    Outage,
    PollerFaults,
    Queue,
    QueueFaults,
    QueueMapping,
    QueueSettings,
    S3Client,
    TableStream,
    Violation,
    World,
)
from sources.dynamodb import DynamoDbSource
from sources.lambda_records import LambdaRecords, batch_item_failures
from sources.sqs import SqsSource
from tests.fakes import envelopes
from tests.fakes.two_steps import TwoSteps
from tests.simulation import models
from tests.simulation.cloud import FAILURES, MODELS
from tests.simulation.plain_scorer import handler
from tests.simulation.stack import QUARANTINE

SEEDS, EVENTS, KEYS = 4, 300, 12
START = 1_700_000_000.0
CALLS = CallFaults(
    throttle=0.05,
    read_timeout=0.1,
    late_timeout=0.05,
    partial=1.0,
    partial_share=0.9,
    outages=(Outage(START + 80, START + 130),),
)
KILLS = FunctionFaults(kill=0.05)
POLLERS = PollerFaults(crash=0.03, checkpoint_lag=0.1, duplicate=0.02, short_batch=0.3)
BAD = {"event_id": "bad"}  # without features


class Source:
    """The scorer with a sink that fails in part. `published`: event ids as the sink took them."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed, START)
        self.buckets = Buckets(self.world)
        self.published: list[str] = []
        self.ids: set[str] = set()
        self.sink = KinesisClient(self.world, self._took, faults=CALLS)
        store = ModelStore(S3Client(self.world, self.buckets), MODELS, models.NAME)
        pointer = store.publish(models.artifact(models.VERSIONS[0]))
        store.put_release(Release(pointer, "2026-01-02T03:04:05.000Z"), replacing=None)
        self.function = Function(self.world, self._container, timeout_seconds=10.0, faults=KILLS)
        self.destination = Destination(self.world, S3Client(self.world, self.buckets), FAILURES)

    def _took(self, time: float, partition_key: str, body: bytes) -> None:
        prediction = json.loads(body)
        self.published.append(prediction["event_id"])
        self.ids.add(prediction["prediction_id"])

    def _container(self) -> Any:
        return handler(self.world, self._client, lambda line: None)

    def _client(self, service: str, attempts: int = 1) -> Any:
        return TwoSteps(self.sink if service == "kinesis" else S3Client(self.world, self.buckets))

    def quarantined(self) -> int:
        bodies = self.buckets.objects(FAILURES, QUARANTINE).values()
        return len({json.loads(line)["prediction_id"] for body in bodies for line in body.splitlines()})


def typed(value: Any) -> dict[str, Any]:
    """A JSON value as DynamoDB has it."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, dict):
        return {"M": {name: typed(member) for name, member in value.items()}}
    return {"S": value}


class Table(Source):
    """Items that change again and again, some without a new image, one that is no event."""

    def __init__(self, seed: int, retries: int = 20, **settings: Any) -> None:
        super().__init__(seed)
        self.stream = TableStream(self.world, key="key")
        made = KinesisSettings(
            batch_size=40,
            maximum_retry_attempts=retries,
            bisect_batch_on_function_error=True,
            report_batch_item_failures=True,
            **settings,
        )
        self.mapping = KinesisMapping(self.world, self.stream, self.function, made, self.destination, faults=POLLERS)
        self.changes: dict[str, Any] = {}
        self.bad: Any = None
        self.removed: list[Any] = []

    def run(self) -> None:
        """Raises Violation for a change that is nowhere, or an order that is none."""
        for begun in range(0, EVENTS, 50):
            self.world.at(self.world.now + begun, lambda first=begun: self._put(first))
        self.world.run()
        if not self.mapping.quiet:
            raise Violation("the mapping comes to its end", "it did not")
        failures = self.buckets.objects(FAILURES, "aws/lambda/").values()
        documents = [json.loads(body) for body in failures]
        given_up = {record["eventID"] for one in documents for record in json.loads(one["payload"])["Records"]}
        for event_id, change in self.changes.items():
            position = change.envelope["eventID"]
            there = prediction_id(models.NAME, (self.stream.arn, position)) in self.ids
            if not there and position not in given_up:
                raise Violation("none lost", event_id)
        if any(one["DDBStreamBatchInfo"]["streamArn"] != self.stream.arn for one in documents):
            raise Violation("on-failure objects name the stream", "another")
        if self.quarantined() + (self.bad.envelope["eventID"] in given_up) < 1 or self.quarantined() > 1:
            raise Violation("the bad item is in quarantine, once", str(self.quarantined()))
        if len(self.ids) > len(self.changes):
            raise Violation("none invented", f"{len(self.ids)} predictions")

    def _put(self, first: int) -> None:
        for number in range(first, first + 50):
            key = f"k-{number % KEYS}"
            item = {"key": {"S": key}, **{name: typed(value) for name, value in envelopes.event(number).items()}}
            (self.changes[f"e-{number}"],) = self.stream.change([item])
            if number % 25 == 0:
                self.removed += self.stream.remove([{"key": {"S": key}}])
        if not first:
            (self.bad,) = self.stream.change(
                [{"key": {"S": "bad"}, **{name: typed(value) for name, value in BAD.items()}}]
            )
        if first == 100:
            self.stream.split(self.stream.open_shards[0].id)


class Fifo(Source):
    """Groups of which messages fail again and again, and one message that is no event."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.dead = Queue(self.world, "arn:aws:sqs:eu-central-1:123456789012:dead.fifo")
        self.queue = FifoQueue(self.world, visibility_seconds=180.0, max_receive_count=5, dead_letter=self.dead)
        settings = QueueSettings(batch_size=10, maximum_concurrency=4, report_batch_item_failures=True)
        faults = QueueFaults(delete_fails=0.03, short_batch=0.3)
        self.mapping = QueueMapping(self.world, self.queue, self.function, settings, faults=faults)
        self.sent: dict[str, Any] = {}

    def run(self) -> None:
        """Raises Violation for a message that is nowhere, or that was deleted before an earlier one of its group."""
        for begun in range(0, EVENTS, 50):
            self.world.at(self.world.now + begun, lambda first=begun: self._send(first))
        self.world.run()
        if not self.mapping.quiet:
            raise Violation("the mapping comes to its end", "it did not")
        dead = {message.message_id for message in self.dead.messages}
        for event_id, message in self.sent.items():
            if event_id not in self.published and message.message_id not in dead:
                raise Violation("none lost", event_id)
        if self.quarantined() != 1:
            raise Violation("the bad message is in quarantine, once", str(self.quarantined()))
        last: dict[str, int] = {}
        for message in self.queue.gone:
            if message.sequence < last.get(message.group, 0):
                raise Violation("a group is done in order", message.message_id)
            last[message.group] = message.sequence

    def _send(self, first: int) -> None:
        for number in range(first, first + 50):
            event = json.dumps(envelopes.event(number))
            self.sent[f"e-{number}"] = self.queue.send(event, f"group-{number % KEYS}", f"e-{number}")
            if self.queue.send(event, f"group-{number % KEYS}", f"e-{number}") is not self.sent[f"e-{number}"]:
                raise Violation("copies are dropped", str(number))
        if not first:
            self.queue.send(json.dumps(BAD), "group-0", "bad")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_change_of_a_table_is_scored_quarantined_or_in_the_failure_store(seed: int) -> None:
    table = Table(seed)
    table.run()
    assert table.mapping.counts["partial_failures"] > 0
    assert all(change.deliveries for change in table.removed)


def test_a_table_whose_batches_fail_is_bisected_and_given_up() -> None:
    """All of AWS's detours were taken, over the seeds."""
    counts = dict.fromkeys(("bisections", "given_up", "crashes", "function_errors", "partial_failures"), 0)
    for seed in range(SEEDS):
        table = Table(100 + seed, retries=1, parallelization_factor=2)
        table.run()
        counts = {name: count + table.mapping.counts[name] for name, count in counts.items()}
    assert all(counts.values()), counts


@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_message_of_a_fifo_queue_is_scored_or_a_dead_letter_in_order(seed: int) -> None:
    queue = Fifo(seed)
    queue.run()
    assert queue.mapping.counts["partial_failures"] > 0


@contextmanager
def respond_as(source: type, respond: Callable[..., Any]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "respond", respond)
        yield


def _highest(self: Any, envelopes: Any, delivered: Any) -> Any:
    failed = [record.delivery_id for record in delivered.failed]
    return batch_item_failures({max(failed, key=int)} if failed else set())


def _lowest_as_text(self: Any, envelopes: Any, delivered: Any) -> Any:
    failed = [record.delivery_id for record in delivered.failed]
    return batch_item_failures({min(failed)} if failed else set())


def _nothing(self: Any, envelopes: Any, delivered: Any) -> Any:
    return batch_item_failures(set())


def _each_alone(self: Any, envelopes: Any, delivered: Any) -> Any:
    return LambdaRecords.respond(self, envelopes, delivered)


@pytest.mark.parametrize(
    ("made", "source", "respond", "broken"),
    [
        (Table, DynamoDbSource, _highest, "none lost"),
        (Table, DynamoDbSource, _lowest_as_text, "none lost"),
        (Table, DynamoDbSource, _nothing, "none lost"),
        (Fifo, SqsSource, _each_alone, "a group is done in order"),
        (Fifo, SqsSource, _nothing, "none lost"),
    ],
)
def test_a_broken_response_is_detected(
    made: type[Table] | type[Fifo], source: type, respond: Callable[..., Any], broken: str
) -> None:
    with respond_as(source, respond), pytest.raises(Violation, match=broken):
        _run(made, range(20))


def test_a_source_that_gives_removed_items_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    def removed(self: Any, envelope: Any, model: str) -> Any:
        envelope = envelope | {"eventName": "MODIFY"}
        return records(self, envelope, model)

    records = DynamoDbSource.records
    monkeypatch.setattr(DynamoDbSource, "records", removed)
    with pytest.raises(Violation, match="in quarantine, once"):
        _run(Table, [0])


def _run(made: type[Table] | type[Fifo], seeds: Iterable[int]) -> None:
    for seed in seeds:
        made(seed).run()
