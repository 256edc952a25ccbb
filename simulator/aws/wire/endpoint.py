"""An endpoint: answers requests, commits what they ask for, and fails as its faults say."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ...world import World
from ..errors import ANSWERS
from ..faults import CallFaults
from .faults import WireFaults
from .http import HttpAnswer, HttpRequest
from .signature import signature_error

if TYPE_CHECKING:
    from .network import Socket
    from .services import Service

# A share of the answers that are chunked, and of those that come after an interim one: both are ordinary HTTP.
_CHUNKED = _INTERIM = 0.05
_LATE_SECONDS = 3.05, 9.0
_NO_EFFECT = ("throttle", "server_error", "access_denied", "error_body")
_SILENT = ("connect_timeout", "read_timeout")


class Observer(Protocol):
    """Hears of what happens to requests; the first two in their sender's time.

    unconnected(failure): a connection failed. sent: a whole request left. serving: it takes effect now. spoiled: some
    of its entries failed. acknowledged: the client has its answer, which is true.
    """

    def unconnected(self, failure: str) -> None: ...
    def sent(self, exchange: "Exchange") -> None: ...
    def serving(self, exchange: "Exchange") -> None: ...
    def spoiled(self, exchange: "Exchange") -> None: ...
    def acknowledged(self, exchange: "Exchange") -> None: ...


class Exchange:
    """A request and its answer. `context` is the observer's; `failure` what goes wrong, if anything.

    `due`: when it takes effect. `acknowledges`: whether its answer says truly which entries were committed.
    """

    __slots__ = ("acknowledges", "context", "due", "endpoint", "failure", "request", "scheduled", "seconds", "sock")

    def __init__(
        self, endpoint: "Endpoint", sock: "Socket", request: HttpRequest, failure: str | None, seconds: float
    ) -> None:
        self.endpoint, self.sock, self.request, self.failure, self.seconds = endpoint, sock, request, failure, seconds
        self.due = endpoint.world.now + seconds * endpoint.world.random.uniform(0.3, 0.9)
        self.context: Any = None
        self.scheduled: int | None = None  # its number on the agenda, while it is there
        self.acknowledges = False

    def serve(self) -> None:
        self.endpoint.serve(self)

    def received(self) -> None:
        """The client has read the whole answer."""
        if self.acknowledges:
            self.endpoint.observer.acknowledged(self)


class Endpoint:
    """One host of a service. `faults` and `wire` may be replaced while the simulation runs.

    `counts`: calls, connections, each kind of failure, entries_failed, `refused` (not a request as the service takes
    it, or badly signed), `interim` and `chunked` answers, `at once` (calls while another one was in flight), `late on a
    kept connection`.
    """

    def __init__(
        self,
        world: World,
        service: "Service",
        secret: str,
        observer: Observer,
        faults: CallFaults | None = None,
        wire: WireFaults | None = None,
    ) -> None:
        self.world, self.service, self.observer = world, service, observer
        self._secret, self.wire = secret, wire or WireFaults()
        self.faults = faults or CallFaults()
        self.counts: Counter[str] = service.counts

    @property
    def faults(self) -> CallFaults:
        return self.service.faults

    @faults.setter
    def faults(self, faults: CallFaults) -> None:
        self.service.faults = faults

    def connecting(self) -> str | None:
        """How a connection fails, if it does."""
        random, faults = self.world.random, self.faults
        down = any(o.start <= self.world.now < o.end and o.failure == "connect_timeout" for o in faults.outages)
        if down or (faults.connect_timeout and random.random() < faults.connect_timeout):
            return self._unconnected("connect_timeout")
        if self.wire.unreachable and random.random() < self.wire.unreachable:
            return self._unconnected("unreachable")
        self.counts["connections"] += 1
        return None

    def begin(self, sock: "Socket", request: HttpRequest) -> Exchange:
        """A request has left the client."""
        world = self.world
        self.counts["calls"] += 1
        failure: str | None = self.faults.failure(world.random, world.now)
        failure = failure or self.wire.failure(world.random)
        seconds = world.random.uniform(*self.faults.seconds)
        if failure is not None:
            self._failed(failure)
        self.counts["late on a kept connection"] += failure == "late_timeout" and sock.requests > 1
        if failure == "slow":
            seconds = world.random.uniform(*self.faults.slow_seconds)
        exchange = Exchange(self, sock, request, failure, seconds)
        self.observer.sent(exchange)
        return exchange

    def refuse(self, sock: "Socket", why: str) -> None:
        """Bytes that are no request."""
        self.counts["refused"] += 1
        self.world.note(self.service.name, "refused", why)
        sock.arrive(self.world.now, HttpAnswer(400, {"Connection": "close"}, b"").to_bytes())
        sock.end(self.world.now)

    def serve(self, exchange: Exchange) -> None:
        """The request takes effect, and its answer leaves, unless its failure says otherwise."""
        failure, sock = exchange.failure, exchange.sock
        arrives = self.world.now + exchange.seconds * 0.1
        if failure in _SILENT:
            return
        if failure == "reset_before":
            sock.reset(arrives)
            return
        if failure in _NO_EFFECT:
            self._send(exchange, self._without_effect(failure), arrives)
            return
        if error := signature_error(exchange.request, self.service.name, self._secret, self.world.now):
            self.counts["refused"] += 1
            self.world.note(self.service.name, "refused", error)
            self._send(exchange, self.service.error(error, 403), arrives)
            return
        self.observer.serving(exchange)
        failed_before = self.counts["entries_failed"]
        answer, faithful = self.service.answer(exchange.request, contradictory=failure == "contradictory")
        exchange.acknowledges = faithful and answer.status < 300
        if self.counts["entries_failed"] > failed_before:
            self.observer.spoiled(exchange)
        self._answer(exchange, answer, arrives)

    def _answer(self, exchange: Exchange, answer: HttpAnswer, arrives: float) -> None:
        failure, sock, random = exchange.failure, exchange.sock, self.world.random
        if failure == "reset_after":
            sock.reset(arrives)
        elif failure == "late_timeout":
            self._send(exchange, answer, arrives + random.uniform(*_LATE_SECONDS))
        elif failure == "truncated":
            whole = answer.to_bytes()
            sock.arrive(arrives, whole[: random.randrange(1, len(whole))])
            sock.end(arrives)
        elif failure == "miscounted":
            sock.arrive(arrives, replace(answer, length=len(answer.body) + random.randint(1, 100)).to_bytes())
        elif failure == "slow_body":
            self._trickle(exchange, answer, arrives)
        else:
            self._send(exchange, answer, arrives)
            if failure == "half_closed":
                sock.end_idle(arrives + random.uniform(0.0, 5.0), seen=random.random() < 0.5)
            elif failure == "stray":
                sock.arrive(arrives, answer.to_bytes())

    def _send(self, exchange: Exchange, answer: HttpAnswer, arrives: float) -> None:
        random = self.world.random
        chunked = self.service.may_chunk and random.random() < _CHUNKED
        self.counts["chunked"] += chunked
        whole = answer.chunked() if chunked else answer.to_bytes()
        if random.random() < _INTERIM:
            self.counts["interim"] += 1
            whole = b"HTTP/1.1 103 Early Hints\r\n\r\n" + whole
        exchange.sock.arrive(arrives, whole, exchange)

    def _trickle(self, exchange: Exchange, answer: HttpAnswer, arrives: float) -> None:
        random, whole = self.world.random, answer.to_bytes()
        cuts = sorted(random.randrange(1, len(whole)) for _ in range(4))
        seconds = random.uniform(*self.wire.slow_seconds)
        for number, (start, end) in enumerate(zip((0, *cuts), (*cuts, len(whole)), strict=True)):
            if start < end:
                exchange.sock.arrive(
                    arrives + seconds * number / 4, whole[start:end], exchange if end == len(whole) else None
                )

    def _without_effect(self, failure: str) -> HttpAnswer:
        if failure == "error_body":
            code, _ = ANSWERS[self.service.name]["server_error"]
            return self.service.error(code, 200)
        return self.service.error(*ANSWERS[self.service.name][failure])

    def _unconnected(self, failure: str) -> str:
        self.observer.unconnected(failure)
        return self._failed(failure)

    def _failed(self, failure: str) -> str:
        self.counts[failure] += 1
        self.world.note(self.service.name, failure)
        return failure
