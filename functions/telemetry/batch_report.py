"""What became of a batch."""

from collections import Counter
from typing import Any

from records.faults import Code
from records.values import Value, made


class Report(Value):
    """Every record is counted in exactly one of predictions, quarantined and failed.

    `by_variant` are the predictions. `publish_retries` counts entries that were sent to the sink again.
    """

    records: int = 0
    predictions: int = 0
    quarantined: Counter[Code] = made(default_factory=Counter)
    failed: int = 0
    ignored_members: int = 0
    publish_retries: int = 0
    by_variant: dict[str, int] = made(default_factory=dict)
    shadow: dict[str, Any] = made(default_factory=dict)
