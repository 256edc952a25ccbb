"""Every run of a small scope, with the real scorer: few records and faults, but each order and each place of them.

Three records on two shards, one of them bad. Each call of the scorer and of Lambda may be refused (as a whole, or one
of its entries), be lost before it takes effect or after, and the process may be killed before, between and after the
calls; of what is due within a second, each may come first. Then the faults end, the redrive runs, and the invariants of
every simulated run are checked.
"""

import time
from collections.abc import Mapping
from copy import replace
from dataclasses import dataclass, field
from functools import cache

from simulator import Choices, ChosenFaults, Explored, FunctionFaults, KinesisSettings, QueueSettings, World, explore
from simulator.exploration import Kind
from simulator.kinesis import LAST_HASH, hash_key
from tests.simulation import invariants, models, payloads
from tests.simulation.faults import Faults
from tests.simulation.ledger import Violation
from tests.simulation.payloads import Payload
from tests.simulation.redriving import redrive
from tests.simulation.releases import Released
from tests.simulation.run import quietly
from tests.simulation.scenario import MIB, START, Scenario
from tests.simulation.stack import Stack

_SETTLED_SECONDS = 30.0  # the mappings have looked at their empty sources


@dataclass(frozen=True, slots=True)
class Scope:
    """What is explored. `bounds`: how many faults a run has; its order is without bound.

    bisect, retries, batch_size : the mapping's settings. sink : where predictions go.
    timeout_seconds : so few that two lost calls use them up.
    """

    bisect: bool = True
    retries: int = 1
    batch_size: int = 10
    sink: str = "kinesis"
    timeout_seconds: float = 5.0
    good: int = 2
    bad: int = 1
    bounds: Mapping[Kind, int] = field(default_factory=lambda: {"fault": 2})

    @property
    def name(self) -> str:
        bisect = "on" if self.bisect else "off"
        faults = self.bounds.get("fault", "all")
        return f"{self.sink}, bisect {bisect}, {self.retries} retries, batches of {self.batch_size}, {faults} faults"


@dataclass(frozen=True, slots=True)
class Searched:
    """What was explored of a scope, which `scope` names. `violation`: its report, which ended it; empty without one.

    runs, longest, left, complete : as Explored. cut : faults beyond the bound that were not tried. seconds : of the
    processor.
    """

    scope: str
    runs: int = 0
    longest: int = 0
    cut: int = 0
    left: int = 0
    complete: bool = False
    seconds: float = 0.0
    violation: str = ""


# On demand; the time that they take is in docs/reliability.md.
SCOPES = (
    *(
        Scope(bisect=bisect, retries=retries, batch_size=batch_size)
        for bisect in (True, False)
        for retries in (0, 1)
        for batch_size in (10, 1)
    ),
    Scope(sink="sns"),
    Scope(sink="sqs"),
)


def run(scope: Scope, choices: Choices) -> None:
    """One run along these choices. Raises Violation."""
    with quietly():
        _run(scope, choices)


def _run(scope: Scope, choices: Choices) -> None:
    choices.active = False
    stack = Stack(_scenario(scope, choices), World(0, START, choices))
    stack.function.faults = FunctionFaults(recycle=0.0)
    stack.world.run(until=START + _SETTLED_SECONDS)
    choices.active = True
    for key, payload in _events(scope):
        stack.producers.one(key, payload)
    stack.drain()
    choices.active = False
    stack.heal()
    stack.drain()
    redrive(stack)
    stack.drain()
    invariants.check(stack)
    if not choices.spent("fault"):
        invariants.without_faults(stack)


def search(scope: Scope, *, most_runs: int | None = None, most_seconds: float | None = None) -> Explored:
    """Every run of a scope, within the budget. Raises Violation at the first that breaks an invariant."""
    return explore(lambda choices: run(scope, choices), scope.bounds, most_runs=most_runs, most_seconds=most_seconds)


def searched(until: float, scope: Scope) -> Searched:
    """As `search`; a violation is in the result. `until`: seconds of the processor, of this process in all."""
    began = time.process_time()
    try:
        found = search(scope, most_seconds=until - began)
    except Violation as violation:
        return Searched(scope.name, violation="\n".join([str(violation), *violation.__notes__]))
    seconds = time.process_time() - began
    return Searched(scope.name, found.runs, found.longest, found.cut["fault"], found.left, found.complete, seconds)


def _scenario(scope: Scope, choices: Choices) -> Scenario:
    """One of the drawn ones, with everything that matters here set."""
    drawn = _drawn()
    chosen = ChosenFaults(choices=choices)
    return replace(
        drawn,
        shards=2,
        reshards=(),
        mapping=KinesisSettings(
            batch_size=scope.batch_size,
            maximum_retry_attempts=scope.retries,
            bisect_batch_on_function_error=scope.bisect,
            report_batch_item_failures=True,
        ),
        queue=QueueSettings(report_batch_item_failures=True),
        timeout_seconds=scope.timeout_seconds,
        sink=scope.sink,
        poll_seconds=30.0,
        releases=(Released(0.0, models.VERSIONS[0]),),
        start=START,
        aggregate_ranges=0,
        wire="json",
        put_bytes=5 * MIB,
        shadow_sink=None,
        drift_seconds=None,
        page_keys=1000,
        faults=Faults(kinds=frozenset({"chosen"}), sink=chosen, quarantine=chosen, store=chosen, on_failure=chosen),
    )


@cache
def _drawn() -> Scenario:
    return Scenario.draw(0, 100)


@cache
def _keys() -> tuple[str, str]:
    """A key of each shard."""
    keys = [f"key-{i}" for i in range(64)]
    halves = [hash_key(key) > LAST_HASH // 2 for key in keys]
    return keys[halves.index(False)], keys[halves.index(True)]


def _events(scope: Scope) -> list[tuple[str, Payload]]:
    """Keys and payloads: the good ones on one shard, the bad ones on the other."""
    pool = payloads.pool()
    first, second = _keys()
    return [(first, pool.good[i]) for i in range(scope.good)] + [(second, pool.bad_text[0])] * scope.bad
