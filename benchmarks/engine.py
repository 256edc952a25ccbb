"""The native engine, where it was built."""

from functools import cache
from typing import Any

from benchmarks.worker import Skip

MODEL_NAME = "bench"


def native() -> Any:
    """The native engine. Raises Skip where it was not built."""
    from native import MISSING, NATIVE

    if NATIVE is None:
        raise Skip(f"the native engine was not built: {MISSING}")
    return NATIVE


@cache
def _layouts(engine: Any) -> Any:
    from sources import SOURCES

    return engine.Layouts([source.layout for source in SOURCES if source.layout])


def scan(event: bytes) -> Any:
    """The envelopes of an event. Raises AssertionError where the engine leaves it to the reference implementation."""
    engine = native()
    envelopes = engine.Envelopes.scan(event, _layouts(engine))
    if envelopes is None:
        raise AssertionError("expected an ordinary event")
    return envelopes


def take(envelopes: Any, table: Any) -> Any:
    """The table, with all of a batch's records. Raises AssertionError where some are not ordinary."""
    if native().take(envelopes, 0, [table], 0.0, MODEL_NAME) != len(envelopes):
        raise AssertionError("expected ordinary records only")
    return table
