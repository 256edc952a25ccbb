"""The clock, the agenda and the one random source: everything that happens in a simulation happens through them."""

import random
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from typing import Any

from .exploration import Choices, SteadyRandom

# So many happenings are kept to be shown after a failure.
TRACE_LENGTH = 300
# With choices: what is due so soon after what is due next may come before it.
TOGETHER_SECONDS = 1.0

# RFC 9562: the bits that say version 4, variant 2. By hand, because the library's class takes three times as long.
_VERSION_4 = 0x4 << 76 | 0x2 << 62
_NOT_VERSION_4 = ~(0xF << 76 | 0x3 << 62)

type Action = Callable[[], Any]


class Stopped(BaseException):
    """The simulated process is gone. Not an Exception: no handler may catch it, as none can on AWS."""


class TimedOut(Stopped):
    """The invocation reached the function's time-out."""


class Killed(Stopped):
    """The process of the invocation was killed."""


class Violation(BaseException):
    """Raise it where something is seen that must not be: it ends the simulation, through any handler."""


class Execution:
    """One invocation while it runs: when it must end, and where it is to be killed (0: nowhere).

    `ended` is what stopped it, if anything did; `seconds` what it took, once it is over. `offered_at` is when the
    choices were last asked whether to kill it.
    """

    __slots__ = ("deadline", "ended", "kill_at", "offered_at", "points", "seconds")

    def __init__(self, deadline: float, kill_at: int = 0) -> None:
        self.deadline, self.kill_at = deadline, kill_at
        self.points = 0
        self.seconds = self.offered_at = 0.0
        self.ended: Stopped | None = None

    def stop(self, cause: Stopped) -> Stopped:
        """Note that the process is gone; what it still tries in a `finally` has no effect either."""
        self.ended = self.ended or cause
        return self.ended


class World:
    """A discrete-event simulation, single-threaded and deterministic: one seed, one run.

    `now` is the time in epoch seconds. An action runs at one instant of the agenda; time that passes within it
    (`pass_time`) is its own: it moves `now` for the rest of the action, and the next action begins at its own instant.

    With `choices` (see `explore`), these decide instead of chance: of the actions due within TOGETHER_SECONDS, which
    comes first (what is then late runs as soon as it may); where a process is killed; what ChosenFaults do.
    """

    def __init__(self, seed: int = 0, start: float = 1_700_000_000.0, choices: Choices | None = None) -> None:
        self.seed, self.now, self.choices = seed, start, choices
        self.random = random.Random(seed) if choices is None else SteadyRandom(seed)
        self._agenda: list[tuple[float, int, Action]] = []
        self._cancelled: set[int] = set()
        self._scheduled = 0
        self._running = False
        self._execution: Execution | None = None
        self._trace: deque[tuple[float, tuple[Any, ...]]] = deque(maxlen=TRACE_LENGTH)

    def clock(self) -> float:
        """`now`, as a callable: the clock to inject where `time.time` would be called."""
        return self.now

    def at(self, when: float, action: Action) -> int:
        """Run `action` at `when`, after everything that was put there before; at once if that is past.

        The number returned is for `cancel`.
        """
        self._scheduled += 1
        heappush(self._agenda, (when, self._scheduled, action))
        return self._scheduled

    def cancel(self, number: int) -> None:
        """Take an action that has not run off the agenda: it is no choice any more, either."""
        self._cancelled.add(number)

    def after(self, delay: float, action: Action) -> int:
        """Run `action` in `delay` seconds; the number for `cancel`."""
        return self.at(self.now + delay, action)

    def run(self, until: float | None = None) -> None:
        """Run the agenda up to and including `until`, or until nothing is left on it. Not from within an action."""
        if self._running:
            raise RuntimeError("expected run() from outside the agenda, got it from within an action")
        agenda, self._running = self._agenda, True
        last = self.now
        try:
            while agenda and (until is None or agenda[0][0] <= until):
                if agenda[0][1] in self._cancelled:
                    self._cancelled.remove(heappop(agenda)[1])
                    continue
                when, _, action = heappop(agenda) if self.choices is None else self._chosen(self.choices, until)
                self.now = last = max(last, when)
                action()
        finally:
            self._running = False
            self.now = last if until is None else max(last, until)

    def _chosen(self, choices: Choices, until: float | None) -> tuple[float, int, Action]:
        """Take one of the actions that are due together off the agenda."""
        agenda = self._agenda
        end = agenda[0][0] + TOGETHER_SECONDS
        last = end if until is None else min(end, until)
        due = sorted(entry for entry in agenda if entry[0] <= last and entry[1] not in self._cancelled)
        chosen = due[choices.choose("order", len(due))]
        agenda.remove(chosen)
        heapify(agenda)
        return chosen

    def pass_time(self, seconds: float) -> None:
        """Let time pass for whoever calls: a sleep, a slow call. Raises TimedOut in an invocation that has no more.

        Outside the agenda (an operator's program) the world goes on meanwhile.
        """
        execution = self._execution
        if execution is None and not self._running:
            self.run(self.now + seconds)
            return
        if execution is not None:
            if execution.ended is not None:
                raise execution.ended
            if self.now + seconds >= execution.deadline:
                self.now = execution.deadline
                raise execution.stop(TimedOut("the function's time-out was reached"))
        self.now += seconds

    def interruption_point(self) -> None:
        """A place where the process may be killed: clients call it before and after a call takes effect.

        Raises Killed if the fault plan says so, and whatever ended the invocation if it has ended.
        """
        execution = self._execution
        if execution is None:
            return
        if execution.ended is not None:
            raise execution.ended
        execution.points += 1
        if execution.points == execution.kill_at or (self.choices is not None and self.chosen_kill(execution)):
            raise execution.stop(Killed(f"killed at interruption point {execution.points}"))

    def chosen_kill(self, execution: Execution) -> bool:
        """Whether the choices end the process here. Asked once an instant: between two calls, it is the same kill."""
        if self.choices is None or execution.offered_at == self.now:
            return False
        execution.offered_at = self.now
        return self.choices.choose("fault", 2) == 1

    def execute[T](self, execution: Execution, action: Callable[[], T]) -> T:
        """Run `action` as an invocation that begins now; afterwards `now` is what it was before.

        Raises what the action raises, and Stopped where the action swallowed it.
        """
        outer, started = self._execution, self.now
        self._execution = execution
        try:
            result = action()
            if execution.ended is not None:
                raise execution.ended
            return result
        finally:
            execution.seconds = self.now - started
            self._execution, self.now = outer, started

    def uuid(self) -> str:
        """A version 4 UUID from the simulation's own random source."""
        text = f"{self.random.getrandbits(128) & _NOT_VERSION_4 | _VERSION_4:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def note(self, *what: Any) -> None:
        """Remember a happening for `trace`. Cheap: formatted only when it is shown."""
        self._trace.append((self.now, what))

    def trace(self) -> str:
        """The last happenings, one a line, oldest first."""
        return "\n".join(f"{when:17.3f}  {' '.join(map(str, what))}" for when, what in self._trace)


def iso(when: float) -> str:
    """Epoch seconds as AWS writes them in JSON: UTC, milliseconds, Z."""
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
