"""Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from scorer.deadline import Deadline

# A call that failed with one of these can succeed when it is made again. The same throttle of KMS has a name of its
# own in each service.
_PASSING_CODES = frozenset(
    {
        "InternalError", "InternalErrorException", "InternalFailure", "InternalFailureException",
        "KMS.ThrottlingException", "KMSThrottling", "KMSThrottlingException", "KmsThrottled", "LimitExceededException",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
        "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttled", "ThrottledException", "Throttling",
        "ThrottlingException", "TooManyRequestsException",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retry:
    """Attempts with random pauses of at most `base` × 2ⁿ seconds, capped, while the deadline allows one more call."""

    base: float = 0.05
    cap: float = 2.0
    random: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def attempts(self, deadline: Deadline) -> Iterator[int]:
        """Yield 0, 1, 2, …, pausing in between; ends when another call could not end in time."""
        attempt = 0
        while deadline.allows_call():
            yield attempt
            pause = self.random() * min(self.cap, self.base * 2.0 ** min(attempt, 64))
            if not deadline.allows_call(after=pause):
                return
            self.sleep(pause)
            attempt += 1


def may_pass(error: ClientError) -> bool:
    """Whether a call that AWS answered with `error` can succeed when it is made again."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or error_code(error) in _PASSING_CODES


def error_code(error: ClientError) -> str:
    """The service's own name for what went wrong; empty where it gave none."""
    code: str = error.response.get("Error", {}).get("Code", "")
    return code
