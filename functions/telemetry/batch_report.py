"""The counts of a batch."""

from __future__ import annotations

from collections import Counter

from records.values import Value, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from records.faults import Code


class BatchReport(Value):
    """Every record is counted in exactly one of predictions, quarantined, failed and ignored.

    by_variant : predictions. publish_retries : entries that were sent to the sink again.
    """

    records: int = 0
    predictions: int = 0
    quarantined: Counter[Code] = made(default_factory=Counter)
    failed: int = 0
    ignored_members: int = 0
    publish_retries: int = 0
    by_variant: dict[str, int] = made(default_factory=dict)
    shadow: dict[str, Any] = made(default_factory=dict)
    ignored: int = 0
