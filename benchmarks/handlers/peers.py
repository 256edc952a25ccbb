"""The peers' handlers as contestants."""

from functools import partial
from importlib import import_module

from benchmarks.handlers.runtime import Invoked
from benchmarks.workload import Size, Workload


class PeerHandler(Invoked):
    """module : of benchmarks.peers."""

    def __init__(self, module: str, size: Size, way: str) -> None:
        super().__init__(lambda: import_module(f"benchmarks.peers.{module}").make(Workload(size).names), size, way)


Joined, Frame, Powertools, PerRecord = (
    partial(PeerHandler, module) for module in ("joined", "frame", "powertools", "per_record")
)
