"""Unzipped sizes: of the scorer's Lambda packages, and of what a handler of the peers needs to have installed."""

import re
import subprocess
import zipfile
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

from benchmarks.paths import ROOT
from benchmarks.results import Results
from benchmarks.rows import ResultRow

MEGABYTE = 1e6
ARCHITECTURES = ("arm64", "x86_64")
BUDGETS = {False: "without libxgboost", True: "with libxgboost"}
# What each handler imports; Lambda's own boto3 is not the one that is locked, so it is packed too.
PEERS = {
    "inplace_predict, boto3": ("xgboost-cpu", "boto3"),
    "msgspec, inplace_predict, boto3": ("msgspec", "xgboost-cpu", "boto3"),
    "powertools, inplace_predict, boto3": ("aws-lambda-powertools", "xgboost-cpu", "boto3"),
    "pandas, xgboost, boto3": ("pandas", "xgboost-cpu", "boto3"),
    "onnxruntime, boto3": ("onnxruntime", "boto3"),
    "treelite, boto3": ("treelite", "boto3"),
}


def measure(results: Results, tell: Callable[[str], None]) -> dict[bool, Path]:
    """Build the packages and weigh everything; the host's packages, by whether the native engine is in them."""
    tell("packages")
    for architecture in ARCHITECTURES:
        for xgboost in (False, True):
            if package := _package(architecture, xgboost, results):
                name = f"Millrace, {architecture}, {BUDGETS[xgboost]}"
                results.add(ResultRow("package", name, _unzipped(package) / MEGABYTE))
                results.add(ResultRow("package, zipped", name, package.stat().st_size / MEGABYTE))
    for name, roots in PEERS.items():
        results.add(ResultRow("package", name, sum(map(_installed, _closure(roots))) / MEGABYTE))
    return _for_host(results)


def build_arguments(architecture: str, *, xgboost: bool) -> list[str]:
    """The arguments of `millrace` that build a package."""
    return ["package", "build", architecture, *([] if xgboost else ["--without-xgboost"])]


def _package(architecture: str, xgboost: bool, results: Results) -> Path | None:
    command = [str(ROOT / ".venv" / "bin" / "millrace"), *build_arguments(architecture, xgboost=xgboost)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    path = ROOT / "build" / f"scorer-{architecture}{'' if xgboost else '-without-xgboost'}.zip"
    if done.returncode or not path.exists():
        reason = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        results.skip(f"package {architecture} {BUDGETS[xgboost]}", reason)
        return None
    return path


def _for_host(results: Results) -> dict[bool, Path]:
    """The package with libxgboost serves both engines; without it, the native one alone."""
    import platform

    architecture = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
    full = ROOT / "build" / f"scorer-{architecture}.zip"
    small = ROOT / "build" / f"scorer-{architecture}-without-xgboost.zip"
    found = {False: full} if full.exists() else {}
    with_engine = next((path for path in (small, full) if path.exists() and _has_engine(path)), None)
    return {**found, **({True: with_engine} if with_engine else {})}


def _has_engine(package: Path) -> bool:
    with zipfile.ZipFile(package) as archive:
        return any(name.startswith("native/_native") for name in archive.namelist())


def _unzipped(package: Path) -> int:
    with zipfile.ZipFile(package) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def _closure(roots: Iterable[str]) -> set[str]:
    """Distributions and all that they require on this platform, without extras."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop().lower()
        if name in found:
            continue
        found.add(name)
        for requirement in metadata.requires(name) or ():
            if "extra ==" not in requirement and (match := re.match(r"[\w.\-]+", requirement)) and _here(match[0]):
                waiting.append(match[0])
    return found


def _here(name: str) -> bool:
    """Whether it is installed: what another platform needs is not."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _installed(name: str) -> int:
    """Bytes of a distribution's files; bytecode is left out, as in a wheel."""
    files = metadata.files(name) or ()
    paths = (Path(str(file.locate())) for file in files if file.suffix != ".pyc")
    return sum(path.stat().st_size for path in paths if path.exists())
