"""A full disk is said before anything starts, and ends what waits for ever on it."""

import shutil
import signal
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from millrace.deployment import disk
from tests.fakes.wait import wait_for

Usage = namedtuple("Usage", ("total", "used", "free"))


class Disk:
    def __init__(self) -> None:
        self.free, self.looks = 10**9, 0

    def usage(self, path: Path) -> Usage:
        assert path.exists()
        self.looks += 1
        return Usage(10**9, 10**9 - self.free, self.free)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Disk:
    there = Disk()
    monkeypatch.setattr(shutil, "disk_usage", there.usage)
    monkeypatch.setattr(disk, "POLL_SECONDS", 0.01)
    return there


def test_what_is_full_and_where_is_said(there: Disk, tmp_path: Path) -> None:
    place = tmp_path / "not" / "yet"
    disk.check([place])
    there.free = 150_000_000

    with pytest.raises(disk.DiskFull) as raised:
        disk.check([place])

    assert str(raised.value) == (
        f"expected 200 MB of free disk space, got 150 MB ({place}): the disk is full there; "
        "remove files, then run it again"
    )


def read_a_line(place: Path, fill: Callable[[], object]) -> None:
    """Wait for a program that prints nothing, as for Terraform's next line, while the disk fills up."""
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with disk.watched([place]), subprocess.Popen(command, stdout=subprocess.PIPE) as waiting:
        try:
            fill()
            assert waiting.stdout is not None
            waiting.stdout.read()
        finally:
            waiting.kill()


def test_a_disk_that_fills_up_ends_what_waits(there: Disk, tmp_path: Path) -> None:
    with pytest.raises(disk.DiskFull, match="got 1 MB"):
        read_a_line(tmp_path, lambda: setattr(there, "free", 1_000_000))


def test_what_has_room_goes_on_and_leaves_nothing_behind(there: Disk, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGUSR1)

    with disk.watched([tmp_path]):
        wait_for(lambda: there.looks > 1)

    assert signal.getsignal(signal.SIGUSR1) is before
    assert "disk watcher" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount command")
def test_a_small_file_system_that_is_full(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", tmp_path], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.decode().strip()}")
    request.addfinalizer(lambda: subprocess.run(["umount", tmp_path], check=True))
    disk.check([tmp_path], disk.FULL_BYTES)

    with pytest.raises(disk.DiskFull, match="of free disk space, got 2 MB"):
        read_a_line(tmp_path, lambda: (tmp_path / "log").write_bytes(bytes(4_000_000)))
