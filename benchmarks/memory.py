"""Peak memory of a batch over idle, in a process of its own: from the event's bytes to the response."""

import ctypes
import gc
import statistics
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import forms, handlers
from benchmarks.aws import Aws
from benchmarks.handlers import BYTES, Kind
from benchmarks.paths import SCRATCH
from benchmarks.results import Results
from benchmarks.rows import ResultRow
from benchmarks.worker import Skip, Worker
from benchmarks.workload import Size, Workload

RECORDS = 5_000
WARM_UP = 100
# Files, as what made the events would leave room behind in the process that is looked at.
EVENT, FIRST_EVENT = SCRATCH / "event.json", SCRATCH / "first-event.json"
# With escapes in each record, in a member that is not used.
ESCAPED = tuple(
    replace(handlers.NATIVE, name=f"{handlers.NATIVE.name}, {form}", form=form) for form in forms.WITH_ESCAPES
)
KINDS = (handlers.NATIVE, *ESCAPED, handlers.PYTHON, handlers.JOINED, handlers.PANDAS, handlers.POWERTOOLS)


def measure(aws: Aws, results: Results, rounds: int, tell: Callable[[str], None]) -> None:
    tell(f"peak memory of {RECORDS:,} records")
    for kind in KINDS:
        workload = Workload(Size(form=kind.form)).make()
        aws.release(workload)
        EVENT.write_bytes(workload.event(RECORDS))
        FIRST_EVENT.write_bytes(workload.event(WARM_UP))
        try:
            found = [_once(kind, aws.environment(workload)) for _ in range(rounds)]
        except Skip as skip:
            results.skip(kind.name, str(skip))
            continue
        finally:
            aws.forget()
        middle = statistics.median(found)
        results.add(ResultRow("memory", kind.name, middle, (max(found) - min(found)) / 2 / middle, rounds, RECORDS))


def _once(kind: Kind, environment: Mapping[str, str]) -> float:
    options: dict[str, Any] = {"place": kind.place, "engine": kind.engine}
    with Worker(kind.name, "benchmarks.memory:Peak", environment, options) as worker:
        times: float = worker.result(RECORDS)
        return times


class Peak:
    """The peak of resident memory in one invocation, over what was resident before, in sizes of the event."""

    def __init__(self, place: str, engine: str) -> None:
        from importlib import import_module

        module, _, name = place.partition(":")
        options = {"engine": engine} if engine else {}
        self._invoked = getattr(import_module(module), name)(size=Size(), way=BYTES, **options)

    def prepare(self, size: int) -> Path:
        self._invoked.run(FIRST_EVENT.read_bytes())
        return EVENT

    def run(self, prepared: Path) -> float:
        if not _reset_peak():
            raise Skip("the kernel does not reset the peak of resident memory")
        idle = _status("VmRSS")
        self._invoked.run(prepared.read_bytes())  # the runtime client, too, reads it into memory of this process
        return (_status("VmHWM") - idle) / prepared.stat().st_size


def _reset_peak() -> bool:
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")  # man 5 proc_pid_clear_refs
    except OSError:
        return False
    return True


def _status(name: str) -> int:
    """Bytes of a line of /proc/self/status, which has kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
