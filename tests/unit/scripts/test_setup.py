"""The environment is made once, and made anew where it has to be. Python and uv are stand-ins: no network."""

import shutil
import subprocess
from pathlib import Path

import pytest

from millrace.paths import ROOT

# Each tells how it was called. `python3.13 -m venv` makes a python and a uv of the same kind.
STAND_IN = """\
#!/bin/sh
echo "$(basename "$0") $*" >>"{calls}"
case "$*" in
  "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/uv; rm -f .venv/mark ;;
  *sync*) touch .venv/mark; [ ! -e "{broken}" ] || exit 1 ;;
esac
"""


class Project:
    """A folder with the script and its inputs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.history = folder, list[str]()
        self._calls, self.broken = folder / "calls", folder / "broken"
        for name in ("scripts", "requirements", "bin"):
            (folder / name).mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup", folder / "scripts")
        for name in ("requirements/uv.txt", "requirements/project.txt", "requirements/run.txt", "pyproject.toml"):
            (folder / name).touch()
        python = folder / "bin" / "python3.13"
        python.write_text(STAND_IN.format(calls=self._calls, broken=self.broken))
        python.chmod(0o755)

    @property
    def lock(self) -> str:
        """The lock that was installed last."""
        syncs = [line.split()[-1] for line in self.history if " sync " in line]
        return syncs[-1]

    def setup(self, *profile: str) -> tuple[int, list[str]]:
        """Exit status, and what was called: made anew, pip, sync, install, and the native engine's setup."""
        self._calls.write_text("")
        path = f"{self.folder / 'bin'}:/usr/bin:/bin"
        done = subprocess.run(
            [self.folder / "scripts" / "setup", *profile],
            env={"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        calls = self._calls.read_text().splitlines()
        self.history += calls
        return done.returncode, [call.split()[3 if " -m " in call else 2].strip() for call in calls]


NATIVE = ["setup"]
WHOLE = ["--clear", "install", "sync", "install", *NATIVE]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_from_nothing_it_makes_all(project: Project) -> None:
    assert project.setup() == (0, WHOLE)


def test_a_second_time_only_the_native_engine_is_looked_at(project: Project) -> None:
    project.setup()

    assert project.setup() == (0, NATIVE)


@pytest.mark.parametrize("changed", ["requirements/uv.txt", "requirements/project.txt", "pyproject.toml"])
def test_a_change_of_what_goes_in_is_brought_in(project: Project, changed: str) -> None:
    project.setup()
    (project.folder / changed).write_text("changed")

    assert project.setup() == (0, WHOLE[1:])
    assert project.setup() == (0, NATIVE)


def test_one_that_was_broken_off_is_made_anew(project: Project) -> None:
    project.broken.touch()
    assert project.setup() == (1, WHOLE[:3])
    project.broken.unlink()

    assert project.setup() == (0, WHOLE)


def test_a_change_that_was_broken_off_is_made_anew(project: Project) -> None:
    """Even where the change is taken back."""
    project.setup()
    (project.folder / "pyproject.toml").write_text("changed")
    project.broken.touch()
    assert project.setup()[0] == 1
    project.broken.unlink()
    (project.folder / "pyproject.toml").write_text("")

    assert project.setup() == (0, WHOLE)


def test_one_whose_python_is_gone_is_made_anew(project: Project) -> None:
    project.setup()
    (project.folder / ".venv" / "bin" / "python").unlink()

    assert project.setup() == (0, WHOLE)


def test_one_that_came_from_another_folder_is_made_anew(project: Project) -> None:
    """Its programs name the Python of the place where they were made."""
    project.setup()
    moved = Project(project.folder.parent / "moved")
    shutil.copytree(project.folder / ".venv", moved.folder / ".venv")

    assert moved.setup() == (0, WHOLE)


def test_the_command_line_needs_less_than_the_project(project: Project) -> None:
    assert project.setup("run") == (0, WHOLE)
    assert project.lock == "requirements/run.txt"
    assert project.setup("run") == (0, NATIVE)

    assert project.setup() == (0, WHOLE[1:])
    assert project.lock == "requirements/project.txt"


def test_an_environment_of_the_project_serves_the_command_line(project: Project) -> None:
    project.setup("project")
    (project.folder / "requirements/run.txt").write_text("changed")
    assert project.setup("run") == (0, NATIVE)

    (project.folder / "requirements/project.txt").write_text("changed")
    assert project.setup("run") == (0, WHOLE[1:])
    assert project.lock == "requirements/project.txt"
