"""The scorer itself, by its real entry point, with either engine."""

import os
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.engine import native
from benchmarks.envelopes import KINESIS
from benchmarks.handlers.runtime import Invoked
from benchmarks.worker import Skip
from benchmarks.workload import Size


class ScorerHandler(Invoked):
    def __init__(self, size: Size, way: str, engine: str, source: str = KINESIS) -> None:
        super().__init__(lambda: make(engine), size, way, source)
        self.asks_for_bytes = engine == "native"


def make(engine: str) -> Callable[[Any, Any], Any]:
    """`scorer.handler.handle` on the engine of that name. Raises Skip."""
    os.environ["SCORER_ENGINE"] = engine
    if engine == "python":
        sys.modules["native._native"] = None  # type: ignore[assignment] # as if it had not been built
    else:
        native()
    from scorer.handler import handle
    from scoring.engine import choose

    if choose(engine).name != engine:
        raise Skip(f"the scorer chose another engine: {choose(engine).name}")
    return handle
