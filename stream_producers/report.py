"""What a run came to."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Report:
    """Counts of one run. A record that holds several events counts as one.

    sent      events that the target accepted, bad ones included
    bad       those of them that were made faulty on purpose
    resent    entries that were put into a call again, each time counted
    failed    events that the target did not take; `reasons` counts them by reason
    seconds   from the first event's turn to the last answer
    """

    sent: int = 0
    bad: int = 0
    resent: int = 0
    failed: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Events sent a second."""
        return self.sent / self.seconds if self.seconds > 0 else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "sent": self.sent,
            "bad": self.bad,
            "resent": self.resent,
            "failed": self.failed,
            "seconds": round(self.seconds, 3),
            "rate": round(self.rate, 1),
            "interrupted": self.interrupted,
            "reasons": dict(self.reasons),
        }
