"""LocalStack's own environment: made once, and made again when the lock or the plugin's source changes."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from millrace_localstack.launcher.environment import SETTINGS
from millrace_localstack.launcher.errors import InstallError
from millrace_localstack.launcher.folders import Folders

# localstack/: pyproject.toml of the plugin and the package that this file is part of.
SOURCE = Path(__file__).resolve().parents[2]
RUNTIME = ("awslambdaric", "simplejson", "snapshot-restore-py")


def installed(folders: Folders) -> bool:
    """Whether an installation went through to its end, be it up to date or not."""
    return "plugin" in _read_stamp(folders.stamp)


def install(folders: Folders, lock: Path) -> bool:
    """Make the environment if it is not up to date. True if anything had to be done."""
    with _alone(folders.install_lock):
        wanted = {"environment": _digest([lock, Path(__file__)]), "plugin": _digest(_plugin_files())}
        present = _read_stamp(folders.stamp)
        if present == wanted and folders.python.exists():
            return False
        # Each stamp is removed first and set last: an installation that is broken off must not count.
        if present.get("environment") != wanted["environment"] or not folders.python.exists():
            folders.stamp.unlink(missing_ok=True)
            _make_environment(folders, lock)
        _write_stamp(folders.stamp, {"environment": wanted["environment"]})
        _install_plugin(folders)
        _write_stamp(folders.stamp, wanted)
        return True


def _make_environment(folders: Folders, lock: Path) -> None:
    shutil.rmtree(folders.venv, ignore_errors=True)
    _run([_uv(), "venv", "--quiet", "--python", sys.executable, str(folders.venv)])
    # Three of the libraries come as source: setuptools of the lock builds them, not one fetched for the build.
    setuptools = _block(lock.read_text(), "setuptools")
    with TemporaryDirectory(dir=folders.base) as scratch:
        builder = Path(scratch) / "builder.txt"
        builder.write_text(setuptools)
        for requirements in (builder, lock):
            locked = ("--require-hashes", "--no-build-isolation", "--requirement", str(requirements))
            _pip_install(folders, scratch, *locked)
    _copy_function_runtime(folders)
    _prebuild(folders)


def _prebuild(folders: Folders) -> None:
    """The index of all AWS operations: 4 s of the first call to a LocalStack without it."""
    shutil.rmtree(folders.prebuilt, ignore_errors=True)
    (folders.prebuilt / "usr" / "lib" / "localstack").mkdir(parents=True)
    with TemporaryDirectory(dir=folders.base) as scratch:
        environment = {
            **SETTINGS,
            "HOME": scratch,
            "TMPDIR": scratch,
            "FILESYSTEM_ROOT": str(folders.prebuilt),
        }
        _run([str(folders.python), "-P", "-m", "localstack.aws.spec"], environment)


def _install_plugin(folders: Folders) -> None:
    # Built from a copy: setuptools leaves its working files next to the source.
    with TemporaryDirectory(dir=folders.base) as scratch:
        copy = Path(scratch) / "plugin"
        for file in _plugin_files():
            target = copy / file.relative_to(SOURCE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        _pip_install(folders, scratch, "--no-build-isolation", "--no-cache", "--offline", str(copy))


def _copy_function_runtime(folders: Folders) -> None:
    """Lambda's runtime client in a folder of its own: a function must not see the rest of the environment."""
    shutil.rmtree(folders.function_runtime, ignore_errors=True)
    site = next((folders.venv / "lib").glob("python3*/site-packages"))
    for name in RUNTIME:
        distribution = next(iter(metadata.distributions(name=name, path=[str(site)])))
        for file in distribution.files or []:
            # Lambda's native client is left out: the executor brings one in Python, for every platform. The JSON
            # reader's native part stays: without it an event of 5,000 records takes 0.5 s to parse.
            if (file.suffix == ".py" or file.name.startswith("_speedups")) and ".." not in file.parts:
                target = folders.function_runtime / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(site / file, target)


def _plugin_files() -> list[Path]:
    package = SOURCE / "millrace_localstack"
    return [SOURCE / "pyproject.toml", package / "__init__.py", *sorted((package / "plugin").rglob("*.py"))]


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for file in files:
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _block(lock: str, name: str) -> str:
    """The lines of one library in a lock: its name, version and hashes."""
    lines = lock.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if line.startswith(f"{name}==")), None)
    if first is None:
        raise InstallError(f"{name} is not in the lock of LocalStack's environment: add it to its .in file.")
    last = next(n for n in range(first, len(lines)) if not lines[n].rstrip().endswith("\\"))
    return "".join(lines[first : last + 1])


def _read_stamp(stamp: Path) -> dict[str, str]:
    try:
        content = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_stamp(stamp: Path, content: dict[str, str]) -> None:
    stamp.write_text(json.dumps(content))


def _pip_install(folders: Folders, scratch: str, *arguments: str) -> None:
    command = [_uv(), "pip", "install", "--quiet", "--no-deps", "--python", str(folders.python), *arguments]
    # Builds leave lock files where TMPDIR says.
    _run(command, {**os.environ, "TMPDIR": scratch})


def _uv() -> str:
    uv = shutil.which("uv", path=str(Path(sys.prefix) / "bin")) or shutil.which("uv")
    if uv is None:
        raise InstallError("uv is not there: it belongs to the project's environment; run `make setup`.")
    return uv


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    result = subprocess.run(  # noqa: S603 - our own command line
        command, capture_output=True, text=True, check=False, env=environment
    )
    if result.returncode != 0:
        what = " ".join([Path(command[0]).name, *command[1:4]])
        raise InstallError(f"`{what} ...` failed ({result.returncode}):\n{result.stderr.strip()}")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One installation at a time, also among processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
