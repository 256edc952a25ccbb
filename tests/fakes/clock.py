"""Time that moves only when it is told to."""

from dataclasses import dataclass, field

from resilience.deadline import CONNECT_SECONDS, READ_SECONDS, RESERVE_SECONDS, Deadline

# A call begins only where more seconds than these are left.
CALL = CONNECT_SECONDS + READ_SECONDS + RESERVE_SECONDS


@dataclass
class FakeClock:
    """A clock in seconds; sleeping on it moves it, and is remembered."""

    now: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def deadline(self, seconds: float) -> Deadline:
        return Deadline.after(seconds, self)


class FakeContext:
    """Lambda's context, as far as the handler looks at it."""

    aws_request_id, function_version = "request-1", "7"

    def __init__(self, seconds: float = 60.0, clock: FakeClock | None = None) -> None:
        """Always `seconds` are left, or, by a clock, so many from now."""
        self._deadline = clock.deadline(seconds) if clock else Deadline(lambda: seconds)

    def get_remaining_time_in_millis(self) -> int:
        return int(self._deadline.remaining() * 1000)
