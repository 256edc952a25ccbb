"""Functions as local processes: what they get, what they can import, and how they end."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from millrace_localstack.launcher import LocalStack, processes
from tests.integration.localstack.lab import Lab, wait_for

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

ABOUT = """\
import os, sys

def handle(event, context):
    return {
        "environment": dict(os.environ),
        "path": sys.path,
        "memory": context.memory_limit_in_mb,
        "remaining": context.get_remaining_time_in_millis(),
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "pid": os.getpid(),
    }
"""

IMPORT = """\
import importlib

def handle(event, context):
    importlib.import_module(event)
    return "imported"
"""

END = """\
import os, subprocess, time

def handle(event, context):
    print("at work", flush=True)
    if event == "exit": os._exit(3)
    if event == "kill": os.kill(os.getpid(), 9)
    if event == "sleep":
        child = subprocess.Popen(["sleep", "600"])
        print("SAID", child.pid, flush=True)
        time.sleep(600)
    return os.getpid()
"""

MEET = """\
import os, time

def handle(event, context):
    open(f"{event}/{os.getpid()}", "w").close()
    while len(os.listdir(event)) < 4:
        time.sleep(0.05)
    return os.getpid()
"""


@pytest.fixture(scope="module")
def importer(lab: Lab) -> str:
    return lab.function(IMPORT)


def test_a_function_gets_what_lambda_gives(lab: Lab) -> None:
    function = lab.function(ABOUT, timeout=70, memory=512, COLOUR="green")

    error, about, log = lab.invoke(function)

    environment = about["environment"]
    assert error is None
    assert about["memory"] == environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert 70 < about["remaining"] <= 70_000  # in milliseconds, of the timeout
    assert about["name"] == environment["AWS_LAMBDA_FUNCTION_NAME"] == function
    assert about["arn"].endswith(f":function:{function}")
    assert environment["COLOUR"] == "green"
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert about["path"][0] == environment["LAMBDA_TASK_ROOT"]
    assert "Memory Size: 512 MB" in log
    assert "Init Duration" in log


def test_a_function_sees_neither_the_users_home_nor_keys(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    _, about, _ = lab.invoke(lab.function(ABOUT))

    for name in ("HOME", "TMPDIR"):
        assert about["environment"][name].startswith(str(lab.localstack.folders.tmp)), name
    assert "LOCALSTACK_AUTH_TOKEN" not in about["environment"]


@pytest.mark.parametrize("module", ["boto3", "botocore", "localstack", "moto", "yaml", "psutil", "millrace_localstack"])
def test_a_function_imports_nothing_that_it_did_not_bring(lab: Lab, importer: str, module: str) -> None:
    """LocalStack's environment has all of these: a package that lacks one must fail here as it would on AWS."""
    error, payload, _ = lab.invoke(importer, module)

    assert error == "Unhandled"
    assert payload["errorType"] == "ModuleNotFoundError"
    assert payload["errorMessage"] == f"No module named '{module}'"


@pytest.mark.parametrize("module", ["json", "stub", "awslambdaric"])
def test_a_function_imports_the_standard_library_and_its_own(lab: Lab, importer: str, module: str) -> None:
    assert lab.invoke(importer, module)[:2] == (None, "imported")


@pytest.mark.parametrize(("how", "text"), [("exit", "exit status 3"), ("kill", "signal: killed")])
def test_a_crash_is_reported_and_the_next_invocation_starts_anew(lab: Lab, how: str, text: str) -> None:
    function = lab.function(END)
    _, first, _ = lab.invoke(function)

    error, payload, log = lab.invoke(function, how)

    assert error == "Unhandled"
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith(f"Error: Runtime exited with error: {text}")
    assert "at work" in log
    again, second, log = lab.invoke(function)
    assert again is None
    assert second != first
    assert "Init Duration" in log


def test_a_timeout_ends_the_process_and_its_children(lab: Lab) -> None:
    function = lab.function(END, timeout=5)

    error, payload, log = lab.invoke(function, "sleep")

    assert error == "Unhandled"
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Task timed out after 5.00 seconds")
    assert "Task timed out after 5.00 seconds" in log
    (child,) = lab.said(function)
    assert wait_for(lambda: processes.start_time(child) is None)
    assert lab.invoke(function)[0] is None


def test_a_function_that_cannot_be_loaded_says_why(lab: Lab) -> None:
    error, payload, _ = lab.invoke(lab.function("import no_such_module"))

    assert error == "Unhandled"
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in payload["errorMessage"]


def test_a_process_serves_one_invocation_after_another(lab: Lab) -> None:
    function = lab.function(END)

    pids = {lab.invoke(function)[1] for _ in range(5)}

    assert len(pids) == 1


def test_invocations_at_once_are_processes_of_their_own(lab: Lab, tmp_path: Path) -> None:
    """Each ends when all four are at work."""
    function = lab.function(MEET, timeout=120)
    lab.client("lambda")  # made before the threads

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: lab.invoke(function, str(tmp_path)), range(4)))

    pids = {pid for _, pid, _ in answers}
    assert pids == {int(mark.name) for mark in tmp_path.iterdir()}
    assert len(pids) == 4


def test_another_runtime_is_refused_with_the_reason(lab: Lab) -> None:
    functions = lab.client("lambda")
    function = lab.function(END)
    functions.update_function_configuration(FunctionName=function, Runtime="python3.12")

    def failed() -> bool:
        return bool(functions.get_function_configuration(FunctionName=function).get("State") == "Failed")

    assert wait_for(failed)
    reason = functions.get_function_configuration(FunctionName=function)["StateReason"]
    assert "python3.13" in reason
    assert "python3.12" in reason


def test_only_loopback_is_listened_on(localstack: LocalStack) -> None:
    """LocalStack's own server binds every interface."""
    process = localstack.process()
    assert process is not None
    if not TABLES[0].exists():
        pytest.skip("listening sockets are read from /proc, on Linux only")
    sockets = _sockets(process.pid)

    listening = [address for inode, address in _listening() if inode in sockets]

    assert f"0100007F:{localstack.port:04X}" in listening
    assert {address.split(":")[0] for address in listening} == {"0100007F"}  # 127.0.0.1, in the kernel's order


def _sockets(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found


def _listening() -> list[tuple[str, str]]:
    """(inode, local address) of every listening TCP socket, IPv6 included."""
    found = []
    for table in TABLES:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
        found += [(row[9], row[1]) for row in rows if row[3] == "0A"]
    return found
