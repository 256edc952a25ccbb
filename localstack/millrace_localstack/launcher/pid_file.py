"""Who runs: the process id with the time of its start, and the port."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from millrace_localstack.launcher import processes


@dataclass(frozen=True)
class Running:
    pid: int
    started: str
    port: int

    def alive(self) -> bool:
        return processes.start_time(self.pid) == self.started


def write(path: Path, running: Running) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(running)))


def read(path: Path) -> Running | None:
    """The process that the file speaks of, if that very process still runs."""
    try:
        running = Running(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return running if running.alive() else None
