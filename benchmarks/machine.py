"""What it was measured on, with which versions, and when."""

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.paths import ROOT

PACKAGES = (
    "xgboost-cpu", "scikit-learn-intelex", "numpy", "boto3", "aws-lambda-powertools", "msgspec", "orjson", "pandas",
    "onnxruntime", "treelite", "tl2cgen", "awslambdaric", "simplejson",
)  # fmt: skip
# What a figure may come of.
CODE = ("functions", "benchmarks", "requirements/bench.txt")


def describe(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Facts by name, for the head of the document: figures of machines that differ in one are not comparable."""
    return {
        "processor": f"{processor()}, {os.process_cpu_count()} of {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}",
        "versions": ", ".join(f"{name} {metadata.version(name)}" for name in packages),
    }


def moment() -> dict[str, str]:
    """When a part begins: the commit, the time, and how busy the machine is."""
    return {
        "commit": commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def commit() -> str:
    """The commit, and whether the code differs from it."""
    revision = _git("rev-parse", "--short", "HEAD")
    return f"{revision or 'unknown'}{' and changes' if _git('status', '--porcelain', *CODE) else ''}"


def processor() -> str:
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
