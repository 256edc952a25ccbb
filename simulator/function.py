"""The function: its containers, its concurrency, and how an invocation can end."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .world import Execution, Killed, Stopped, Violation, World

type Handler = Callable[[Any, "Context"], Any]
type Status = Literal["returned", "raised", "timed_out", "killed", "throttled", "service_error"]

# The chance that an invocation gets any idle container instead of the one that was used last.
ANY_CONTAINER = 0.3


@dataclass(frozen=True, slots=True)
class FunctionFaults:
    """What goes wrong with invocations, as shares of them (0 to 1).

    kill: killed at one of the first `kill_within` interruption points; an invocation that has fewer is killed after
        its handler returned and before anybody saw the response.
    throttle, service_error: never reaches the handler.
    recycle: the container is thrown away afterwards.
    throttled: windows (from, to) in epoch seconds in which every invocation is throttled.
    seconds: how long an invocation takes (from, to) besides the time that passes in its handler.
    """

    kill: float = 0.0
    kill_within: int = 8
    throttle: float = 0.0
    service_error: float = 0.0
    recycle: float = 0.02
    throttled: tuple[tuple[float, float], ...] = ()
    seconds: tuple[float, float] = (0.002, 0.1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended. `response` is what its source sees of it: through JSON and back."""

    status: Status
    request_id: str
    response: Any = None
    error: BaseException | None = None
    seconds: float = 0.0

    @property
    def is_function_error(self) -> bool:
        """The function was called and did not return: this counts as an attempt."""
        return self.status in ("raised", "timed_out", "killed")

    @property
    def was_not_invoked(self) -> bool:
        """The function was never called: a throttle, or an error of the service. This does not count."""
        return self.status in ("throttled", "service_error")

    @property
    def payload(self) -> Any:
        """The response, or the error as Lambda's runtime reports it."""
        if self.status == "returned":
            return self.response
        if self.status == "raised":
            return {"errorMessage": str(self.error), "errorType": type(self.error).__name__}
        return {"errorMessage": f"RequestId: {self.request_id} Error: {self.error}", "errorType": "Runtime.ExitError"}


class ResponseNotJson(Exception):
    """The runtime cannot serialise what the handler returned: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"""


class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(
        self, function: "Function", request_id: str, deadline: float, event: Any, as_json: Callable[[], str] | None
    ) -> None:
        self._world, self._deadline, self._event, self._as_json = function.world, deadline, event, as_json
        self.aws_request_id = request_id
        self.function_name = function.name
        self.function_version = "$LATEST"
        self.invoked_function_arn = function.arn
        self.memory_limit_in_mb = function.memory_mb
        self.log_group_name = f"/aws/lambda/{function.name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - self._world.now) * 1000))

    def event_json(self) -> bytes:
        """The event as JSON, as the runtime's API has it. Not on AWS; for handlers that begin with the bytes."""
        return (json.dumps(self._event) if self._as_json is None else self._as_json()).encode()


class Function:
    """A function and its containers.

    `make_container` builds a container and returns its handler; what it raises is a function error (of the
    initialisation). A container serves one invocation at a time, is used again while it is warm, is thrown away by
    chance, and always where it was killed or ran out of time. A handler must not change its event.
    """

    def __init__(
        self,
        world: World,
        make_container: Callable[[], Handler],
        *,
        arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:scorer",
        timeout_seconds: float = 60.0,
        memory_mb: int = 1024,
        concurrency: int = 1000,
        faults: FunctionFaults = FunctionFaults(),
    ) -> None:
        self.world, self.arn, self.timeout_seconds = world, arn, timeout_seconds
        self.name = arn.split(":")[6]
        self.memory_mb, self.concurrency = memory_mb, concurrency
        self.faults = faults  # may be replaced while the simulation runs
        self.in_flight = 0
        self.cold_starts = 0
        self._make_container = make_container
        self._idle: list[tuple[Handler, float]] = []  # and when it was released

    def invoke(
        self,
        event: Any,
        done: Callable[[Outcome], Any],
        request_id: str = "",
        as_json: Callable[[], str] | None = None,
    ) -> None:
        """Invoke now; `done` is called when the invocation ends, in simulated time.

        `as_json` gives the event as text, where that is quicker than `json.dumps`.
        """
        request_id = request_id or self.world.uuid()
        refusal = self._refusal()
        if refusal is not None:
            outcome = Outcome(refusal, request_id)
            self.world.after(outcome.seconds, lambda: done(outcome))
            return
        outcome, container = self._run(event, request_id, as_json)
        self.in_flight += 1

        def end() -> None:
            self.in_flight -= 1
            self._release(container)
            done(outcome)

        self.world.after(outcome.seconds, end)

    def call(self, event: Any) -> Outcome:
        """Invoke now and wait: the time that it takes passes for the caller."""
        request_id = self.world.uuid()
        refusal = self._refusal()
        if refusal is not None:
            return Outcome(refusal, request_id)
        outcome, container = self._run(event, request_id)
        self.in_flight += 1
        try:
            self.world.pass_time(outcome.seconds)
        finally:
            self.in_flight -= 1
            self._release(container)
        return outcome

    def recycle(self, unused_since: float = math.inf) -> None:
        """Throw all idle containers away, as a deploy does; or those that were last used before `unused_since`."""
        self._idle = [(container, released) for container, released in self._idle if released >= unused_since]

    def _refusal(self) -> Literal["throttled", "service_error"] | None:
        """Why an invocation that begins now never reaches the handler, if so."""
        faults, random, now = self.faults, self.world.random.random, self.world.now
        if self.in_flight >= self.concurrency or any(start <= now < end for start, end in faults.throttled):
            return "throttled"
        if faults.throttle and random() < faults.throttle:
            return "throttled"
        if faults.service_error and random() < faults.service_error:
            return "service_error"
        return None

    def _run(
        self, event: Any, request_id: str, as_json: Callable[[], str] | None = None
    ) -> tuple[Outcome, Handler | None]:
        """One invocation, whose effects take place now: its outcome, and its container if that can go on."""
        world, faults = self.world, self.faults
        kill_at = 0
        if faults.kill and world.random.random() < faults.kill:
            kill_at = world.random.randint(1, faults.kill_within)
        execution = Execution(world.now + self.timeout_seconds, kill_at)
        context = Context(self, request_id, execution.deadline, event, as_json)
        container: Handler | None = None

        def run() -> Any:
            nonlocal container
            container = self._container()
            response = _through_json(container(event, context))
            if world.chosen_kill(execution):
                raise execution.stop(Killed("killed before its response was seen"))
            return response

        status: Status = "returned"
        response: Any = None
        error: BaseException | None = None
        try:
            response = world.execute(execution, run)
            if execution.points < kill_at:
                raise Killed("killed before its response was seen")
        except Stopped as stopped:
            status, error, container = ("killed" if isinstance(stopped, Killed) else "timed_out"), stopped, None
        except (Violation, KeyboardInterrupt):
            raise
        except BaseException as raised:
            status, error = "raised", raised
            if not isinstance(raised, Exception):  # such as SystemExit: the process is gone
                container = None
        if status != "returned":
            world.note(self.name, status, type(error).__name__, error)
        seconds = min(execution.seconds + world.random.uniform(*faults.seconds), self.timeout_seconds)
        return Outcome(status, request_id, response if error is None else None, error, seconds), container

    def _container(self) -> Handler:
        idle, random = self._idle, self.world.random
        if not idle:
            self.cold_starts += 1
            return self._make_container()
        if len(idle) > 1 and random.random() < ANY_CONTAINER:
            return idle.pop(random.randrange(len(idle)))[0]
        return idle.pop()[0]

    def _release(self, container: Handler | None) -> None:
        if container is not None and self.world.random.random() >= self.faults.recycle:
            self._idle.append((container, self.world.now))


def _through_json(response: Any) -> Any:
    if response is None:
        return None
    try:
        return json.loads(json.dumps(response))
    except (TypeError, ValueError) as error:
        raise ResponseNotJson(f"expected a response that is JSON: {error}") from None
