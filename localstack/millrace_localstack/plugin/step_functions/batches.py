"""ItemBatcher: items in batches, each the input of one child execution.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

import json
from collections.abc import Callable
from typing import Any

# AWS's limit on the input of a child execution.
MAX_INPUT_BYTES = 262_144

type Look = Callable[[str], Any]
"""The value at a JSONPath of the map's input or, from `$$`, of the context object."""


def batches(items: list[Any], batcher: dict[str, Any], look: Look) -> list[dict[str, Any]]:
    """The inputs of the child executions. Raises ValueError for a limit that is not a positive whole number."""
    most = _limit(batcher, "MaxItemsPerBatch", look) or len(items)
    room = min(_limit(batcher, "MaxInputBytesPerBatch", look) or MAX_INPUT_BYTES, MAX_INPUT_BYTES)
    given = {"BatchInput": filled(batcher["BatchInput"], look)} if "BatchInput" in batcher else {}
    empty = _size({**given, "Items": []})
    grouped: list[list[Any]] = []
    used = 0
    for item in items:
        size = _size(item) + 1
        if not grouped or len(grouped[-1]) >= most or used + size > room:
            grouped.append([])
            used = empty
        grouped[-1].append(item)
        used += size
    return [{**given, "Items": group} for group in grouped]


def filled(template: Any, look: Look) -> Any:
    """A payload template with its paths replaced: a member `x.$` becomes `x`."""
    if isinstance(template, list):
        return [filled(value, look) for value in template]
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): look(value) if name.endswith(".$") else filled(value, look)
        for name, value in template.items()
    }


def _limit(batcher: dict[str, Any], name: str, look: Look) -> int | None:
    path = batcher.get(f"{name}Path")
    value = look(path) if path else batcher.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ValueError(f"ItemBatcher.{name}: expected a positive whole number, got {value!r}")
    return value


def _size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
