"""The native engine, where it was built."""

from typing import Any

from benchmarks.worker import Skip


def native() -> Any:
    """The native engine. Raises Skip where it was not built."""
    from native import MISSING, NATIVE

    if NATIVE is None:
        raise Skip(f"the native engine was not built: {MISSING}")
    return NATIVE
