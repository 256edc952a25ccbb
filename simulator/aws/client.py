"""What all fake clients share: faults, time-outs, retries of their own, interruption points."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from ..world import World
from .errors import ANSWERS, Exceptions, client_error
from .faults import CallFaults

# botocore's standard mode: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
LONGEST_RETRY_SECONDS = 20.0


class Client:
    """A client whose calls take simulated time and fail as `faults` says (which may be replaced while all runs).

    `attempts` is botocore's `total_max_attempts`: failures that may pass are tried again by the client itself.
    `counts`: calls, and each kind of failure; entries_failed.
    """

    service = ""
    exceptions = Exceptions

    def __init__(
        self,
        world: World,
        faults: CallFaults | None = None,
        *,
        connect_seconds: float = 1.0,
        read_seconds: float = 3.0,
        attempts: int = 1,
    ) -> None:
        self.world, self.faults = world, faults or CallFaults()
        self.connect_seconds, self.read_seconds, self.attempts = connect_seconds, read_seconds, attempts
        self.counts: Counter[str] = Counter()

    def _call[T](self, operation: str, act: Callable[[], T]) -> T:
        """Make a call whose effect is `act`, again where botocore would. Raises its errors, and Stopped."""
        for attempt in range(1, self.attempts):
            try:
                return self._attempt(operation, act)
            except (ConnectTimeoutError, ReadTimeoutError):
                pass
            except ClientError as error:
                if not _may_pass(error):
                    raise
            self.world.pass_time(min(LONGEST_RETRY_SECONDS, 2.0 ** (attempt - 1)) * self.world.random.random())
        return self._attempt(operation, act)

    def _attempt[T](self, operation: str, act: Callable[[], T]) -> T:
        world, faults = self.world, self.faults
        world.interruption_point()
        self.counts["calls"] += 1
        failure = faults.failure(world.random, world.now)
        if failure is None:
            world.pass_time(world.random.uniform(*faults.seconds))
            answer = act()
            world.interruption_point()
            return answer
        self.counts[failure] += 1
        world.note(self.service, operation, failure)
        if failure == "slow":
            world.pass_time(world.random.uniform(*faults.slow_seconds))
            answer = act()
            world.interruption_point()
            return answer
        self._fail(operation, failure, act)
        raise AssertionError("unreachable: every failure raises")

    def _fail(self, operation: str, failure: str, act: Callable[[], Any]) -> None:
        """Raise what the failure is to its caller, after the time that it takes."""
        world, endpoint = self.world, f"https://{self.service}.amazonaws.com/"
        if failure == "connect_timeout":
            world.pass_time(self.connect_seconds)
            raise ConnectTimeoutError(endpoint_url=endpoint)
        if failure == "late_timeout":
            act()
            world.interruption_point()
        if failure in ("late_timeout", "read_timeout"):
            world.pass_time(self.read_seconds)
            raise ReadTimeoutError(endpoint_url=endpoint)
        world.pass_time(world.random.uniform(*self.faults.seconds))
        raise client_error(operation, *ANSWERS[self.service][failure])


def _may_pass(error: ClientError) -> bool:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    code = error.response["Error"]["Code"]
    return status >= 500 or status == 429 or code in ("LimitExceededException", "RequestThrottled")
