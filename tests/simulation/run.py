"""One run: feed, drain, heal, redrive, check."""

import gc
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pprint import pformat

from tests.simulation import happened, invariants, models
from tests.simulation.ledger import Violation
from tests.simulation.paths import counted, paths
from tests.simulation.redriving import redrive
from tests.simulation.scenario import Scenario
from tests.simulation.stack import Stack
from tests.simulation.version import commit

RECORDS = 20_000
_UNDER_FIRE_SECONDS = 60.0  # after the last event: outages last, and the first batches have been given up
# Before the last events, which the newest release must score: a container that was idle may lose its connection to the
# model store in the first round, ask again in the second, and load what it finds only after that batch (ADR 36). One
# that a round does not reach has had no batch for hours: Lambda has thrown it away.
_KNOCKS, _KNOCK_EVENTS = 2, 4
_SHOWN = 40  # last happenings in a report


@dataclass(slots=True)
class Result:
    """What a run did. `failure` is empty, or the report of a violation. `seconds`: of the processor."""

    seed: int
    records: int
    digest: str = ""
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    behaviours: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    failure: str = ""
    trace: str = ""
    seconds: float = 0.0


def run(seed: int, records: int = RECORDS, *, deduplicate: bool = True, fingerprint: bool = False) -> Result:
    """Run a seed. Raises Violation, whose notes say how to run it again and what happened last.

    `deduplicate`: consumers keep the first prediction per id, as the contract tells them; else every copy counts.
    `fingerprint`: the result has a digest of all that happened.
    """
    with quietly():
        return _run(seed, records, deduplicate=deduplicate, fingerprint=fingerprint)


def _run(seed: int, records: int, *, deduplicate: bool, fingerprint: bool) -> Result:
    stack = Stack(Scenario.draw(seed, records))
    try:
        with counted(stack.ledger.counts):
            _live(stack)
        invariants.check(stack, deduplicate=deduplicate)
    except Violation as violation:
        violation.add_note(report(stack, violation))
        raise
    return Result(
        seed, records, happened.digest(stack) if fingerprint else "", happened.faults(stack), happened.outcomes(stack),
        happened.behaviours(stack), paths(stack), trace=stack.world.trace(),
    )  # fmt: skip


def attempt(seed: int, records: int = RECORDS, *, fingerprint: bool = False) -> Result:
    """Run a seed; a violation is in the result."""
    began = time.process_time()
    try:
        result = run(seed, records, fingerprint=fingerprint)
    except Violation as violation:
        result = Result(seed, records, failure="\n".join([str(violation), *violation.__notes__]))
    result.seconds = round(time.process_time() - began, 3)
    return result


def _live(stack: Stack) -> None:
    """A stack's life: all is sent while everything fails; then all heals, and what was left behind comes back."""
    stack.producers.schedule()
    if stack.scenario.under_fire:
        stack.world.run(until=stack.scenario.start + stack.scenario.traffic.seconds + _UNDER_FIRE_SECONDS)
        redrive(stack)  # some of it fails, and must stay where it is
    stack.drain()
    stack.heal()
    stack.drain()
    redrive(stack)
    for _ in range(_KNOCKS):
        began = stack.world.now
        stack.producers.to_stream(_KNOCK_EVENTS)
        stack.drain()
        stack.function.recycle(unused_since=began)
    stack.producers.sentinels()
    stack.drain()


def report(stack: Stack, violation: Violation) -> str:
    """All that is needed to see what went wrong, and to see it again."""
    scenario = stack.scenario
    concerned = [entry for entry in stack.ledger.inputs.values() if entry.id.decode() in violation.ids]
    events = [f"  {e.id.decode()} event {e.number} of {e.delivery}: key {e.key}, {e.copies} copies, "
              f"quarantine {e.quarantined}" for e in concerned]  # fmt: skip
    happenings = stack.world.trace().splitlines()[-_SHOWN:]
    return "\n".join(
        [
            f"invariant   {violation.invariant}",
            f"seed        {scenario.seed}, {scenario.traffic.records} records, commit {commit()}",
            "run again   " + again(scenario),
            *(["events", *events] if events else []),
            "scenario",
            pformat(scenario, width=120),
            "last happenings",
            *happenings,
        ]
    )


def again(scenario: Scenario) -> str:
    """The command that shows it once more."""
    return f".venv/bin/python -m tests.simulation --seed {scenario.seed} --records {scenario.traffic.records}"


@contextmanager
def quietly() -> Iterator[None]:
    """What a run needs around it: no log, no garbage collector, models verified once."""
    with _silence(), _uncollected(), models.verified_once():
        yield


@contextmanager
def _silence() -> Iterator[None]:
    """The scorer's log tells of faults, of which there are thousands here."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which would look at every event again and again, and find nothing.

    Afterwards it is back, and frees the stack as a whole: nothing must refer to that any more.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
