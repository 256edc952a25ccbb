"""AWS as the scorer reaches it: hosts with faults, and the network to them. Each host is watched for the ledger."""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import replace
from dataclasses import dataclass
from typing import Any

import cbor2

from aws_client import Session
from resilience.deadline import CONNECT_SECONDS, READ_SECONDS
from simulator import Buckets, CallFaults, World
from simulator.aws.wire import (
    Cbor,
    DynamoDbService,
    Endpoint,
    EventsService,
    Exchange,
    FirehoseService,
    KinesisService,
    Network,
    S3Service,
    Service,
    SnsService,
    SqsService,
    Tls,
    WireFaults,
)  # fmt: skip
from tests.simulation import consumer
from tests.simulation.ledger import ARTIFACTS, DRIFT, QUARANTINE, SHADOW, SINK, STORE, Ledger, Violation
from tests.simulation.scenario import Scenario

KIB, MIB = 1024, 1024 * 1024
REGION, SHADOW_REGION = "eu-central-1", "eu-west-1"
MODELS, FAILURES, EVALUATION = "models", "failures", "evaluation"
_SECRET = "a secret of the simulation"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": _SECRET,
    "AWS_SESSION_TOKEN": "a token of the simulation",
    "AWS_REGION": REGION,
}

# Called for each message that a sink took: time, partition key ("": none), body.
type Took = Callable[[float, str, bytes], Any]


@dataclass(frozen=True, slots=True)
class SinkLimit:
    """The most bytes of a prediction, with its key or without, and how many of these are more than a call takes."""

    bytes: int
    with_key: bool
    count: int


@dataclass(frozen=True, slots=True)
class SimulatedSink:
    """A type of sink: its target in a region, entries a call, its limit, and the service behind it."""

    target: str
    entries: int
    limit: SinkLimit
    service: Callable[[World, Took, Scenario, Counter[str]], Service]


def _kinesis(world: World, took: Took, scenario: Scenario, counts: Counter[str]) -> Service:
    shards: dict[str, int] = {}

    def record(entry: Mapping[str, Any], data: bytes) -> None:
        if data.startswith(consumer.MAGIC):
            counts["aggregated records"] += 1
            shard = consumer.shard_of(entry)
            for key, body in consumer.user_records(shard, data):
                if shards.setdefault(key, shard) != shard:
                    raise Violation("a key in one shard", f"{key} is in the shards {shards[key]} and {shard}")
                took(world.now, key, body)
        else:
            took(world.now, entry["PartitionKey"], data)

    def read(body: bytes) -> Any:
        counts["requests in CBOR"] += 1
        return cbor2.loads(body)

    return KinesisService(world, record, scenario.put_bytes, Cbor(read, cbor2.dumps))


def _item(world: World, took: Took, item: Mapping[str, Any]) -> None:
    prediction = item["prediction"]["S"].encode()
    if f'"prediction_id":"{item["prediction_id"]["S"]}"'.encode() not in prediction:
        raise Violation("an item by its id", item["prediction_id"]["S"])
    took(world.now, item["partition_key"]["S"], prediction)


_MESSAGE = SinkLimit(256 * KIB, with_key=False, count=2)
# Every sink that the scorer has: a new one needs an entry.
SINKS = {
    "kinesis": SimulatedSink(
        "arn:aws:kinesis:{region}:123456789012:stream/predictions", 500, SinkLimit(MIB, True, 6), _kinesis
    ),
    "sns": SimulatedSink(
        "arn:aws:sns:{region}:123456789012:predictions", 10, _MESSAGE, lambda w, took, *_: SnsService(w, took)
    ),
    "sqs": SimulatedSink(
        "https://sqs.{region}.amazonaws.com/123456789012/predictions",
        10,
        _MESSAGE,
        lambda w, took, *_: SqsService(w, took),
    ),
    "firehose": SimulatedSink(
        "arn:aws:firehose:{region}:123456789012:deliverystream/predictions",
        500,
        SinkLimit(1000 * KIB - 1, with_key=False, count=4),
        lambda w, took, *_: FirehoseService(w, took),
    ),
    "eventbridge": SimulatedSink(
        "arn:aws:events:{region}:123456789012:event-bus/predictions",
        10,
        SinkLimit(256 * KIB - 180, with_key=False, count=2),
        lambda w, took, *_: EventsService(w, took),
    ),
    "dynamodb": SimulatedSink(
        "arn:aws:dynamodb:{region}:123456789012:table/predictions",
        1,
        SinkLimit(400 * KIB - 100, with_key=True, count=2),
        lambda w, took, *_: DynamoDbService(w, "prediction_id", lambda item: _item(w, took, item)),
    ),
}


class Watch:
    """Tells the ledger what happens to the requests of one host."""

    def __init__(self, world: World, ledger: Ledger, role: str) -> None:
        self._world, self._ledger, self._role = world, ledger, role

    def unconnected(self, failure: str) -> None:
        self._ledger.struck(self._role, self._world.now)

    def sent(self, exchange: Exchange) -> None:
        exchange.context = self._ledger.sending(self._role, exchange.failure, self._world.now)
        if self._role == STORE and not exchange.request.path.endswith("/release.json"):
            exchange.context.invocation.calls[ARTIFACTS] += 1

    def serving(self, exchange: Exchange) -> None:
        self._ledger.serving = exchange.context
        if self._role == DRIFT:
            self._ledger.counted(exchange.context, exchange.request.key, exchange.request.body, self._world.now)

    def spoiled(self, exchange: Exchange) -> None:
        exchange.context.invocation.struck.add(self._role)

    def acknowledged(self, exchange: Exchange) -> None:
        self._ledger.acknowledged(exchange.context, self._role, self._world.now)


class Cloud:
    """The hosts of a run."""

    def __init__(self, world: World, scenario: Scenario, buckets: Buckets, ledger: Ledger) -> None:
        self._world, faults = world, scenario.faults
        host = f"{REGION}.amazonaws.com"
        sink = SINKS[scenario.sink].service(world, ledger.committed, scenario, ledger.counts)
        shadow = SINKS[scenario.shadow_sink or "kinesis"].service(world, ledger.shadowed, scenario, Counter())

        def endpoint(service: Service, role: str, calls: CallFaults, wire: WireFaults) -> Endpoint:
            return Endpoint(world, service, _SECRET, Watch(world, ledger, role), calls, wire)

        self.sink = endpoint(sink, SINK, faults.sink, faults.sink_wire)
        self.shadow = endpoint(shadow, SHADOW, faults.shadow, faults.shadow_wire)
        self.store = endpoint(S3Service(world, buckets, MODELS), STORE, faults.store, faults.store_wire)
        self.quarantine = endpoint(
            S3Service(world, buckets, FAILURES), QUARANTINE, faults.quarantine, faults.quarantine_wire
        )
        self.drift = endpoint(S3Service(world, buckets, EVALUATION), DRIFT, faults.drift, faults.drift_wire)
        self.network = Network(
            world,
            {
                f"{sink.name}.{host}": self.sink,
                f"{shadow.name}.{SHADOW_REGION}.amazonaws.com": self.shadow,
                f"{MODELS}.s3.{host}": self.store,
                f"{FAILURES}.s3.{host}": self.quarantine,
                f"{EVALUATION}.s3.{host}": self.drift,
            },
        )
        self._tls = Tls(world)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return self.sink, self.shadow, self.store, self.quarantine, self.drift

    def session(self, environment: Mapping[str, str]) -> Session:
        """A container's clients: the real ones, on simulated sockets."""
        world = self._world
        return Session(
            CONNECT_SECONDS,
            READ_SECONDS,
            environment=environment,
            random=world.random.random,
            sleep=world.pass_time,
            now=world.clock,
            network=self.network,  # type: ignore[arg-type]  # has the same members
            trust=self._tls,  # type: ignore[arg-type]
        )

    def heal(self) -> None:
        for endpoint in self.endpoints:
            endpoint.faults, endpoint.wire = CallFaults(), WireFaults()


def limit_of(scenario: Scenario) -> SinkLimit:
    """The limit of the scenario's sink; an aggregate leaves 1 KiB for what is around its predictions."""
    limit = SINKS[scenario.sink].limit
    return replace(limit, bytes=limit.bytes - KIB) if scenario.aggregate_ranges else limit


def most_entries(scenario: Scenario) -> int:
    """Predictions that a call to the scenario's sink takes; 0 where aggregates decide."""
    return 0 if scenario.aggregate_ranges else SINKS[scenario.sink].entries


def target(sink: str, region: str) -> str:
    return SINKS[sink].target.format(region=region)
