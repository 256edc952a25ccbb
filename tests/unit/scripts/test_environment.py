"""A tool's environment is made once, and made anew where it has to be. uv is a stand-in: no network."""

import shutil
import subprocess
from pathlib import Path

import pytest

from millrace.paths import ROOT

UV = """\
#!/bin/sh
for folder; do :; done
case "$1" in
  venv) rm -rf "$folder"; mkdir -p "$folder/bin"; cp /bin/true "$folder/bin/python" ;;
  pip) [ ! -e broken ] ;;
esac
"""


class Tool:
    """A folder with the script, and a lock of a tool."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lock, self.made = folder, folder / "requirements" / "tool.txt", folder / "made"
        for name in ("scripts", "requirements", ".venv/bin"):
            (folder / name).mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "environment", folder / "scripts")
        self.lock.write_text("tool==1\n")
        uv = folder / ".venv" / "bin" / "uv"
        uv.write_text(UV)
        uv.chmod(0o755)

    def make(self) -> tuple[int, bool]:
        """Exit status, and whether it was set up."""
        command = [self.folder / "scripts" / "environment", "tool", "made"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, "Setting up made" in done.stderr


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    tool = Tool(tmp_path / "project")
    assert tool.make() == (0, True)
    return tool


def test_a_second_time_nothing_is_done(tool: Tool) -> None:
    assert tool.make() == (0, False)


def test_another_lock_is_brought_in(tool: Tool) -> None:
    tool.lock.write_text("tool==2\n")
    assert [tool.make(), tool.make()] == [(0, True), (0, False)]


def test_what_was_removed_in_part_is_made_anew(tool: Tool) -> None:
    shutil.rmtree(tool.made / "bin")
    assert [tool.make(), tool.make()] == [(0, True), (0, False)]


def test_what_could_not_be_installed_is_tried_again(tool: Tool) -> None:
    tool.lock.write_text("tool==2\n")
    (tool.folder / "broken").touch()
    assert tool.make() == (1, True)
    (tool.folder / "broken").unlink()
    assert tool.make() == (0, True)
