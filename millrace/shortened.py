"""The first of many texts, for a line that a person reads."""

from collections.abc import Sequence

SHOWN = 5


def shortened(texts: Sequence[str], most: int = SHOWN) -> str:
    """Up to `most` of them with commas, and an ellipsis for the rest."""
    return ", ".join(texts[:most]) + ", …" * (len(texts) > most)
