"""An event on its way to a target, and the features in it."""

import zlib
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

PARTITION_KEYS = 1_024
"""How many different partition keys events are spread over where nothing else is said."""


class Event(NamedTuple):
    """One event as it is sent. Only `data` and `partition_key` leave the producer; the rest is for the receipts.

    outcome         the truth that a prediction is measured by: the number of a class, a label or a number; None where
                    it is not known
    expected_code   the quarantine code that the event must get; None for an event that must be scored
    events          of a record that may hold several events: each of them, in the order of the record
    """

    event_id: str
    data: bytes
    partition_key: str
    outcome: int | float | str | None = None
    expected_code: str | None = None
    events: "tuple[Event, ...]" = ()


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """A feature of an event: `type` is float, int, bool or category; `allow_missing`: it may be absent or null."""

    name: str
    type: str
    allow_missing: bool = False
    categories: tuple[str, ...] = ()


def partition_key(event_id: str, keys: int = PARTITION_KEYS) -> str:
    """One of `keys` keys, always the same for an id, so that keys repeat as users do; 0: the id itself."""
    return f"key-{zlib.crc32(event_id.encode()) % keys}" if keys else event_id


def encode(features: pl.DataFrame, event_id: pl.Series, occurred_at: pl.Series | None = None) -> list[bytes]:
    """The event of each row, as JSON text: the columns are its features, in their order; a missing one is null.

    Numbers read back as what they are. The features must not hold infinity, which JSON cannot say.
    """
    envelope = [event_id.alias("event_id")]
    if occurred_at is not None:
        envelope.append(occurred_at.alias("occurred_at"))
    envelope.append(features.to_struct("features"))
    events = pl.DataFrame(envelope).to_struct()
    return events.struct.json_encode().cast(pl.Binary).to_list()
