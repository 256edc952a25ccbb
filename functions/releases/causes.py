"""Step Functions' errors in one line."""

from __future__ import annotations

import json
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MOST_CHARACTERS = 1_000


def described(error: Mapping[str, Any]) -> str:
    """Name and cause. A function's message is JSON in its cause."""
    name, cause = str(error.get("Error", "")), str(error.get("Cause", ""))
    with suppress(ValueError, KeyError, TypeError):
        cause = str(json.loads(cause)["errorMessage"])
    return f"{name}: {cause}".strip(": ")[:MOST_CHARACTERS]
