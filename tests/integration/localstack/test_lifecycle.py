"""The real LocalStack's end: nothing is left, however it ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from millrace.paths import ROOT
from millrace_localstack.launcher import LocalStack, PortTaken, processes
from tests.fakes.ports import held_port
from tests.integration.localstack.lab import Lab, wait_for

SLEEPS = """\
import os, time

def handle(event, context):
    print("SAID", os.getpid(), flush=True)
    open(event, "w").write(str(os.getpid()))
    time.sleep(600)
"""


@pytest.fixture
def another() -> Iterator[LocalStack]:
    """A LocalStack that a test may do away with."""
    with held_port() as port, LocalStack(ROOT, port, instance="another") as localstack:
        yield localstack


def busy_process(localstack: LocalStack) -> tuple[int, str]:
    """A function's process in the midst of an invocation, known by its id and start."""
    lab = Lab(localstack)
    function = lab.function(SLEEPS, timeout=600)
    mark = localstack.folders.own / "function.pid"
    mark.unlink(missing_ok=True)

    def invoke() -> None:
        with suppress(BotoCoreError, ClientError):  # the LocalStack under it ends
            lab.invoke(function, str(mark))

    threading.Thread(target=invoke, daemon=True).start()
    pid = int(wait_for(lambda: mark.exists() and mark.read_text()))
    started = processes.start_time(pid)
    assert started is not None
    return pid, started


def test_stop_is_at_once_and_takes_the_functions_along(another: LocalStack) -> None:
    """By our shutdown hook: LocalStack's own end waits for long polls, and for threads that sleep."""
    pid, started = busy_process(another)
    before = another.log_file.stat().st_size

    another.stop()

    assert b"Millrace: stopped, with 1 function processes" in another.log_file.read_bytes()[before:]
    assert processes.start_time(pid) != started
    assert not another.folders.state.exists()
    assert not another.folders.tmp.exists()


def test_functions_end_with_a_localstack_that_is_killed(another: LocalStack) -> None:
    pid, started = busy_process(another)
    process = another.process()
    assert process is not None

    os.kill(process.pid, signal.SIGKILL)

    assert wait_for(lambda: processes.start_time(pid) != started)
    assert not another.running()
    another.stop()
    assert not another.folders.state.exists()


STARTS = """\
import signal, sys
from millrace.paths import ROOT
from millrace_localstack.launcher import LocalStack

with LocalStack(ROOT, int(sys.argv[1]), instance="another") as localstack:
    print(localstack.process().pid, flush=True)
    signal.pause()
"""


def test_it_ends_with_a_program_that_is_killed() -> None:
    command = [sys.executable, "-c", STARTS]
    with held_port() as port, subprocess.Popen([*command, str(port)], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        started = processes.start_time(pid)
        assert started is not None

        program.kill()

    assert wait_for(lambda: processes.start_time(pid) != started)
    left = LocalStack(ROOT, port, instance="another")
    assert left.process() is None
    left.stop()
    assert not left.folders.state.exists()


def test_a_second_localstack_on_the_port_is_refused_at_once(localstack: LocalStack) -> None:
    """LocalStack itself would hang there, and ignore SIGTERM."""
    refused = LocalStack(ROOT, localstack.port, instance="refused")
    with pytest.raises(PortTaken, match=str(localstack.port)):
        refused.start()
    assert refused.process() is None


def test_two_localstacks_do_not_share_s3_objects(lab: Lab, unpatched: Lab) -> None:
    """LocalStack keeps them in one fixed folder of the machine; ours are in a folder of each, patched or not."""
    for each in (lab, unpatched):
        each.client("s3").put_object(Bucket=each.bucket(), Key="k", Body=b"{}")
        folder = each.localstack.folders.tmp
        assert list(folder.glob("s3-objects/*")), folder
