"""Cold starts in fresh processes, side by side: from nothing but the runtime client to the first batch scored."""

import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.aws import Aws
from benchmarks.paths import ROOT, SCRATCH
from benchmarks.results import Results
from benchmarks.rows import ResultRow
from benchmarks.workload import Size, Workload

CHILD = ROOT / "benchmarks" / "cold_start_child.py"
FIRST_BATCH = 100
NUMPY = "import numpy"
NATIVE, NATIVE_TLS = "Millrace, native", "Millrace, native, with TLS ready"
PYTHON, PYTHON_TLS = "Millrace, Python", "Millrace, Python, with TLS ready"


@dataclass(frozen=True, slots=True)
class Start:
    """What a fresh process does; `engine` where it is the scorer, which runs from its Lambda package."""

    name: str
    action: str
    engine: str = ""


STARTS = (
    Start(NUMPY, "numpy"),
    Start(NATIVE, "scorer", "native"),
    Start(NATIVE_TLS, "scorer_with_tls", "native"),
    Start(PYTHON, "scorer", "python"),
    Start(PYTHON_TLS, "scorer_with_tls", "python"),
    Start("msgspec, xgboost, boto3", "joined"),
    Start("pandas, xgboost, boto3", "frame"),
    Start("powertools, xgboost, boto3", "powertools"),
)


def measure(
    aws: Aws, results: Results, packages: Mapping[bool, Path], rounds: int, tell: Callable[[str], None]
) -> None:
    """Start all of them in turn, `rounds` times, and once before to fill the caches.

    packages : the Lambda packages, by whether the native engine is in them.
    """
    tell("cold starts")
    workload = Workload(Size()).make()
    aws.release(workload)
    event = SCRATCH / "first-batch.json"
    event.write_bytes(workload.event(FIRST_BATCH))
    found: dict[str, list[dict[str, Any]]] = {}
    starts = [start for start in STARTS if _possible(start, packages, results)]
    trees = {native: unpacked(package) for native, package in packages.items()}
    peers = _compiled()
    for number in range(rounds + 1):
        for place in range(len(starts)):
            start = starts[(place + number) % len(starts)]
            path = trees[start.engine == "native"] if start.engine else peers
            figures = _run(start, event, path, aws.environment(workload))
            if number:
                found.setdefault(start.name, []).append(figures)
    for start in starts:
        for section, kind in (("cold start", "cpu"), ("cold start, wall", "wall")):
            values = [figures[kind] for figures in found[start.name]]
            low, _, high = statistics.quantiles(values, n=4, method="inclusive")
            middle = statistics.median(values)
            results.add(ResultRow(section, start.name, middle, (high - low) / 2 / middle, len(values), FIRST_BATCH))


def _possible(start: Start, packages: Mapping[bool, Path], results: Results) -> bool:
    if start.engine and (start.engine == "native") not in packages:
        results.skip(start.name, f"there is no package {'with' if start.engine == 'native' else 'without'} it")
        return False
    return True


def _run(start: Start, event: Path, path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    engine = {"SCORER_ENGINE": start.engine} if start.engine else {}
    figures: dict[str, Any] = measured(start.name, CHILD, [event, start.action, path], {**environment, **engine})
    return figures


def measured(name: str, child: Path, arguments: Iterable[Path | str], environment: Mapping[str, str]) -> Any:
    """What a fresh process prints last, as JSON. Raises RuntimeError with what it said where it fails."""
    variables = {key: os.environ[key] for key in ("PATH", "HOME", "LD_LIBRARY_PATH") if key in os.environ}
    command = [sys.executable, "-s", "-P", str(child), *map(str, arguments)]
    done = subprocess.run(  # noqa: S603 - our own command line
        command, env={**environment, **variables}, cwd=SCRATCH, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"cold start of {name}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stderr.strip().rpartition("\n")[2])


def _compiled() -> Path:
    """The peers' handlers with bytecode, as the scorer's package has it."""
    target = SCRATCH / "peers"
    shutil.rmtree(target, ignore_errors=True)
    ours = Path("benchmarks", "peers")  # they need nothing else of ours
    shutil.copytree(ROOT / ours, target / ours, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(target, quiet=1)
    return target


def unpacked(package: Path) -> Path:
    """The package as Lambda unpacks it, bytecode and all."""
    target = SCRATCH / "unpacked" / package.stem
    stamp = target.with_suffix(".stamp")
    now = f"{package.stat().st_mtime_ns} {package.stat().st_size}"
    if not (stamp.exists() and stamp.read_text() == now):
        with zipfile.ZipFile(package) as archive:
            archive.extractall(target)  # our own package
        stamp.write_text(now)
    return target
