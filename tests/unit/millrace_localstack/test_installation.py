"""What is made anew, and when; uv is stood in for by a program that writes down what it was asked for."""

import os
import sys
from pathlib import Path

import pytest

from millrace_localstack.launcher import InstallError, installation
from millrace_localstack.launcher.folders import Folders

LOCK = """\
awslambdaric==4.2.2 \\
    --hash=sha256:00 \\
    --hash=sha256:01
setuptools==84.2.1 \\
    --hash=sha256:02
simplejson==4.3.0 \\
    --hash=sha256:03
"""

# Makes what `uv venv` and `uv pip install` would, as far as the launcher looks at it.
UV = """\
#!{python}
import os, pathlib, sys

arguments = sys.argv[1:]
with open({log!r}, "a") as log:
    print(*arguments, file=log)
if os.environ.get("UV_FAILS"):
    sys.exit("uv: no solution found")
if arguments[0] == "venv":
    venv = pathlib.Path(arguments[-1])
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to("/bin/true")
    site = venv / "lib" / "python3.13" / "site-packages"
    for name in ("awslambdaric", "simplejson", "snapshot_restore_py"):
        info = site / f"{{name}}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\\nName: {{name}}\\nVersion: 1.0\\n")
        (info / "RECORD").write_text(f"{{name}}/core.py,,\\n{{name}}/native.so,,\\n../../../bin/{{name}},,\\n")
        (site / name).mkdir()
        (site / name / "core.py").write_text("")
        (site / name / "native.so").write_text("")
"""


class Site:
    def __init__(self, root: Path) -> None:
        self.folders = Folders(root)
        self.lock = root / "localstack.txt"
        self.lock.write_text(LOCK)
        self.log = root / "uv.log"
        self.uv = root / "bin" / "uv"
        self.uv.parent.mkdir()
        self.uv.write_text(UV.format(python=sys.executable, log=str(self.log)))
        self.uv.chmod(0o755)

    def install(self) -> bool:
        return installation.install(self.folders, self.lock)

    def calls(self) -> list[str]:
        """What uv was asked for since the last look."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return calls


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", os.defpath)
    return site


def test_the_environment_is_made_from_the_lock_and_once(site: Site) -> None:
    assert site.install() is True
    calls = site.calls()
    assert calls[0].startswith("venv")
    assert all("--no-deps" in call for call in calls[1:])
    assert all("--require-hashes" in call for call in calls[1:3])
    assert str(site.lock) in calls[2]

    assert site.install() is False
    assert site.calls() == []
    assert installation.installed(site.folders)


def test_another_lock_makes_another_environment(site: Site) -> None:
    site.install()
    site.calls()
    site.lock.write_text(LOCK.replace("4.2.2", "4.2.3"))

    assert site.install() is True

    assert site.calls()[0].startswith("venv")


def test_another_plugin_is_installed_into_the_same_environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.install()
    site.calls()
    monkeypatch.setattr(installation, "_plugin_files", lambda: [installation.SOURCE / "pyproject.toml"])

    assert site.install() is True

    (call,) = site.calls()
    assert call.startswith("pip install")
    assert "--offline" in call


def test_an_installation_that_broke_off_does_not_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_FAILS", "1")
    with pytest.raises(InstallError, match="no solution found"):
        site.install()
    assert not installation.installed(site.folders)

    monkeypatch.delenv("UV_FAILS")
    assert site.install() is True


def test_functions_see_pure_python_of_the_runtime_only(site: Site) -> None:
    site.install()

    runtime = site.folders.function_runtime
    files = {str(file.relative_to(runtime)) for file in runtime.rglob("*") if file.is_file()}
    assert files == {f"{name}/core.py" for name in ("awslambdaric", "simplejson", "snapshot_restore_py")}


def test_the_builder_comes_from_the_lock_with_its_hashes() -> None:
    assert installation._block(LOCK, "setuptools") == "setuptools==84.2.1 \\\n    --hash=sha256:02\n"
    with pytest.raises(InstallError, match=r"wheel is not in the lock"):
        installation._block(LOCK, "wheel")


def test_missing_uv_says_what_to_do(site: Site) -> None:
    site.uv.unlink()
    with pytest.raises(InstallError, match="make setup"):
        site.install()


def test_every_part_of_the_plugin_is_installed() -> None:
    package = installation.SOURCE / "millrace_localstack" / "plugin"
    names = {file.relative_to(package).as_posix() for file in installation._plugin_files() if package in file.parents}

    assert {"entry_points.py", "functions/bootstrap.py", "kinesis/provider.py", "patches/stream_batches.py"} <= names
