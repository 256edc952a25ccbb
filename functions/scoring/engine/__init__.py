"""How records become rows, and scores become messages: in C where the extension was built, else in Python.

Both give the same bytes. `reference` is the definition of correct: it also gets every record that is
faulty, so that faults are found and worded in one place.
"""

from __future__ import annotations

import native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scoring.engine.protocols import Engine

NATIVE, PYTHON = ENGINES = ("native", "python")


def choose(wanted: str = NATIVE) -> Engine:
    """The engine of that name; Python's where the extension was not built."""
    if wanted == NATIVE and native.NATIVE:
        from scoring.engine.native_tables import NativeEngine

        return NativeEngine(native.NATIVE)
    from scoring.engine.reference import ReferenceEngine

    return ReferenceEngine()
