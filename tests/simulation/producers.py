"""The producers: events onto stream and topics in pulses, each entered in the ledger as it is sent."""

import random
from collections.abc import Iterator
from copy import replace
from dataclasses import dataclass
from functools import lru_cache, partial

from simulator import Record, Stream, Topic, World
from simulator.world import iso
from tests.fakes import envelopes
from tests.simulation import models, payloads
from tests.simulation.cloud import KIB, MIB, limit_of
from tests.simulation.ledger import LAST, Input, Ledger, identity, prediction_of
from tests.simulation.payloads import Payload
from tests.simulation.scenario import Scenario

_SENTINELS = 20
_USERS = (2, 20)  # user records in one aggregate


class Producers:
    """Sends a scenario's events. What they are does not depend on what the run draws."""

    def __init__(
        self, world: World, scenario: Scenario, ledger: Ledger, stream: Stream, queued: Topic, direct: Topic
    ) -> None:
        self._world, self._traffic, self._ledger = world, scenario.traffic, ledger
        self._stream, self._queued, self._direct = stream, queued, direct
        self._scenario, self._start = scenario, scenario.start
        self._random = random.Random(f"producers {scenario.seed}")
        self._pool = payloads.pool()
        self._number = 0

    def schedule(self) -> None:
        """Put all pulses on the agenda."""
        traffic = self._traffic
        pulses = traffic.pulses
        streamed = traffic.records - traffic.queued - traffic.direct
        for pulse in range(pulses):
            when = self._start + 0.5 + traffic.seconds * pulse / pulses
            self._world.at(when, partial(self.to_stream, _part(streamed, pulse, pulses)))
            self._world.at(when, partial(self.to_topic, self._queued, _part(traffic.queued, pulse, pulses)))
        for number in range(traffic.direct):
            when = self._start + 0.7 + traffic.seconds * number / traffic.direct
            self._world.at(when, partial(self.to_topic, self._direct, 1))
        if traffic.huge:
            self._world.at(self._start + 1.0, self.limits)

    def sentinels(self) -> None:
        """The last events: they must be scored, and by the newest release."""
        self._ledger.sentinels = self._number
        self.to_stream(_SENTINELS)
        self.to_topic(self._queued, _SENTINELS)
        self.to_topic(self._direct, 1)

    def to_stream(self, count: int) -> None:
        """`count` events onto the stream at once, some of them in aggregates."""
        plans = list(self._plans(count))
        entries = [(plan.events[0][0], plan.data()) for plan in plans]
        for plan, record in zip(plans, self._stream.put_many(entries), strict=True):
            self._enter(plan, record)

    def _plans(self, count: int) -> Iterator["_Plan"]:
        """The events of each Kinesis record: one, or the many of an aggregate."""
        draw = self._random.random
        # An aggregate holds eleven on average.
        aggregates = self._traffic.aggregated / (self._traffic.aggregated + (1 - self._traffic.aggregated) * 11)
        while count > 0:
            users = min(count, self._random.randint(*_USERS)) if draw() < aggregates else 0
            bad = self._pool.bad_user if users else self._pool.bad
            yield _Plan([self._planned(bad) for _ in range(users or 1)], aggregate=bool(users))
            count -= users or 1

    def _planned(self, bad: list[Payload]) -> "_Planned":
        draw = self._random.random
        number, self._number = self._number, self._number + 1
        key = f"key-{int(self._traffic.keys * draw() ** self._traffic.skew)}"
        pool = bad if draw() < self._traffic.bad else self._pool.good
        return key, number, payloads.draw(self._random, pool)

    def _enter(self, plan: "_Plan", record: Record) -> None:
        delivery: str = record.envelope["eventID"]
        shard, _, position = delivery.partition(":")
        parts = (self._stream.arn, shard, position)
        if not plan.aggregate:
            ((key, number, payload),) = plan.events
            source = self._place(shard, position, record.arrived_at)
            self._ledger.sent(Input(identity(*parts), number, payload, key, delivery, source, key))
            return
        for i, (key, number, payload) in enumerate(plan.events):
            source = self._place(shard, position, record.arrived_at, f'"subsequence":{i},')
            part, lane = f"{delivery}|{i}", f"{record.partition_key}/{key}"
            self._ledger.sent(Input(identity(*parts, str(i)), number, payload, key, delivery, source, lane, part))

    def _place(self, shard: str, position: str, arrived_at: float, part: str = "") -> str:
        """The `source` of a prediction, without its first brace."""
        place = f'"type":"kinesis","arn":"{self._stream.arn}","shard":"{shard}","position":"{position}",'
        return f'{place}{part}"arrived_at":"{_iso(arrived_at)}"}}'

    def to_topic(self, topic: Topic, count: int) -> None:
        for _ in range(count):
            key, number, payload = self._planned(self._pool.bad_text)
            self._publish(topic, key if number % 2 else "", number, payload)

    def limits(self) -> None:
        """Events as large as each source takes, and predictions as large as the sink does, or one byte larger."""
        key, good = "key-0", next(payload for payload in self._pool.good if _evenly_scored(payload))
        limit = limit_of(self._scenario)
        (record,) = self._put_all(key, [_padded(good, MIB - len(key))])
        while self._left(record) <= limit.count:  # those to come must have positions of the same length
            (record,) = self._put_all(key, [good])
        place = self._place(record.shard_id, str(record.sequence), record.arrived_at)
        bare = Input(b"0" * 64, 0, good, key, "", place)
        for topic in (self._queued, self._direct):
            self._publish(topic, key, self._next(), _padded(good, 256 * KIB))
        sized = [self._sized(bare, 0) for _ in range(limit.count)]
        sized.append(self._sized(bare, 1))
        self._put_all(key, sized)

    def _left(self, record: Record) -> int:
        """How many positions of its shard follow a record's without a gap."""
        return next(shard.numbers.left for shard in self._stream.shards if shard.id == record.shard_id)

    def _sized(self, bare: Input, beyond: int) -> Payload:
        """The event with an id that makes its prediction, by the longest variant, of just the sink's limit.

        With `beyond`, it is by so many bytes larger, by the shortest variant. Of the id's characters most are six bytes
        in a prediction, and two in the event.
        """
        limit, good = limit_of(self._scenario), bare.payload
        challenged = any(release.challenger for release in self._scenario.releases)
        variant = "challenger" if challenged and not beyond else "champion"
        size = (
            len(prediction_of(bare, models.VERSIONS[0], models.rendered(models.VERSIONS[0], variant).encode())) - LAST
        )
        left = limit.bytes - len(bare.key) * limit.with_key + beyond - size
        event, prediction = "é" * (left // 6) + "x" * (left % 6), "\\u00e9" * (left // 6) + "x" * (left % 6)
        head = good.head.replace(good.id_text, event.encode() + good.id_text)
        self._ledger.counts["predictions of the sink's limit"] += not beyond
        id_text = prediction.encode() + good.id_text
        return replace(good, head=head, id_text=id_text, code="PREDICTION_TOO_LARGE" if beyond else "")

    def _put_all(self, key: str, payloads: list[Payload]) -> list[Record]:
        numbered = [(self._next(), payload) for payload in payloads]
        records = self._stream.put_many([(key, payload.body(number)) for number, payload in numbered])
        for (number, payload), record in zip(numbered, records, strict=True):
            self._enter(_Plan([(key, number, payload)]), record)
        return records

    def _next(self) -> int:
        number, self._number = self._number, self._number + 1
        return number

    def one(self, key: str, payload: Payload) -> None:
        """This event onto the stream."""
        self._put_all(key, [payload])

    def _publish(self, topic: Topic, key: str, number: int, payload: Payload) -> None:
        message = payload.body(number).decode()
        message_id = topic.publish(message, {"partition_key": key} if key else None)
        place = f'"type":"sns","arn":"{topic.arn}","position":"{message_id}","arrived_at":"{iso(self._world.now)}"}}'
        entry = Input(identity(topic.arn, message_id), number, payload, key or message_id, message_id, place)
        self._ledger.sent(entry)


# Partition key, number and payload of an event.
type _Planned = tuple[str, int, Payload]


@dataclass(slots=True)  # not frozen, which would take longer to make
class _Plan:
    """The events of one Kinesis record."""

    events: list[_Planned]
    aggregate: bool = False

    def data(self) -> bytes:
        bodies = [(key, payload.body(number)) for key, number, payload in self.events]
        return envelopes.aggregate(bodies) if self.aggregate else bodies[0][1]


def _padded(good: Payload, size: int) -> Payload:
    """The event with a member that the model does not know, so that its body has just this size."""
    left = size - len(good.body(0)) - len(',"padding":""')
    return replace(good, tail=good.tail[:-1] + b',"padding":"' + b"x" * left + b'"}')


def _evenly_scored(payload: Payload) -> bool:
    """Whether all versions' predictions of it have one size."""
    return len({len(score) for score in (payload.scored or {}).values()}) == 1


_iso = lru_cache(maxsize=16)(iso)  # the records of one put arrive at the same millisecond


def _part(total: int, part: int, parts: int) -> int:
    """How many of `total` fall on one of `parts`."""
    return total * (part + 1) // parts - total * part // parts
