"""What goes wrong with calls to AWS, and how often."""

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from ..exploration import Choices

type Failure = Literal["throttle", "server_error", "access_denied", "connect_timeout", "read_timeout", "late_timeout"]


@dataclass(frozen=True, slots=True)
class Outage:
    """Every call that begins between `start` and `end` (epoch seconds) fails in this way."""

    start: float
    end: float
    failure: Failure = "server_error"


@dataclass(frozen=True, slots=True)
class CallFaults:
    """Shares of the calls (0 to 1) that fail in each way; the rest succeed. Together at most 1.

    throttle, server_error, access_denied: answered with that error, nothing committed.
    connect_timeout, read_timeout: runs into the client's time-out, nothing committed.
    late_timeout: is committed, then runs into the client's read time-out.
    slow: succeeds, `slow_seconds` (from, to) later.
    partial: share of the calls with entries in which each entry fails by the chance `partial_share`, on HTTP 200.
    seconds: what each call takes (from, to).
    outages: windows in which every call fails.
    """

    throttle: float = 0.0
    server_error: float = 0.0
    access_denied: float = 0.0
    connect_timeout: float = 0.0
    read_timeout: float = 0.0
    late_timeout: float = 0.0
    slow: float = 0.0
    slow_seconds: tuple[float, float] = (0.5, 2.5)
    partial: float = 0.0
    partial_share: float = 0.3
    seconds: tuple[float, float] = (0.004, 0.02)
    outages: tuple[Outage, ...] = ()

    def failure(self, random: Random, now: float) -> Failure | Literal["slow"] | None:
        """What becomes of a call that begins now."""
        for outage in self.outages:
            if outage.start <= now < outage.end:
                return outage.failure
        left = random.random()
        shares: tuple[tuple[Failure | Literal["slow"], float], ...] = (
            ("throttle", self.throttle),
            ("server_error", self.server_error),
            ("access_denied", self.access_denied),
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("late_timeout", self.late_timeout),
            ("slow", self.slow),
        )
        for failure, share in shares:
            left -= share
            if left < 0:
                return failure
        return None

    def failed_entries(self, random: Random, entries: int) -> list[int]:
        """Which entries of a call fail, in order."""
        if not self.partial or random.random() >= self.partial:
            return []
        return [i for i in range(entries) if random.random() < self.partial_share]


@dataclass(frozen=True, slots=True)
class ChosenFaults(CallFaults):
    """Faults by choice: a call is refused, lost before it takes effect, or lost after; or one of its entries fails.

    That the process is killed, before a call or after it, is another choice at each call (`World.interruption_point`).
    """

    choices: Choices = field(default_factory=Choices)

    def failure(self, random: Random, now: float) -> Failure | Literal["slow"] | None:
        options: tuple[Failure | None, ...] = (None, "throttle", "read_timeout", "late_timeout")
        return options[self.choices.choose("fault", len(options))]

    def failed_entries(self, random: Random, entries: int) -> list[int]:
        chosen = self.choices.choose("fault", entries + 1)
        return [chosen - 1] if chosen else []
