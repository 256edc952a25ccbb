"""Split: the objects of a run as its items, each with the version that scores it."""

from __future__ import annotations

from batches.errors import BatchRefused
from batches.objects import listed
from workflows.run import WorkflowItem, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# As many child executions as one Map Run handles well; more are several runs, or a batch.
MOST_ITEMS = 10_000


def items(s3: Any, bucket: str, given: dict[str, Any], share: float, now: str) -> list[WorkflowItem]:
    """The objects below a prefix, or those that are named. Raises BatchRefused, and what the client raises.

    now : when objects arrive that are only named, RFC 3339.
    """
    named = _named(given["keys"], share, now) if "keys" in given else None
    found = list(named or _listed(s3, bucket, given.get("prefix"), share))
    if not 1 <= len(found) <= MOST_ITEMS:
        raise BatchRefused(f"expected 1 to {MOST_ITEMS:,} objects, got {len(found):,} or more; divide them among runs")
    return found


def _named(keys: Any, share: float, now: str) -> Iterator[WorkflowItem]:
    """Nothing is asked of S3: an object that is missing is found when its turn comes."""
    if not isinstance(keys, list) or not all(isinstance(key, str) and key for key in keys):
        raise BatchRefused("keys: expected a list of keys in the execution's input, got something else")
    for part, key in enumerate(dict.fromkeys(keys[: MOST_ITEMS + 1])):
        yield WorkflowItem(part, key, "", "", 0, now, place_of(key, share))


def _listed(s3: Any, bucket: str, prefix: Any, share: float) -> Iterator[WorkflowItem]:
    if not isinstance(prefix, str):
        raise BatchRefused(f"prefix: expected a string in the execution's input, or keys, got {prefix!r:.80}")
    for part, one in enumerate(listed(s3, bucket, prefix)):
        yield WorkflowItem(part, one.key, one.version, one.etag, one.size, one.modified_at, place_of(one.key, share))
        if part >= MOST_ITEMS:
            return
