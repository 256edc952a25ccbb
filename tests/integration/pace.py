"""Time on the tests' LocalStack: minutes that need not be waited for."""

import json
import time
from collections.abc import Callable
from urllib.request import Request, urlopen

from millrace_localstack.launcher import LocalStack
from tests.integration.harness import DEADLINE, wait_for

# How many times as fast as on AWS the minutes of alarms and of queues' depths pass.
PACE = 6.0
# Between two minutes of the schedules that pass at once: what one began may take a while.
PAUSE_SECONDS = 5.0


def wait_for_schedule(localstack: LocalStack, condition: Callable[[], bool], seconds: float) -> None:
    """Poll until the condition holds, which a schedule sees to; fails at the deadline."""
    passed = -PAUSE_SECONDS

    def holds() -> bool:
        nonlocal passed
        if condition():
            return True
        if time.monotonic() - passed >= PAUSE_SECONDS:
            pass_minute(localstack)
            passed = time.monotonic()
        return False

    wait_for(holds, seconds)


def pass_minute(localstack: LocalStack) -> int:
    """Have a minute of the schedules pass now; how many schedules there are."""
    asked = Request(f"{localstack.endpoint_url}/_localstack/millrace/minute", method="POST")
    with urlopen(asked, timeout=DEADLINE) as answer:
        count: int = json.load(answer)["schedules"]
    return count
