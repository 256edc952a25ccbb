"""What the browser tests need is installed once, in the project; what is missing is said in one line. Stand-ins: no
network."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from millrace.paths import ROOT

BASICS = ("bash", "dirname", "cat", "cksum", "cp", "flock", "mkdir", "rm")


class Project:
    """A folder with the script, on a machine that has what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._bin, self.calls = folder, folder / "bin", folder / "calls"
        for name in ("scripts", "tests/browser", "bin"):
            (folder / name).mkdir(parents=True)
        for name in ("apt", "setup_browser"):
            shutil.copy(ROOT / "scripts" / name, folder / "scripts")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "tests" / "browser" / name, folder / "tests" / "browser")
        for name in BASICS:
            (self._bin / name).symlink_to(str(shutil.which(name)))
        self.calls.touch()

    def install(self, name: str, script: str = "") -> None:
        (self._bin / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{script}\n')
        (self._bin / name).chmod(0o755)

    def install_all(self) -> None:
        self.install("node", 'case "$1" in --print) echo 20 ;; *) echo v20.0.0 ;; esac')
        for name in ("npm", "chromium"):
            self.install(name)

    def setup(self) -> tuple[int, str, str]:
        command = [self.folder / "scripts" / "setup_browser"]
        done = subprocess.run(command, env={"PATH": str(self._bin)}, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_it_installs_by_the_lock_once_and_tells_the_browser(project: Project) -> None:
    project.install_all()

    first, second = project.setup(), project.setup()

    assert first == second == (0, f"{project.folder}/bin/chromium\n", "")
    (npm,) = [call for call in project.calls.read_text().splitlines() if call.startswith("npm")]
    assert npm.startswith("npm ci --prefix .millrace/browser ")
    assert "--ignore-scripts" in npm
    assert (project.folder / ".millrace" / "browser" / "package-lock.json").exists()


def test_another_lock_is_installed_anew(project: Project) -> None:
    project.install_all()
    project.setup()
    (project.folder / "tests" / "browser" / "package-lock.json").write_text("{}")

    project.setup()

    assert project.calls.read_text().count("npm ci") == 2


@pytest.mark.parametrize(
    ("missing", "told"),
    [("node", "no node on the PATH"), ("npm", "no npm on the PATH"), ("chromium", "no chromium on the PATH")],
)
def test_what_is_missing_is_one_line(project: Project, missing: str, told: str) -> None:
    project.install_all()
    (project.folder / "bin" / missing).unlink()

    code, out, err = project.setup()

    assert (code, out) == (1, "")
    assert err.startswith(told)
    assert err.count("\n") == 1


def test_an_old_node_is_told(project: Project) -> None:
    project.install_all()
    project.install("node", 'case "$1" in --print) echo 18 ;; *) echo v18.1.0 ;; esac')

    assert project.setup() == (1, "", "Node v18.1.0 is too old: install 20 or newer\n")


def test_an_install_that_fails_is_tried_again(project: Project) -> None:
    project.install_all()
    project.install("npm", "exit 1")
    assert project.setup()[0] == 1

    project.install("npm")
    assert project.setup()[0] == 0


def test_the_lock_names_no_place_to_load_from() -> None:
    text = (ROOT / "tests" / "browser" / "package-lock.json").read_text()

    assert "resolved" not in text
    assert "http" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
