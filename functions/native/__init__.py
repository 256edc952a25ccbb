"""The native engine: decodes, scores and encodes batches in C. Where it was not built, all of it is done in Python."""

from __future__ import annotations

try:
    import native._native as _native  # named in full: a missing one is said to be missing
except ImportError as error:
    NATIVE, MISSING = None, str(error)
else:
    NATIVE, MISSING = _native, ""
