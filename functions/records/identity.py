"""The identity of a prediction: the model's name and the position of the event; and the digest of a partition key."""

from __future__ import annotations

import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


KEY_DIGITS = 16  # 64 bits: of a million keys, two have the same digest with a probability of 3e-8


def key_digest(partition_key: str) -> str:
    """What is stored of a partition key where it is searched for and never read: 16 digits of its SHA-256."""
    return hashlib.sha256(partition_key.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_DIGITS]


def prediction_id(model: str, position: Sequence[str], subsequence: int | None = None, index: int | None = None) -> str:
    """Hexadecimal SHA-256 of the model's name and an event's position, joined by `|`.

    position : the parts that docs/contracts.md lists for the source, such as stream ARN, shard and sequence number.
    subsequence : the place of a user record in an aggregated one. index : the place of an event in a record that may
    hold several; an absent subsequence in front of it is empty.

    A retry gives the same id. The model's version is left out: if it changes between two attempts, one id can have two
    scores, and consumers keep the first. The name is included: two models on one stream never give the same id.
    """
    parts = [model, *position]
    if index is not None:
        parts += ["" if subsequence is None else str(subsequence), str(index)]
    elif subsequence is not None:
        parts.append(str(subsequence))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
