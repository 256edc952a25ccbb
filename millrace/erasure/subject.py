"""Whose data is erased: a partition key, and the ids of its predictions and events, as they are found."""

import hashlib
from dataclasses import dataclass, field


@dataclass(slots=True)
class Subject:
    """prediction_ids, event_ids : of the key; the evaluator's files have no keys, and are searched by these."""

    partition_key: str
    prediction_ids: set[str] = field(default_factory=set)
    event_ids: set[str] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """What a proof has in place of the key."""
        return hashlib.sha256(self.partition_key.encode("utf-8", "surrogatepass")).hexdigest()

    def found(self, prediction_id: str | None, event_id: str | None = None) -> None:
        if prediction_id:
            self.prediction_ids.add(prediction_id)
        if event_id:
            self.event_ids.add(event_id)
