"""Instructions that the native engine executes for a record, counted by valgrind: the same on a busy machine."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.paths import ROOT
from benchmarks.workload import Workload

# Instructions a record, by architecture and the best kernel that the processor has.
BUDGETS: dict[str, float] = json.loads(Path(__file__).with_name("instructions.json").read_text())
SLACK = 1.1
FEW, MANY = 100, 600


def test_instructions_a_record(
    native: Any, workload: Workload, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if (valgrind := shutil.which("valgrind")) is None:
        pytest.skip("valgrind was not found (on Debian and Ubuntu: apt install valgrind)")
    machine = f"{platform.machine()}, {native.KERNELS[-1]}"
    if (budget := BUDGETS.get(machine)) is None:
        pytest.skip(f"nobody has counted instructions on {machine} yet: see instructions.json")

    # What a process does beside the records is in both counts.
    counts = [_count(valgrind, workload, records, tmp_path) for records in (FEW, MANY)]
    found = (counts[1] - counts[0]) / (MANY - FEW)

    record_property("figures", f"native engine, instructions a record: {found:,.0f} (budget {budget:,.0f})")
    assert found <= budget * SLACK


def _count(valgrind: str, workload: Workload, records: int, folder: Path) -> int:
    event = folder / f"{records}.json"
    event.write_bytes(workload.event(records))
    script = ROOT / "benchmarks" / "instructions.py"
    command = [
        valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-S", "-P", str(script),
        str(event), str(workload.model_file),
    ]  # fmt: skip
    path = os.pathsep.join(entry for entry in sys.path if (Path(entry) / "native").is_dir())
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    collected = re.search(r"Collected : (\d+)", done.stderr)
    assert collected is not None, done.stderr[-2000:]
    return int(collected[1])
