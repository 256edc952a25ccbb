"""Whose data is erased: a partition key, and the ids of its predictions and events, as they are found."""

import hashlib
import json
import re
from dataclasses import dataclass, field

from records.identity import key_digest

# The members of a prediction or an outcome that say whose it is, also in one that is not valid JSON.
_MEMBER = re.compile(rb'"(prediction_id|event_id|partition_key)"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+)')


@dataclass(slots=True)
class Subject:
    """prediction_ids, event_ids : of the key; outcomes have no keys, and are searched by these."""

    partition_key: str
    prediction_ids: set[str] = field(default_factory=set)
    event_ids: set[str] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """What a proof has in place of the key."""
        return hashlib.sha256(self.partition_key.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def key_digest(self) -> str:
        """What collected predictions have in place of the key."""
        return key_digest(self.partition_key)

    def is_of(self, data: bytes) -> bool:
        """Whether the bytes of a prediction or an outcome are the subject's, by the key or by ids."""
        named = {name.decode(): _text(value) for name, value in _MEMBER.findall(data)}
        if named.get("partition_key") == self.partition_key or named.get("prediction_id") in self.prediction_ids:
            return True
        return "prediction_id" not in named and named.get("event_id") in self.event_ids

    def found(self, prediction_id: str | None, event_id: str | None = None) -> None:
        if prediction_id:
            self.prediction_ids.add(prediction_id)
        if event_id:
            self.event_ids.add(event_id)


def _text(value: bytes) -> str:
    """A text or an integer of JSON, as text."""
    try:
        return str(json.loads(value))
    except ValueError:
        return value.decode(errors="replace")
