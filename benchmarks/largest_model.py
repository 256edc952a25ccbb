"""The largest model by a function's memory: scorer processes with that limit of memory load it, score, and change it.

python -m benchmarks.largest_model [MB...]; prints a table. It needs root: each scorer runs in a control group of its
own with the function's memory as limit, in which the kernel ends what exceeds it. Time is not limited: the table has
the CPU time, to be divided by the vCPUs that come with the memory.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import training
from benchmarks.aws import Aws, there
from benchmarks.paths import ROOT, SCRATCH
from benchmarks.workload import Size, Workload
from model_store.artifact import Artifact
from model_store.memory import MIB, largest
from model_store.verify import MAX_MODEL_BYTES
from predictors.xgboost import ubj
from tests.fakes.ubj import encode

CHILD = ROOT / "benchmarks" / "largest_model_child.py"
MEMORY = (256, 512, 1024, 1769, 3008)
GROUPS = Path("/sys/fs/cgroup/memory")
BATCH = 1_000
DEPTH, ROWS, FEATURES, TREES = 12, 10_000, 20, 32
# A release is loaded after the batch that found it.
BATCHES = 5


@dataclass(frozen=True, slots=True)
class MeasuredScorer:
    """What a process did. peak_mb : of its control group; cpu : seconds until each version scored a batch."""

    memory_mb: int
    alongside: bool
    size: int
    result: str
    peak_mb: float
    cpu: tuple[float, ...]


def main() -> None:
    wanted = tuple(map(int, sys.argv[1:])) or MEMORY
    workload = Workload(Size(features=FEATURES)).make()
    event = SCRATCH / "largest-event.json"
    event.write_bytes(workload.event(BATCH))
    trees = Trees(workload)
    with Aws(SCRATCH / "largest") as aws:
        print("| memory | the model | file | result | peak | CPU |\n|---|---|---|---|---|---|")
        for memory in wanted:
            for alongside in (False, True):
                size = min(largest(memory * MIB, alongside=alongside), MAX_MODEL_BYTES)
                print(row(measure(aws, trees, event, memory, size, alongside=alongside)), flush=True)


def row(found: MeasuredScorer) -> str:
    situation = "replaces another" if found.alongside else "is the first"
    cpu = ", ".join(f"{seconds:.1f} s" for seconds in found.cpu)
    size, peak = f"{found.size / MIB:.0f} MB", f"{found.peak_mb:.0f} MB"
    return f"| {found.memory_mb} MB | {situation} | {size} | {found.result} | {peak} | {cpu} |"


class Trees:
    """Deep trees; a model of any size has copies of them."""

    def __init__(self, workload: Workload) -> None:
        import numpy as np
        import xgboost as xgb

        self.workload = workload
        random = np.random.default_rng(7)
        self._data = random.normal(size=(ROWS, FEATURES)).astype(np.float32)
        table = xgb.DMatrix(self._data, random.integers(0, 2, ROWS), feature_names=workload.names)
        parameters = {
            "objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.0001, "min_child_weight": 0, "nthread": 1,
        }  # fmt: skip
        raw = bytes(xgb.train(parameters, table, num_boost_round=TREES).save_raw("ubj"))
        self._document, self._each = ubj.decode(raw), len(raw) / TREES

    def artifact(self, version: str, size: int) -> Artifact:
        """A model of at most `size` bytes, and nearly that. Versions begin with another tree."""
        count = int(size / self._each)
        while len(model := self._model(count, int(version))) > size:
            count -= 1
        return training.artifact(self.workload, model, self._data, version)

    def _model(self, count: int, first: int) -> bytes:
        model = self._document["learner"]["gradient_booster"]["model"]
        own = model["trees"][:TREES]
        model["trees"] = [own[(first + number) % TREES] | {"id": number} for number in range(count)]
        model["tree_info"], model["iteration_indptr"] = [0] * count, list(range(count + 1))
        model["gbtree_model_param"]["num_trees"] = str(count)
        written = encode(self._document)
        model["trees"] = own
        return written


def measure(aws: Aws, trees: Trees, event: Path, memory: int, size: int, *, alongside: bool) -> MeasuredScorer:
    """One scorer process loads version 1 and scores with it; where `alongside`, then version 2."""
    environment = aws.environment(trees.workload) | {
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "RELEASE_POLL_SECONDS": "0.1",
    }
    cpu, result, given = [], "scored", 0
    with control_group(memory) as group, scorer(event, group, environment) as batch:
        for version in ("1", "2") if alongside else ("1",):
            artifact = trees.artifact(version, size)
            given = artifact.manifest.file.size
            aws.release_artifact(artifact)
            seconds, served = 0.0, ""
            for _ in range(BATCHES):
                if (used := batch()) is None:
                    result = "killed"
                    break
                seconds += used
                served = next((_version(one) for one in aws.published()), "")
                if served == version:
                    break
            cpu.append(seconds)
            if served != version:
                result = result if result == "killed" else f"serves {served or 'nothing'}"
                break
        peak = int((group / "memory.max_usage_in_bytes").read_text()) / MIB
    return MeasuredScorer(memory, alongside, given, result, peak, tuple(cpu))


def _version(prediction: str) -> str:
    version: str = json.loads(prediction)["model"]["version"]
    return version


@contextmanager
def scorer(event: Path, group: Path, environment: Mapping[str, str]) -> Iterator[Callable[[], float | None]]:
    """A scorer process; calling what this gives has it score a batch: the CPU seconds, None once it was killed."""
    command = [sys.executable, "-P", str(CHILD), str(event), str(group / "cgroup.procs")]
    log = (SCRATCH / "largest.log").open("a")
    child = subprocess.Popen(  # noqa: S603 - our own command line
        command,
        env={**environment, "PYTHONPATH": str(ROOT / "functions"), "PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=SCRATCH,
    )

    def batch() -> float | None:
        line = ""
        with suppress(BrokenPipeError):
            there(child.stdin).write("\n")
            there(child.stdin).flush()
            line = there(child.stdout).readline()
        return float(line) if line else None

    try:
        yield batch
    finally:
        child.kill()
        child.wait()
        log.close()


@contextmanager
def control_group(memory_mb: int) -> Iterator[Path]:
    """A control group of the first version of that interface, with a limit of memory and no swap. Needs root."""
    group = GROUPS / f"millrace-largest-{os.getpid()}-{memory_mb}"
    try:
        group.mkdir()
    except OSError as error:
        raise SystemExit(f"expected to make a control group at {group}, got {error.strerror}: run it as root") from None
    try:
        (group / "memory.limit_in_bytes").write_text(str(memory_mb * MIB))
        yield group
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    """Once the last process in it has ended, which was killed."""
    end = time.monotonic() + 10
    while True:
        try:
            group.rmdir()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    main()
