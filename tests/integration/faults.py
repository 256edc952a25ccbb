"""Faults at random, by a seed: what the scorer's calls meet with on their way, and its sudden end."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from typing import Self

from tests.integration.batch_calls import BatchCall, batch_call
from tests.integration.harness import function_processes, kill
from tests.integration.proxy import NO_ANSWER, Request, Response


class Kind(StrEnum):
    """What can happen to a call, or while it is made."""

    THROTTLED = "throttled"
    SERVER_ERROR = "server error"
    SOME_REFUSED = "some entries refused"
    UNLUCKY_REFUSED = "unlucky entries refused"
    LOST_BEFORE = "lost before commit"
    LOST_AFTER = "answer lost after commit"
    TIMED_OUT_BEFORE = "timed out before commit"
    TIMED_OUT_AFTER = "timed out after commit"
    SLOW = "slow"
    KILLED = "function killed"


# How often each happens: to a call of the sink, of quarantine, and to a look at the release.
SINK = {
    Kind.THROTTLED: 0.05,
    Kind.SERVER_ERROR: 0.03,
    Kind.SOME_REFUSED: 0.06,
    Kind.LOST_BEFORE: 0.03,
    Kind.LOST_AFTER: 0.03,
    Kind.TIMED_OUT_BEFORE: 0.008,
    Kind.TIMED_OUT_AFTER: 0.008,
    Kind.SLOW: 0.04,
    Kind.KILLED: 0.05,
}
QUARANTINE = {Kind.THROTTLED: 0.1, Kind.SERVER_ERROR: 0.1, Kind.LOST_BEFORE: 0.05, Kind.LOST_AFTER: 0.1}
# The model store's client tries three times, so that about one look in ten fails.
RELEASE = {Kind.THROTTLED: 0.2, Kind.SERVER_ERROR: 0.2, Kind.LOST_BEFORE: 0.1, Kind.SLOW: 0.1}

REFUSED = 0.3  # of the entries of a call that has some refused
SLOW_SECONDS = 1.0  # at most
TIME_OUT_SECONDS = 3.5  # longer than the scorer's clients wait for an answer
KILL_WITHIN_SECONDS = 0.1  # of a call


class FaultPlan:
    """Lets calls meet with faults. A context: at its end nothing more is killed.

    What happens to the n-th call is a function of the seed; which batch makes the n-th call is a matter of timing.
    functions : the name of the function that makes a sink's calls, by their operation.
    unlucky : no sink takes a prediction that has this in it, so that Lambda gives up on its event.
    """

    def __init__(self, seed: int, functions: Mapping[str, str], unlucky: bytes) -> None:
        self.calls = 0
        self.faults: Counter[Kind] = Counter()
        self._functions, self._unlucky = functions, unlucky
        self._random, self._lock = Random(seed), threading.Lock()
        self._killers: list[threading.Timer] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for killer in self._killers:
            killer.join()

    def __call__(self, request: Request) -> Response | None:
        call = batch_call(request)
        if call and (unlucky := [i for i, body in enumerate(call.bodies) if self._unlucky in body]):
            self._count(Kind.UNLUCKY_REFUSED)
            return call.without(unlucky)
        rates = SINK if call else _rates(request)
        if not rates:
            return None
        kind, dice = self._draw(rates)
        if kind is None:
            return None
        return self._on_batch(kind, dice, request, call) if call else _on_object(kind, dice, request)

    def _draw(self, rates: Mapping[Kind, float]) -> tuple[Kind | None, Random]:
        """What happens to the next call, and the dice for its particulars."""
        with self._lock:
            self.calls += 1
            dice = Random(self._random.getrandbits(64))
            kind = dice.choices([*rates, None], [*rates.values(), 1 - sum(rates.values())])[0]
            if kind not in (None, Kind.KILLED):  # a kill counts when it is done
                self.faults[kind] += 1
            return kind, dice

    def _count(self, kind: Kind) -> None:
        with self._lock:
            self.faults[kind] += 1

    def _on_batch(self, kind: Kind, dice: Random, request: Request, call: BatchCall) -> Response | None:
        match kind:
            case Kind.THROTTLED:
                return call.failed(400, call.throttle)
            case Kind.SERVER_ERROR:
                return call.failed(500, "InternalFailure")
            case Kind.SOME_REFUSED:
                return call.without([i for i in range(len(call.bodies)) if dice.random() < REFUSED])
            case Kind.KILLED:
                self._kill_soon(self._functions[request.operation], dice)
                return None
        return _on_any(kind, dice, request)

    def _kill_soon(self, function: str, dice: Random) -> None:
        """At any moment of the call, or of what the function does after it."""

        def kill_one() -> None:
            if (living := function_processes(function)) and kill([dice.choice(living)]):
                self._count(Kind.KILLED)

        killer = threading.Timer(dice.uniform(0, KILL_WITHIN_SECONDS), kill_one)
        killer.start()
        self._killers.append(killer)


def _rates(request: Request) -> Mapping[Kind, float]:
    if request.operation == "PUT" and "quarantine/" in request.path:
        return QUARANTINE
    if request.operation == "GET" and "release.json" in request.path:
        return RELEASE
    return {}


def _on_object(kind: Kind, dice: Random, request: Request) -> Response | None:
    match kind:
        case Kind.THROTTLED:
            return Response(503, b"<Error><Code>SlowDown</Code></Error>")
        case Kind.SERVER_ERROR:
            return Response(500, b"<Error><Code>InternalError</Code></Error>")
    return _on_any(kind, dice, request)


def _on_any(kind: Kind, dice: Random, request: Request) -> Response | None:
    """What can happen to every call alike."""
    if kind in (Kind.LOST_AFTER, Kind.TIMED_OUT_AFTER):
        request.forward(request.body)
    if kind in (Kind.TIMED_OUT_BEFORE, Kind.TIMED_OUT_AFTER):
        time.sleep(TIME_OUT_SECONDS)
    if kind is Kind.SLOW:
        time.sleep(dice.uniform(0, SLOW_SECONDS))
        return None
    return NO_ANSWER
