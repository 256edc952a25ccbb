"""A process and its lifeline, with a small program in the place of a function."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millrace_localstack.launcher import processes
from millrace_localstack.plugin.functions import bootstrap
from millrace_localstack.plugin.functions.process import FunctionProcess
from millrace_localstack.plugin.functions.runtime_api import Answered, Exited, Invocation, Started

# The runtime's loop without Lambda's library: `exit` and `child` are what the tests ask for.
PROGRAM = f"""\
import importlib.util, json, os, subprocess, sys

spec = importlib.util.spec_from_file_location("bootstrap", {bootstrap.__file__!r})
bootstrap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bootstrap)
bootstrap.hold_lifeline()
client = bootstrap.RuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    payload, headers = client.next()
    event = json.loads(payload)
    if "exit" in event:
        os._exit(event["exit"])
    if "child" in event:
        event["child"] = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid
    event["stdin"] = sys.stdin.read()
    client.post_invocation_result(headers["Lambda-Runtime-Aws-Request-Id"], json.dumps(event).encode(), "")
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], FunctionProcess]]:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    started: list[FunctionProcess] = []

    def start() -> FunctionProcess:
        process = FunctionProcess([sys.executable, "-I", str(program)], {}, tmp_path, tmp_path / "output")
        started.append(process)
        assert isinstance(process.report(10), Started)
        return process

    yield start
    for process in started:
        process.kill()


def invocation(payload: str) -> Invocation:
    return Invocation("r", "arn", payload.encode(), "", 0)


def test_it_answers_and_its_input_is_empty(start: Callable[[], FunctionProcess]) -> None:
    process = start()
    process.submit(invocation("{}"))

    assert process.report(10) == Answered("r", b'{"stdin": ""}', False)
    assert process in FunctionProcess.living()


@pytest.mark.parametrize("status", [0, 3])
def test_its_exit_is_reported(start: Callable[[], FunctionProcess], status: int) -> None:
    process = start()
    process.submit(invocation(f'{{"exit": {status}}}'))

    assert process.report(10) == Exited(status)
    assert not process.alive()


def test_a_signal_is_reported_as_one(start: Callable[[], FunctionProcess]) -> None:
    process = start()
    os.kill(process.pid, signal.SIGKILL)

    assert process.report(10) == Exited(-signal.SIGKILL)


def test_silence_is_no_report(start: Callable[[], FunctionProcess]) -> None:
    assert start().report(0.05) is None


def child_of(process: FunctionProcess) -> tuple[int, str]:
    process.submit(invocation('{"child": 0}'))
    answer = process.report(10)
    assert isinstance(answer, Answered)
    child = int(answer.body.split(b'"child": ')[1].split(b",")[0])
    started = processes.start_time(child)
    assert started is not None
    return child, started


def gone(pid: int, started: str) -> bool:
    return processes.wait_until(lambda: processes.start_time(pid) != started, 10)


def test_kill_takes_its_children_too(start: Callable[[], FunctionProcess]) -> None:
    process = start()
    child, started = child_of(process)

    process.kill()

    assert not process.alive()
    assert gone(child, started)


def test_children_do_not_outlive_it(start: Callable[[], FunctionProcess]) -> None:
    process = start()
    child, started = child_of(process)

    os.kill(process.pid, signal.SIGKILL)

    assert gone(child, started)


def test_it_ends_when_the_lifeline_is_cut(start: Callable[[], FunctionProcess]) -> None:
    """The kernel closes the pipe of a LocalStack that was killed."""
    process = start()
    child, started = child_of(process)
    lifeline = process._process.stdin
    assert isinstance(process._process, subprocess.Popen)
    assert lifeline is not None

    lifeline.close()

    assert process.report(10) == Exited(-signal.SIGKILL)
    assert gone(child, started)
