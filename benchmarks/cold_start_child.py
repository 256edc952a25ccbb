"""A fresh process, as Lambda starts one: the runtime client is there, the function's code is not. Prints milliseconds.

cold_start_child.py FILE_WITH_AN_EVENT WHAT [PATH...]

It imports nothing but the runtime client until the clock runs; the paths are put before all others.
"""

import json
import sys
import time

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:scorer"


class ColdRuntime(BaseLambdaRuntimeClient):  # type: ignore[misc]
    answer = ""

    def __init__(self) -> None:
        """Nothing to connect to."""

    def post_invocation_result(self, invocation: str, result: str, *_: object) -> None:
        self.answer = result

    def post_invocation_error(self, invocation: str, error: str, *_: object) -> None:
        raise RuntimeError(error)

    def log_error(self, lines: list[str]) -> None:
        raise RuntimeError("\n".join(lines))


def invoke(handler: object, event: bytes) -> None:
    deadline = int((time.time() + 60) * 1000)
    bootstrap.handle_event_request(
        ColdRuntime(), handler, "1", event, "application/json", None, None, ARN, deadline, None, ColdRuntime()
    )  # fmt: skip


def numpy(_: bytes) -> None:
    import numpy  # noqa: F401


def scorer(event: bytes) -> None:
    invoke(bootstrap._get_handler("scorer.handler.handle"), event)


def scorer_with_tls(event: bytes) -> None:
    """The stub has no TLS: what makes it ready is added, as the scorer's own client does it."""
    scorer(event)
    from aws_client.tls import Trust

    if next(Trust({}).contexts("https")) is None:
        raise RuntimeError("expected a TLS context")


def peer(module: str) -> object:
    def run(event: bytes) -> None:
        from importlib import import_module

        names = [f"f{i:02}" for i in range(20)]
        invoke(import_module(f"benchmarks.peers.{module}").make(names), event)

    return run


ACTIONS = {
    "numpy": numpy,
    "scorer": scorer,
    "scorer_with_tls": scorer_with_tls,
    "joined": peer("joined"),
    "frame": peer("frame"),
    "powertools": peer("powertools"),
}


def main() -> None:
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 - pathlib would be imported for it
        event = file.read()
    action = ACTIONS[sys.argv[2]]
    sys.path[:1] = sys.argv[3:]
    wall, cpu = time.perf_counter(), time.process_time()
    action(event)  # type: ignore[operator]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    figures = {"cpu": cpu * 1e3, "wall": wall * 1e3, "modules": len(sys.modules), "numpy": "numpy" in sys.modules}
    sys.stderr.write(json.dumps(figures) + "\n")


main()
