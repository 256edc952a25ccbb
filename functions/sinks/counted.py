"""What a response acknowledges that has a result for each entry, in order, and counts those that failed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def refused(answer: Any, count: int, *, results: str, identifier: str, failures: str) -> list[int]:
    """The indices of the entries without an identifier.

    results, identifier, failures : the members with the results, of a result with its id, and with the count.
    """
    found = answer.get(results) or []
    failed = [i for i, result in enumerate(found) if result.get("ErrorCode") or not result.get(identifier)]
    # Results match entries by their index, so a different number of results is no information about any entry.
    if len(found) != count or answer.get(failures, len(failed)) > len(failed):
        return list(range(count))
    return failed
