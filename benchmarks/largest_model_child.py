"""A scorer as Lambda runs it: a batch for each line of its input, for which it prints the CPU seconds that it took.

largest_model_child.py FILE_WITH_AN_EVENT FILE_WITH_PROCESSES_OF_A_CONTROL_GROUP
"""

import json
import os
import resource
import sys
import time
from pathlib import Path


class LongContext:
    """Lambda's, with the longest timeout that it allows."""

    aws_request_id, function_version, function_name = "1", "1", "scorer"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:scorer"

    def __init__(self) -> None:
        self._end = time.monotonic() + 900

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


def cpu() -> float:
    """Seconds of this process and of its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    Path(sys.argv[2]).write_text(str(os.getpid()))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the scorer logs to standard output
    before = 0.0
    from scorer.handler import handle

    for _ in sys.stdin:
        handle(json.loads(Path(sys.argv[1]).read_bytes()), LongContext())
        answers.write(f"{cpu() - before}\n")
        answers.flush()
        before = cpu()


main()
