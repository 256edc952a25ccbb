"""The books of a run: what was sent, what became of it. Written while the run goes on, so every entry is cheap."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from serving.models import ModelUnavailable
from simulator import Killed, TimedOut, world
from sinks.publisher import IN_FLIGHT
from tests.simulation import models
from tests.simulation.drift import DriftBooks, Miscounted, OfBatch, OfContainer
from tests.simulation.payloads import Payload

# A prediction begins with its id and ends with `scored_at`; both are of fixed width (docs/contracts.md).
FIRST_MEMBER = len('{"schema_version":2,"prediction_id":"')
ID = slice(FIRST_MEMBER, FIRST_MEMBER + 64)
MODEL_MEMBER = b',"model":'  # no text can have it: its quotes would be escaped
LAST_MEMBER = b',"scored_at":"'
LAST = -len(',"scored_at":"2026-11-21T12:41:08.021Z"}')

# The hosts that the scorer calls, and those of them that a batch needs.
SINK, SHADOW, QUARANTINE, STORE, DRIFT = "sink", "shadow sink", "quarantine", "model store", "drift bucket"
ARTIFACTS = "artifacts"  # of the requests to the model store, those for something else than the release
SETTLING = frozenset({SINK, QUARANTINE})
# How long a batch takes, and each of its calls, where nothing fails: a call takes up to 20 ms, a connection 12.
SETTLE_SECONDS, CALL_SECONDS = 0.5, 0.05
# What must be left of an invocation for one more call, and to respond.
CALL_MARGIN_SECONDS = 5.0
# The longest cool-down of a circuit that is open (docs/adr/0012).
COOL_DOWN_SECONDS = 20.0
# From so many calls and partition keys on, a batch is in a quarter of the lanes that it may have, at least in two.
MANY_CALLS, MANY_KEYS = 4, 16
# What goes wrong with a connection after a whole answer: the client must get over it unnoticed.
UNNOTICED = ("half_closed", "stray")
# Deliveries of an event, on average, from which a run counts as going round in circles.
MOST_DELIVERIES = 50


def identity(*position: str) -> bytes:
    """The prediction id as docs/contracts.md words it, computed here once more and not by the scorer's code."""
    return hashlib.sha256(f"{models.NAME}|{'|'.join(position)}".encode()).hexdigest().encode()


class Violation(world.Violation):
    """An invariant does not hold. `invariant` names it, `ids` are the predictions concerned."""

    def __init__(self, invariant: str, detail: str, *ids: bytes) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant, self.detail, self.ids = invariant, detail, [i.decode("ascii", "replace") for i in ids]


class Input:
    """One event that was sent, where it lies, and what became of it.

    `delivery` is the name under which an invocation gets it: event id or message id; `part` the name under
    which a redrive brings it back where it is one of an aggregate. `lane` is the key that
    its order is kept by (none: no order is promised). `copies` counts its predictions in the sink, `acknowledged` those
    of them that the scorer was told of.
    """

    __slots__ = (
        "acknowledged", "copies", "delivery", "id", "key", "lane", "number", "others", "part", "payload", "prediction",
        "quarantined", "source",
    )  # fmt: skip

    def __init__(
        self,
        id: bytes,
        number: int,
        payload: Payload,
        key: str,
        delivery: str,
        source: str,
        lane: str | None = None,
        part: str = "",
    ) -> None:
        self.id, self.number, self.payload, self.key, self.delivery = id, number, payload, key, delivery
        self.source, self.lane, self.part = source, lane, part
        self.copies = self.acknowledged = 0
        self.prediction: bytes | None = None
        self.others: list[bytes] = []
        self.quarantined: str | None = None


@dataclass(slots=True)
class Invocation:
    """What one invocation was given, what the sink acknowledged to it, and the models that it scored with.

    `delivered` has of each record the identifier that a response gives it, and its name. `struck` are the hosts that
    failed it; `calls` counts its requests to each. `settled_at`: when the last of what it predicted and quarantined was
    acknowledged. `in_flight`: requests to the sink without an answer; `at_once`: the most of them.
    """

    delivered: list[tuple[str, str]] = field(default_factory=list)
    acknowledged: list[Input] = field(default_factory=list)
    models: set[bytes] = field(default_factory=set)
    began: float = 0.0
    settled_at: float = 0.0
    struck: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    at_once: int = 0
    drift: OfBatch | None = None


def prediction_of(entry: Input, version: str, model: bytes) -> bytes:
    """The prediction of an event by a version, up to `scored_at`, as docs/contracts.md words it."""
    payload = entry.payload
    assert payload.scored is not None
    return b'{"schema_version":2,"prediction_id":"%b","event_id":"%b%08d","partition_key":%b,"model":%b%b%b' % (
        entry.id, payload.id_text, entry.number, _json(entry.key), model, payload.scored[version],
        entry.source.encode(),
    )  # fmt: skip


def is_prediction_of(found: bytes, entry: Input, served: Iterable[tuple[str, bytes]]) -> bool:
    """Whether it is, up to `scored_at`, the prediction of an event by one of these versions; without making each."""
    payload = entry.payload
    head = b'{"schema_version":2,"prediction_id":"%b","event_id":"%b%08d","partition_key":%b,"model":' % (
        entry.id, payload.id_text, entry.number, _json(entry.key)
    )  # fmt: skip
    if payload.scored is None or not found.startswith(head):
        return False
    begins = len(head)
    for version, model in served:
        if found.startswith(model, begins):
            rest = found[begins + len(model) :]
            if rest == payload.scored[version] + entry.source.encode():
                return True
    return False


@lru_cache(maxsize=8192)
def _json(key: str) -> bytes:
    return json.dumps(key).encode()


@dataclass(slots=True)
class Container:
    """`served`: it has a model, for it has scored a batch. `undisturbed`: the sink worked when it was last called.
    `confirmed_at`: when it last could ask for the release. `counts`: for drift."""

    counts: OfContainer
    served: bool = False
    undisturbed: bool = False
    confirmed_at: float = 0.0


class Sent:
    """A request that left an invocation for a host, and what the sink committed of it; or the drift counts in it."""

    __slots__ = ("counted", "entries", "invocation", "models")

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.entries: list[Input] = []
        self.models: list[bytes] = []  # that scored them
        self.counted: tuple[str, str] | None = None  # key and version


class Ledger:
    """Inputs by prediction id; the sink's and the function's happenings are entered here.

    most_entries : predictions that a call to the sink takes; 0 where aggregates decide.
    """

    def __init__(
        self,
        servings: list[set[bytes]],
        shadows: list[tuple[str, bytes]],
        *,
        model_bytes: int,
        most_entries: int,
        drift: DriftBooks | None = None,
    ) -> None:
        self.servings, self.shadows = servings, shadows
        self.inputs: dict[bytes, Input] = {}
        self.deliveries: Counter[str] = Counter()
        self.order: list[Input] = []  # as the sink took them
        self.counts: Counter[str] = Counter()
        self.days: set[str] = set()  # of the quarantine
        self.invocation = Invocation()
        self.sentinels = 1 << 62  # the number of the first event that only the newest release may score
        self.serving = Sent(self.invocation)  # the request that takes effect
        self.drift = drift
        self._model_bytes, self._most_entries = model_bytes, most_entries
        self._too_large: set[str] = set()  # deliveries of events whose predictions no sink can take

    def sent(self, entry: Input) -> None:
        if entry.id in self.inputs:
            raise Violation("the simulation itself", "two events have one position", entry.id)
        self.inputs[entry.id] = entry
        if entry.payload.code == "PREDICTION_TOO_LARGE":
            self._too_large.add(entry.delivery)

    def delivered(self, event: dict[str, Any], now: float, container: Container) -> None:
        """An invocation of a container begins with this event."""
        delivered = [_delivery(record) for record in event["Records"]]
        names = [name for _, name in delivered]
        self.deliveries.update(names)
        self.counts["deliveries"] += len(names)
        self.counts["invocations"] += 1
        if self.counts["deliveries"] > MOST_DELIVERIES * (len(self.inputs) + 1_000):
            raise Violation("drains", f"{self.counts['deliveries']} deliveries of {len(self.inputs)} events")
        self.invocation = Invocation(delivered, began=now)
        if self.drift is not None:
            unseen = sum(name in self._too_large for name in names) if self._too_large else 0
            self.invocation.drift = self.drift.begin(container.counts, unseen)

    def committed(self, when: float, key: str, body: bytes) -> None:
        """The sink took a prediction."""
        entry = self.inputs.get(body[ID])
        if entry is None:
            raise Violation("none invented", f"the sink got {body[:200]!r}, which belongs to no event", body[ID])
        if key != entry.key and key:
            raise Violation("key kept", f"expected the event's partition key {entry.key!r}, got {key!r}", entry.id)
        prefix = body[:LAST]
        if not body.startswith(LAST_MEMBER, len(prefix)):
            raise Violation("identical copies", f"expected scored_at as the last member, got {body[-60:]!r}", entry.id)
        if entry.prediction is None:
            entry.prediction = prefix
        elif prefix != entry.prediction and prefix not in entry.others:
            entry.others.append(prefix)
        entry.copies += 1
        serving = self.serving
        serving.entries.append(entry)
        self.order.append(entry)
        begins = body.index(MODEL_MEMBER, ID.stop) + len(MODEL_MEMBER)
        model = body[begins : begins + self._model_bytes]
        serving.models.append(model)
        if model not in serving.invocation.models:
            self._scored_with(serving.invocation.models, model)

    def _scored_with(self, models: set[bytes], model: bytes) -> None:
        models.add(model)
        if not any(models <= serving for serving in self.servings):
            raise Violation("one release a batch", f"one invocation scored with {models}")

    def sending(self, role: str, failure: str | None, now: float) -> Sent:
        """A request leaves the invocation that runs now, and will fail so."""
        mine = self.invocation
        mine.calls[role] += 1
        if role == SINK:
            mine.in_flight += 1
            mine.at_once = max(mine.at_once, mine.in_flight)
        if failure is not None and failure not in UNNOTICED:
            mine.struck.add(role)
        self._asked(role, now)
        return Sent(mine)

    def struck(self, role: str, now: float) -> None:
        """The invocation that runs now cannot connect to a host."""
        self.invocation.struck.add(role)
        self._asked(role, now)

    def _asked(self, role: str, now: float) -> None:
        if role == DRIFT and self.invocation.drift is not None:
            self.invocation.drift.container.asked_at = now

    def counted(self, sent: Sent, key: str, body: bytes, now: float) -> None:
        """The bucket for drift takes an object."""
        assert self.drift is not None
        assert sent.invocation.drift is not None
        with _counting():
            sent.counted = key, self.drift.committed(sent.invocation.drift, key, body, now)

    def acknowledged(self, sent: Sent, role: str, now: float) -> None:
        """The scorer has the answer to its request: it knows what was committed."""
        if role in SETTLING:
            sent.invocation.settled_at = now
        if role == SINK:
            sent.invocation.in_flight -= 1
            if sent.invocation.drift is not None:
                sent.invocation.drift.rows.update(sent.models)
        if sent.counted is not None:
            assert self.drift is not None
            assert sent.invocation.drift is not None
            self.drift.acknowledged(sent.invocation.drift, *sent.counted)
        sent.invocation.acknowledged += sent.entries
        for entry in sent.entries:
            entry.acknowledged += 1

    def shadowed(self, when: float, key: str, body: bytes) -> None:
        """The shadow's sink took a prediction."""
        entry = self.inputs.get(body[ID])
        if entry is None or entry.payload.scored is None:
            raise Violation("none invented", f"the shadow's sink got {body[:200]!r}, which no event gives", body[ID])
        if not is_prediction_of(body[:LAST], entry, self.shadows):
            raise Violation("the shadow's own", f"expected a shadow's prediction, got {body!r}", entry.id)
        self.counts["shadow predictions"] += 1

    def ended(
        self,
        container: Container,
        response: Any,
        error: BaseException | None,
        *,
        servable: bool,
        patience: float,
        in_time: bool,
    ) -> None:
        """The invocation is over, one way or another: it responded, it raised, or its process was stopped.

        `servable`: it could read the release, and something that this names verifies. `patience`: seconds that a
        container that was idle may wait for the model store. `in_time`: there was time for one more call.
        """
        mine = self.invocation
        if len(set(mine.acknowledged)) < len(mine.acknowledged):
            self._check_repeated(mine)
        if error is not None:
            self.counts[type(error).__name__] += 1
            _check_model(error, served=container.served, servable=servable)
        if isinstance(error, TimedOut) and container.served:
            raise Violation("ends in time", "an invocation with a model reached the function's timeout")
        if not isinstance(error, Killed):
            failed = error is not None or bool(response.get("batchItemFailures"))
            if mine.drift is not None:
                self._check_counted(mine, mine.drift, failed=failed, in_time=in_time)
            if failed:
                _check_attempted(mine, error)
            if response:
                _check_reported(mine, response.get("batchItemFailures", []))
            if container.served and not mine.struck & SETTLING:
                _check_soon(mine, COOL_DOWN_SECONDS + patience)
            if container.undisturbed and not mine.struck & SETTLING:
                self.counts["undisturbed invocations"] += 1
                self.counts["undisturbed, with a failing model store"] += STORE in mine.struck
                self.counts["undisturbed, with a failing shadow"] += SHADOW in mine.struck
                _check_settled(mine, error, failed=failed, patience=patience)
                if self._most_entries:
                    self.counts["several calls were due"] += _check_lanes(mine, self._most_entries)
        if error is not None or mine.struck & SETTLING:
            container.undisturbed = False
        elif mine.calls[SINK]:  # one that only quarantined does not close the circuit
            container.undisturbed = True
        container.served = container.served or error is None

    def _check_counted(self, mine: Invocation, batch: OfBatch, *, failed: bool, in_time: bool) -> None:
        """What was settled is counted for drift, and written when that is due; nothing else is."""
        assert self.drift is not None
        if failed and mine.calls[DRIFT]:
            raise Violation("drift counts what is predicted", "a batch that failed was counted")
        if not failed:
            could_write = in_time and DRIFT not in mine.struck
            with _counting():
                self.drift.settled(batch, at=mine.settled_at, could_write=could_write)

    def _check_repeated(self, mine: Invocation) -> None:
        """What the sink has acknowledged is not sent again, unless a queue had the record twice in one batch."""
        given = Counter(name for _, name in mine.delivered)
        for entry, count in Counter(mine.acknowledged).items():
            if count > given[entry.delivery] + given[entry.part]:
                raise Violation("nothing resent", f"one invocation got {count} acknowledgements of it", entry.id)


@contextmanager
def _counting() -> Iterator[None]:
    """What is wrong with counts is a violation."""
    try:
        yield
    except Miscounted as wrong:
        raise Violation("drift counts what is predicted", str(wrong)) from None


def _check_model(error: BaseException, *, served: bool, servable: bool) -> None:
    if served and isinstance(error, ModelUnavailable):
        raise Violation("the last good release serves", "a container that had a model has none any more")
    if servable and isinstance(error, ModelUnavailable):
        raise Violation("what verifies serves", "a new container has no model, and the release names a sound one")


def _check_attempted(mine: Invocation, error: BaseException | None) -> None:
    """Who reports a failure uses up a retry of the source, and must have tried."""
    tried = mine.struck or mine.calls[SINK] or mine.calls[QUARANTINE]
    if not tried and not isinstance(error, ModelUnavailable):
        raise Violation("no retry without an attempt", f"no call was made, and the batch failed: {error!r}")


def _check_settled(mine: Invocation, error: BaseException | None, *, failed: bool, patience: float) -> None:
    """With a model, and a sink and a quarantine that work, all of a batch is settled, and soon.

    Whatever the model store and the shadow do, and with a circuit that closed: the sink worked the last time, too.
    """
    if failed:
        raise Violation("settles every batch", f"nothing failed for {len(mine.delivered)} records, and yet: {error!r}")
    _check_soon(mine, patience)


def _check_soon(mine: Invocation, patience: float) -> None:
    """What is acknowledged is so soon after the invocation began; `patience`: seconds for what it may wait for."""
    most = patience + SETTLE_SECONDS + CALL_SECONDS * (mine.calls[SINK] + mine.calls[QUARANTINE])
    if mine.settled_at - mine.began > most:
        raise Violation("settles in time", f"expected at most {most:.1f} s, took {mine.settled_at - mine.began:.1f} s")


def _check_lanes(mine: Invocation, most_entries: int) -> bool:
    """The circuit is closed again once the sink has worked: many messages are in several calls at once.

    Whether there were so many.
    """
    needed = min(len(mine.acknowledged) // most_entries, IN_FLIGHT)
    if needed < MANY_CALLS or len({entry.key for entry in mine.acknowledged}) < MANY_KEYS:
        return False
    if mine.at_once < (least := max(2, needed // 4)):
        text = f"expected at least {least} calls in flight at once, got {mine.at_once}"
        raise Violation("the circuit closes again", f"the sink works, {len(mine.acknowledged)} messages: {text}")
    return True


def _check_reported(mine: Invocation, failures: list[dict[str, str]]) -> None:
    """A record is reported as failed only where something of it was not acknowledged: else a retry is spent in vain."""
    if not failures:
        return
    acknowledged = {entry.delivery: entry for entry in mine.acknowledged if not entry.part}
    reported, given = {failure["itemIdentifier"] for failure in failures}, Counter(name for _, name in mine.delivered)
    for identifier, name in mine.delivered:
        if identifier in reported and name in acknowledged and given[name] == 1:
            raise Violation(
                "retries spent", "a record was reported that the sink has acknowledged", acknowledged[name].id
            )


def _delivery(record: dict[str, Any]) -> tuple[str, str]:
    """The identifier of an envelope in a response, and the name under which it is delivered."""
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"], record["eventID"]
    if "Sns" in record:
        return "", record["Sns"]["MessageId"]
    if "body" in record:
        return record["messageId"], _notification(record["body"])
    return "", _redriven(record["source"])


def _redriven(source: dict[str, Any]) -> str:
    """Of a redrive, which brings the user records of an aggregate one by one."""
    name: str = f"{source['shard']}:{source['position']}" if "shard" in source else source["position"]
    return f"{name}|{source['subsequence']}" if "subsequence" in source else name


def _notification(body: str) -> str:
    """The MessageId in a queued notification, without reading all of its JSON."""
    begins = body.index('"', body.index('"MessageId"') + len('"MessageId"')) + 1
    return body[begins : body.index('"', begins)]
