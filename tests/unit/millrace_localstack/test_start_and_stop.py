"""Start, stop and status on real processes, with a small program in LocalStack's place."""

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from socket import create_server

import pytest

from millrace_localstack.launcher import (
    AlreadyRunning,
    LauncherError,
    LocalStack,
    PortTaken,
    PortUnusable,
    StartError,
    health,
    pid_file,
    processes,
)
from millrace_localstack.launcher import (
    localstack as module,
)

Make = Callable[..., LocalStack]


def test_start_waits_until_it_answers_and_stop_leaves_only_the_logs(make_localstack: Make) -> None:
    localstack = make_localstack()

    localstack.start()
    process = localstack.process()

    assert process is not None
    assert localstack.running()
    localstack.stop()
    assert not process.alive()
    assert not localstack.running()
    assert not localstack.folders.state.exists()
    assert not localstack.folders.tmp.exists()
    assert not localstack.folders.pid_file.exists()
    assert "as usual" in localstack.log_file.read_text()


def test_another_object_of_the_same_project_can_stop_it(make_localstack: Make) -> None:
    localstack = make_localstack()
    localstack.start()

    LocalStack(localstack.root, localstack.port).stop()

    assert localstack.process() is None


def test_as_a_context_it_is_stopped_also_after_an_error(make_localstack: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "install", lambda *arguments: False)
    localstack = make_localstack()

    def work() -> None:
        with localstack:
            assert localstack.running()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert localstack.process() is None


def test_ctrl_c_in_the_terminal_does_not_reach_it(make_localstack: Make) -> None:
    localstack = make_localstack()
    localstack.start()
    process = localstack.process()

    assert process is not None
    assert os.getsid(process.pid) != os.getsid(0)


def test_a_port_that_may_not_be_used_is_not_called_taken(
    make_localstack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    localstack = make_localstack()
    monkeypatch.setattr("socket.socket.bind", refuse)

    with pytest.raises(
        PortUnusable, match=rf"Port {localstack.port} on 127.0.0.1 cannot be used \(Permission denied\)"
    ):
        localstack.start()


def test_a_taken_port_is_said_in_one_line_before_anything_starts(make_localstack: Make) -> None:
    localstack = make_localstack()
    with create_server(("127.0.0.1", localstack.port)), pytest.raises(PortTaken) as raised:
        localstack.start()

    assert str(localstack.port) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not localstack.log_file.exists()


def test_a_port_that_is_taken_on_every_interface_is_taken(make_localstack: Make) -> None:
    localstack = make_localstack()
    with create_server(("0.0.0.0", localstack.port)), pytest.raises(PortTaken):
        localstack.start()


def test_a_second_start_names_the_process_that_runs(make_localstack: Make) -> None:
    localstack = make_localstack()
    localstack.start()
    process = localstack.process()
    assert process is not None

    with pytest.raises(AlreadyRunning, match=f"process {process.pid}"):
        localstack.start()


def test_a_second_start_of_a_named_instance_says_how_that_is_stopped(make_localstack: Make) -> None:
    localstack = make_localstack()
    named = LocalStack(localstack.root, localstack.port, instance="tests")
    named.start()

    with pytest.raises(AlreadyRunning, match="--instance tests stop"):
        named.start()
    named.stop()


def test_an_end_while_starting_is_said_with_the_end_of_the_log(make_localstack: Make) -> None:
    localstack = make_localstack("fails")

    with pytest.raises(StartError, match="exit status 1") as raised:
        localstack.start()

    assert "no such provider" in str(raised.value)
    assert localstack.process() is None


def test_no_answer_in_time_is_an_error_and_nothing_is_left_running(
    make_localstack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.5)
    localstack = make_localstack("silent")

    with pytest.raises(StartError, match="did not answer"):
        localstack.start()

    assert localstack.process() is None


def test_ctrl_c_while_it_starts_leaves_nothing_running(make_localstack: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(port: int) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(health, "healthy", interrupt)
    localstack = make_localstack()

    with pytest.raises(KeyboardInterrupt):
        localstack.start()

    assert localstack.process() is None
    health.check_port(localstack.port)


def test_start_without_an_installation_says_what_to_do(tmp_path: Path, port: int) -> None:
    with pytest.raises(LauncherError, match="make setup"):
        LocalStack(tmp_path, port).start()


def test_a_process_that_does_not_end_is_killed(make_localstack: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.2)
    localstack = make_localstack("stubborn")
    localstack.start()
    process = localstack.process()

    localstack.stop()

    assert process is not None
    assert not process.alive()


def test_a_second_ctrl_c_ends_the_patience_and_leaves_nothing(
    make_localstack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    localstack = make_localstack("stubborn")
    localstack.start()
    process = localstack.process()
    assert process is not None
    waits = processes.wait_until

    def interrupted(condition: Callable[[], bool], seconds: float) -> bool:
        if seconds == module.STOP_SECONDS:
            raise KeyboardInterrupt
        return waits(condition, seconds)

    monkeypatch.setattr(processes, "wait_until", interrupted)
    with pytest.raises(KeyboardInterrupt):
        localstack.stop()

    assert not process.alive()
    assert not localstack.folders.state.exists()


def test_the_end_of_each_is_known_to_python(make_localstack: Make) -> None:
    """Python warns of a process that it believes to be running."""
    localstack = make_localstack()
    localstack.start()
    process = localstack.process()
    assert process is not None
    (handle,) = [started for started in module._started if started.pid == process.pid]

    os.kill(process.pid, signal.SIGKILL)
    localstack.stop()

    assert handle.returncode is not None
    assert handle not in module._started


def test_what_it_leaves_behind_is_killed(make_localstack: Make) -> None:
    localstack = make_localstack("parent")
    localstack.start()
    process = localstack.process()
    assert process is not None
    child = int(localstack.log_file.read_text().split("child ")[1].split()[0])
    started = processes.start_time(child)

    localstack.stop()

    assert started is not None
    assert processes.wait_until(lambda: processes.start_time(child) != started, 20)


def test_a_number_that_now_belongs_to_another_process_is_left_alone(make_localstack: Make) -> None:
    localstack = make_localstack()
    other = pid_file.Running(os.getpid(), "long before", localstack.port)
    pid_file.write(localstack.folders.pid_file, other)

    assert localstack.process() is None
    localstack.stop()  # would end this test
    assert not localstack.folders.pid_file.exists()


@pytest.mark.parametrize("content", ["", "12", "{}", '{"pid": 1, "started": "x"}'])
def test_a_damaged_pid_file_is_no_process(make_localstack: Make, content: str) -> None:
    localstack = make_localstack()
    localstack.folders.pid_file.write_text(content)

    assert localstack.process() is None


def test_named_instances_do_not_share_what_is_private(tmp_path: Path) -> None:
    first, second = LocalStack(tmp_path), LocalStack(tmp_path, 4567, instance="tests")

    private = {"state", "tmp", "log", "pid_file"}
    for name in private:
        assert getattr(first.folders, name) != getattr(second.folders, name)
    assert first.folders.venv == second.folders.venv


def test_stop_can_keep_the_state(make_localstack: Make) -> None:
    localstack = make_localstack()
    localstack.start()

    localstack.stop(keep_state=True)

    assert localstack.folders.state.exists()
    assert localstack.process() is None


def test_the_environment_has_nothing_of_the_users(make_localstack: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("LOCALSTACK_AUTH_TOKEN", "secret")
    localstack = make_localstack()
    localstack.start()
    process = localstack.process()
    assert process is not None

    seen = Path(f"/proc/{process.pid}/environ")
    if not seen.exists():
        pytest.skip("the environment of another process can be read on Linux only")
    variables = dict(line.split("=", 1) for line in seen.read_text().split("\0") if line)

    assert not {"AWS_PROFILE", "LOCALSTACK_AUTH_TOKEN"} & variables.keys()
    for name in ("HOME", "TMPDIR", "FILESYSTEM_ROOT", "XDG_CACHE_HOME", "CONFIG_DIR", "LOCALSTACK_VOLUME_DIR"):
        assert Path(variables[name]).is_relative_to(localstack.root / ".millrace" / "localstack"), name


def test_clients_get_endpoint_region_and_keys(tmp_path: Path) -> None:
    assert LocalStack(tmp_path, 4600).environment() == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4600",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_the_pid_file_is_readable_json(make_localstack: Make) -> None:
    localstack = make_localstack()
    localstack.start()

    content = json.loads(localstack.folders.pid_file.read_text())

    assert content["port"] == localstack.port
    assert content["started"] == processes.start_time(content["pid"])


def test_a_setting_of_iam_that_is_neither_on_nor_off_is_refused(
    make_localstack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IAM", "of")

    with pytest.raises(LauncherError, match="expected IAM=on or IAM=off, got 'of'"):
        make_localstack().start()
