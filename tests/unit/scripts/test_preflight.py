"""What is missing is said in one line, before anything starts. The PATH holds only what a test puts there."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from millrace.paths import ROOT
from tests.fakes.ports import held_port

BASICS = ("bash", "dirname", "sed", "sort", "head")


class Machine:
    """A machine with a shell and whatever else is installed on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        for name in BASICS:
            found = shutil.which(name)
            assert found is not None
            (folder / name).symlink_to(found)

    def install(self, name: str, script: str) -> None:
        (self._folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (self._folder / name).chmod(0o755)

    def install_python(self) -> None:
        self.install("python3.13", f'exec "{sys.executable}" "$@"')

    def install_terraform(self, version: str) -> None:
        self.install("terraform", f"echo 'Terraform v{version}'; echo 'on linux_amd64'")

    def preflight(self, *checks: str, **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [ROOT / "scripts" / "preflight", *checks],
            env={"PATH": str(self._folder), "HOME": "/nonexistent", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "bin")


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.fixture
def free_port() -> Iterator[str]:
    with held_port() as port:
        yield str(port)


def test_with_everything_there_it_says_nothing(machine: Machine, free_port: str) -> None:
    machine.install_python()
    machine.install_terraform("1.11.0")

    assert machine.preflight("python", "terraform", "port", PORT=free_port) == (0, "", "")


def test_no_python(machine: Machine) -> None:
    assert machine.preflight() == (
        1,
        "",
        "error: Python 3.13 was not found: install it so that python3.13 is on the PATH "
        "(with pyenv: pyenv install 3.13)\n",
    )


def test_a_python_that_is_another_one(machine: Machine) -> None:
    machine.install("python3.13", "echo 3.12")

    assert machine.preflight("python") == (1, "", "error: python3.13 is Python 3.12: expected 3.13\n")


def test_a_python_that_pyenv_does_not_have(machine: Machine) -> None:
    """pyenv has a command for each version that some folder uses, and it fails where that version is not there."""
    machine.install("python3.13", "echo 'pyenv: version 3.13 is not installed' >&2; exit 1")

    code, _, err = machine.preflight("python")

    assert code == 1
    assert err.startswith("error: Python 3.13 was not found")
    assert len(err.splitlines()) == 1


def test_a_python_without_venv(machine: Machine) -> None:
    """Debian packs it apart."""
    machine.install("python3.13", 'case "$2" in *ensurepip*) exit 1;; *) echo 3.13;; esac')

    assert machine.preflight("python") == (
        1,
        "",
        "error: python3.13 cannot make environments: install its venv module (on Debian and Ubuntu: python3.13-venv)\n",
    )


def test_no_terraform(machine: Machine) -> None:
    line = "error: Terraform was not found: install Terraform 1.11 or newer on the PATH\n"

    assert machine.preflight("terraform") == (1, "", line)


@pytest.mark.parametrize("version", ["1.10.5", "1.9.12", "0.15.0", "1.10.0-rc1"])
def test_a_terraform_that_is_too_old(machine: Machine, version: str) -> None:
    machine.install_terraform(version)

    number = version.partition("-")[0]
    line = f"error: Terraform {number} is too old: expected 1.11 or newer\n"
    assert machine.preflight("terraform") == (1, "", line)


@pytest.mark.parametrize("version", ["1.11.0", "1.11.4", "1.12.0", "1.100.0", "2.0.0", "1.13.0-beta1"])
def test_a_terraform_that_is_new_enough(machine: Machine, version: str) -> None:
    machine.install_terraform(version)

    assert machine.preflight("terraform") == (0, "", "")


def test_a_terraform_of_an_unknown_version(machine: Machine) -> None:
    machine.install("terraform", "echo OpenTofu")

    assert machine.preflight("terraform") == (
        1,
        "",
        "error: Terraform of an unknown version is too old: expected 1.11 or newer\n",
    )


def test_a_terraform_that_does_not_run(machine: Machine) -> None:
    """Such as one for another processor."""
    machine.install("terraform", "exit 126")

    assert machine.preflight("terraform") == (
        1,
        "",
        "error: `terraform version` failed: install Terraform 1.11 or newer on the PATH\n",
    )


@pytest.mark.parametrize(("version", "line"), [("1.11.0", ""), ("1.10.9", "error: tofu 1.10.9 is too old: expected")])
def test_another_binary_can_be_chosen(machine: Machine, version: str, line: str) -> None:
    machine.install("tofu", f"echo 'OpenTofu v{version}'")

    status, _, err = machine.preflight("terraform", TERRAFORM="tofu")

    assert (status, err.startswith(line)) == (1 if line else 0, True)


def test_another_binary_that_is_not_there(machine: Machine) -> None:
    machine.install_terraform("1.11.0")
    line = "error: tofu was not found: install Terraform 1.11 or newer on the PATH\n"

    assert machine.preflight("terraform", TERRAFORM="tofu") == (1, "", line)


def test_a_configuration_of_terraform_that_is_missing_is_no_obstacle(machine: Machine) -> None:
    machine.install("terraform", '[ -e "$TF_CLI_CONFIG_FILE" ] || exit 1; echo "Terraform v1.11.0"')

    assert machine.preflight("terraform", TF_CLI_CONFIG_FILE="/nonexistent")[0] == 0


def test_a_port_that_is_taken(machine: Machine, taken_port: str) -> None:
    machine.install_python()

    assert machine.preflight("port", PORT=taken_port) == (
        1,
        "",
        f"error: Port {taken_port} on 127.0.0.1 is in use: end the program that listens there, "
        "or choose another port, as in PORT=4570 make ...\n",
    )


def test_a_port_out_of_range(machine: Machine) -> None:
    machine.install_python()

    line = "error: Expected a port from 1 to 65,535, got 70000: choose another port, as in PORT=4570 make ...\n"
    assert machine.preflight("port", PORT="70000") == (1, "", line)


def test_a_check_that_fails_itself_is_not_a_busy_port(machine: Machine) -> None:
    machine.install("python3.13", "echo Traceback >&2; echo 'ImportError: no socket' >&2; exit 1")

    assert machine.preflight("port", PORT="4570") == (1, "", "error: ImportError: no socket\n")


@pytest.mark.parametrize("port", ["http", "45 66", "-1"])
def test_a_port_that_is_no_number(machine: Machine, port: str) -> None:
    line = f"error: PORT={port}: expected a number, as in PORT=4570 make ...\n"

    assert machine.preflight("port", PORT=port) == (1, "", line)


def test_with_an_emulator_of_the_users_no_port_is_needed(machine: Machine, taken_port: str) -> None:
    machine.install_python()

    assert machine.preflight("port", PORT=taken_port, AWS_ENDPOINT_URL="http://127.0.0.1:1") == (0, "", "")


def test_the_first_thing_that_is_missing_is_the_only_one_told(machine: Machine) -> None:
    _, _, err = machine.preflight("python", "terraform", "port")

    assert len(err.splitlines()) == 1
    assert "Python" in err


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project as far as the check of the port reads it, with LocalStack's process file."""
    root = tmp_path / "project"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "preflight", root / "scripts")
    launcher = Path("localstack", "millrace_localstack")
    (root / launcher).mkdir(parents=True)
    shutil.copy(ROOT / launcher / "__init__.py", root / launcher)
    shutil.copytree(ROOT / launcher / "launcher", root / launcher / "launcher")
    return root


@pytest.mark.parametrize("ours", [True, False])
def test_the_port_of_our_own_localstack_is_free_for_us(
    machine: Machine, copy: Path, taken_port: str, ours: bool
) -> None:
    """The listener is this very process, which the process file names, or, being stale, does not."""
    from millrace_localstack.launcher import pid_file, processes

    machine.install_python()
    started = processes.start_time(os.getpid())
    assert started is not None
    running = pid_file.Running(os.getpid(), started if ours else "before the last start", int(taken_port))
    pid_file.write(copy / ".millrace" / "localstack" / "localstack.pid", running)

    done = subprocess.run(
        [copy / "scripts" / "preflight", "port"],
        env={"PATH": str(machine._folder), "PORT": taken_port},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == (0 if ours else 1), done.stderr
