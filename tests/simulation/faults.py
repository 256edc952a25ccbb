"""The fault plan: which kinds of faults a run has, how often each strikes, and when it is over."""

import random
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass, field
from typing import Any

from simulator import (
    AsyncFaults,
    CallFaults,
    FunctionFaults,
    Outage,
    PollerFaults,
    QueueFaults,
    TopicFaults,
)
from simulator.aws.wire import WireFaults

FAULT_FREE = 1 / 6  # share of the seeds without any
SHADOWED = 1 / 10  # share of those in which only the shadow fails
SHADOW_CHANCE = 0.5
DRIFT_CHANCE = 0.3
DAMAGED_STORE = "model store's answers are damaged"
CHANCES = (0.08, 0.15, 0.4)  # of each kind, in the others: some have few, some have many
LATE_RELEASE, CORRUPT_RELEASE, CORRUPT_SHADOW = "first release is late", "release is corrupt", "shadow is corrupt"


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything that goes wrong around the scorer in one run. `kinds` are the names of what was drawn."""

    kinds: frozenset[str] = frozenset()
    sink: CallFaults = field(default_factory=CallFaults)
    quarantine: CallFaults = field(default_factory=CallFaults)
    store: CallFaults = field(default_factory=CallFaults)
    shadow: CallFaults = field(default_factory=CallFaults)
    sink_wire: WireFaults = field(default_factory=WireFaults)
    quarantine_wire: WireFaults = field(default_factory=WireFaults)
    store_wire: WireFaults = field(default_factory=WireFaults)
    shadow_wire: WireFaults = field(default_factory=WireFaults)
    drift: CallFaults = field(default_factory=CallFaults)
    drift_wire: WireFaults = field(default_factory=WireFaults)
    on_failure: CallFaults = field(default_factory=CallFaults)
    function: FunctionFaults = field(default_factory=FunctionFaults)
    poller: PollerFaults = field(default_factory=PollerFaults)
    topic: TopicFaults = field(default_factory=TopicFaults)
    queue: QueueFaults = field(default_factory=QueueFaults)
    asynchronous: AsyncFaults = field(default_factory=AsyncFaults)

    @classmethod
    def draw(cls, random_: random.Random, start: float, seconds: float) -> "Faults":
        """The faults of a run that is fed from `start` on for `seconds`."""
        faults, lot = cls(), random_.random()
        if lot < FAULT_FREE:
            return faults
        chance, alone = random_.choice(CHANCES), lot < FAULT_FREE + SHADOWED
        for name, kind in KINDS.items():
            if name in DRIFT_ONLY:  # drawn by `of_drift`
                continue
            if random_.random() < (SHADOW_CHANCE * (name in SHADOW_ONLY) if alone else chance * kind.weight):
                faults = kind.strike(faults, _Draw(random_, start, seconds))
                faults = replace(faults, kinds=faults.kinds | {name})
        return faults

    def of_drift(self, random_: random.Random, start: float, seconds: float) -> "Faults":
        """These, with faults of the bucket for drift counts."""
        faults = self
        for name in sorted(DRIFT_ONLY):
            if random_.random() < DRIFT_CHANCE:
                faults = KINDS[name].strike(faults, _Draw(random_, start, seconds))
                faults = replace(faults, kinds=faults.kinds | {name})
        return faults


@dataclass(frozen=True, slots=True)
class _Draw:
    random: random.Random
    start: float
    seconds: float

    def share(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def outage(self, longest: float, *failures: Any) -> Outage:
        begins = self.start + self.random.uniform(0, self.seconds)
        return Outage(begins, begins + self.random.uniform(longest / 4, longest), self.random.choice(failures))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: `where` it strikes, the range of its rate (`low` to `high`), and how it gets there.

    `weight`: how many times as likely as others it is in a run.
    """

    where: str
    low: float
    high: float
    strike: Callable[[Faults, _Draw], Faults]
    weight: float = 1.0


def _rate(where: str, low: float, high: float, *members: str, weight: float = 1.0) -> Kind:
    """Faults that are a rate: `members` of the part `where` of the plan get one each."""

    def strike(faults: Faults, draw: _Draw) -> Faults:
        part = replace(getattr(faults, where), **{member: draw.share(low, high) for member in members})
        return replace(faults, **{where: part})

    return Kind(where, low, high, strike, weight)


def _outage(where: str, longest: float, *failures: str) -> Kind:
    """A time in which every call fails; of `longest` seconds at most."""

    def strike(faults: Faults, draw: _Draw) -> Faults:
        part = getattr(faults, where)
        return replace(faults, **{where: replace(part, outages=(*part.outages, draw.outage(longest, *failures)))})

    return Kind(where, longest / 4, longest, strike)


def _throttled(longest: float) -> Kind:
    """A time in which the function is never invoked."""

    def strike(faults: Faults, draw: _Draw) -> Faults:
        outage = draw.outage(longest, "throttle")
        return replace(faults, function=replace(faults.function, throttled=((outage.start, outage.end),)))

    return Kind("function", longest / 4, longest, strike)


def _by_release() -> Kind:
    """Struck by the releases of the scenario."""
    return Kind("store", 0, 0, lambda faults, _: faults, weight=2.0)


# What strikes the shadow alone: a run with nothing else is a run without faults.
SHADOW_SINK = frozenset({"shadow sink fails", "shadow sink's answers are damaged", "shadow sink is down"})
SHADOW_ONLY = SHADOW_SINK | {CORRUPT_SHADOW}
# What strikes the counts for drift alone, and likewise.
DRIFT_ONLY = frozenset({"drift bucket fails", "drift bucket is down", "drift bucket's answers are damaged"})
NEEDLESS = SHADOW_ONLY | DRIFT_ONLY

_DOWN = ("server_error", "throttle", "read_timeout", "connect_timeout", "access_denied")

KINDS: dict[str, Kind] = {
    "sink throttles": _rate("sink", 0.02, 0.2, "throttle"),
    "sink refuses entries": _rate("sink", 0.02, 0.3, "partial", weight=2.5),
    "sink times out": _rate("sink", 0.005, 0.03, "read_timeout", "connect_timeout"),
    "sink commits and times out": _rate("sink", 0.01, 0.1, "late_timeout", weight=2.0),
    "sink answers 5xx": _rate("sink", 0.01, 0.1, "server_error"),
    "sink denies access": _rate("sink", 0.002, 0.02, "access_denied"),
    "sink is slow": _rate("sink", 0.02, 0.3, "slow"),
    "sink is down": _outage("sink", 300.0, *_DOWN),
    "sink resets connections": _rate("sink_wire", 0.01, 0.1, "reset_before", "reset_after", "unreachable"),
    "sink's answers are damaged": _rate("sink_wire", 0.01, 0.1, "truncated", "miscounted"),
    "sink's answers contradict themselves": _rate("sink_wire", 0.02, 0.15, "contradictory", "error_body", weight=2.0),
    "sink's answers come in pieces": _rate("sink_wire", 0.02, 0.2, "slow_body"),
    "sink's connections go stale": _rate("sink_wire", 0.05, 0.3, "half_closed", "stray"),
    "quarantine fails": _rate("quarantine", 0.02, 0.2, "throttle", "server_error", "read_timeout", "late_timeout"),
    "quarantine is down": _outage("quarantine", 200.0, *_DOWN),
    "quarantine's answers are damaged": _rate(
        "quarantine_wire", 0.02, 0.15, "truncated", "contradictory", "error_body", "reset_before", "reset_after"
    ),
    "on-failure store fails": _rate("on_failure", 0.05, 0.4, "server_error", "late_timeout"),
    "function is killed": _rate("function", 0.005, 0.05, "kill"),
    "function is throttled": _rate("function", 0.01, 0.1, "throttle", "service_error"),
    "function is throttled for long": _throttled(200.0),
    "containers come and go": _rate("function", 0.2, 0.5, "recycle"),
    "poller crashes": _rate("poller", 0.005, 0.05, "crash"),
    "checkpoints lag": _rate("poller", 0.01, 0.1, "checkpoint_lag"),
    "batches come twice": _rate("poller", 0.005, 0.05, "duplicate"),
    "notifications come twice": _rate("topic", 0.005, 0.05, "duplicate"),
    "deletes fail": _rate("queue", 0.01, 0.1, "delete_fails"),
    "events run twice": _rate("asynchronous", 0.01, 0.1, "duplicate"),
    "release is not read": _rate("store", 0.02, 0.12, "server_error", "throttle", "read_timeout"),
    "model store is down": _outage("store", 60.0, *_DOWN),
    "model store is slow": _outage("store", 200.0, "late_timeout", "read_timeout"),
    DAMAGED_STORE: _rate(
        "store_wire", 0.02, 0.15, "truncated", "miscounted", "contradictory", "error_body", "reset_before", "slow_body"
    ),
    "model store's connections go stale": _rate("store_wire", 0.05, 0.3, "half_closed", "stray"),
    "shadow sink fails": _rate("shadow", 0.05, 0.3, "throttle", "server_error", "read_timeout", "partial"),
    "shadow sink's answers are damaged": _rate("shadow_wire", 0.02, 0.15, "truncated", "error_body", "reset_after"),
    "shadow sink is down": _outage("shadow", 300.0, *_DOWN),
    "drift bucket fails": _rate("drift", 0.05, 0.3, "throttle", "server_error", "read_timeout", "late_timeout"),
    "drift bucket is down": _outage("drift", 200.0, *_DOWN),
    "drift bucket's answers are damaged": _rate(
        "drift_wire", 0.02, 0.15, "truncated", "contradictory", "error_body", "reset_before", "reset_after"
    ),
    CORRUPT_SHADOW: _by_release(),
    LATE_RELEASE: _by_release(),
    CORRUPT_RELEASE: _by_release(),
}
