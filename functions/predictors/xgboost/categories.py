"""The categories that a model itself keeps, since XGBoost 3.1, where it was trained on a data frame.

`enc` has an entry for each feature: texts laid end to end with their `offsets`, or integers; `feature_segments` counts
them up from feature to feature, `sorted_idx` is their order by name. A category's code is its place in its entry.
"""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def names(kept: Mapping[str, Any], features: int) -> list[tuple[str, ...]]:
    """The category names of each feature, in the order of their codes; [] where the model keeps none.

    Raises ValueError where they are not sound.
    """
    entries, segments, order = kept.get("enc", []), kept.get("feature_segments", []), kept.get("sorted_idx", [])
    if not len(entries):
        if len(segments) or len(order):
            raise ValueError("cats: expected no segments and no order without categories")
        return []
    if len(entries) != features:
        raise ValueError(f"cats: expected an entry for each of {features} features, got {len(entries)}")
    found = [_entry(entry, f"cats of feature {number}") for number, entry in enumerate(entries)]
    _check_segments(segments, found)
    _check_order(order, found)
    return found


def _entry(entry: Mapping[str, Any], what: str) -> tuple[str, ...]:
    values = list(entry["values"])
    if "offsets" not in entry:
        _check_integers(what, [entry["type"], *values])
        texts = [str(value) for value in values]
    else:
        texts = _texts(list(entry["offsets"]), values, what)
    if len(set(texts)) != len(texts):
        raise ValueError(f"{what}: expected each category once")
    return tuple(texts)


def _texts(offsets: list[int], values: list[int], what: str) -> list[str]:
    """Texts from UTF-8 that is stored as signed bytes."""
    _check_integers(what, [*offsets, *values])
    if not offsets and not values:
        return []
    if offsets[:1] != [0] or offsets[-1] != len(values) or offsets != sorted(offsets):
        raise ValueError(f"{what}: expected offsets that rise from 0 to {len(values)}")
    raw = bytes(value & 0xFF for value in values if -128 <= value <= 127)
    if len(raw) != len(values):
        raise ValueError(f"{what}: expected signed bytes")
    return [raw[start:end].decode("utf-8") for start, end in pairwise(offsets)]


def _check_segments(segments: Sequence[int], found: list[tuple[str, ...]]) -> None:
    expected = [0]
    for texts in found:
        expected.append(expected[-1] + len(texts))
    if list(segments) != expected:
        raise ValueError(f"cats: expected feature_segments {expected}, got {list(segments)}")


def _check_order(order: Sequence[int], found: list[tuple[str, ...]]) -> None:
    """Empty, or the codes of each feature in some order."""
    if not len(order):
        return
    rest = list(order)
    _check_integers("cats: sorted_idx", rest)
    for texts in found:
        codes, rest = rest[: len(texts)], rest[len(texts) :]
        if sorted(codes) != list(range(len(texts))):
            raise ValueError(f"cats: expected sorted_idx to have each code below {len(texts)} once, got {codes}")
    if rest:
        raise ValueError(f"cats: expected sorted_idx to end with the last feature, got {len(rest)} more")


def _check_integers(what: str, values: Sequence[Any]) -> None:
    if any(type(value) is not int for value in values):
        raise ValueError(f"{what}: expected integers")
