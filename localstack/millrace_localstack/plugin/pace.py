"""How many times as fast as on AWS the minutes of CloudWatch pass: MILLRACE_LOCALSTACK_PACE, else 1.

An alarm with a period of a minute looks at ten seconds where the pace is 6, and a queue reports its depth as often.
What is deployed stays as it is, and tests need not wait for minutes.
"""

import os

SETTING = "MILLRACE_LOCALSTACK_PACE"
FASTEST = 60.0


def factor(setting: str) -> float:
    """The pace that `setting` stands for; ValueError says what is wrong with it."""
    try:
        found = float(setting or 1)
    except ValueError:
        found = 0.0
    if not 1 <= found <= FASTEST:
        raise ValueError(
            f"{SETTING} is {setting!r}: expected a number from 1, as on AWS, to 60, where minutes are seconds"
        )
    return found


FACTOR = factor(os.environ.get(SETTING, ""))
MINUTE_SECONDS = 60.0 / FACTOR
