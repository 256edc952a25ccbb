"""Reading LightGBM's text model, as `Booster.save_model` and `model_to_string` write it. LightGBM itself is not needed.

What a converted model could not represent is refused here, with the reason, before anything is converted.
"""

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from records.categories import text_of

FORMATS = ("v2", "v3", "v4")
MAX_NODES = 50_000_000  # of a tree: more than any file of the permitted size has
_DEFAULT_NAMES = re.compile(r"Column_\d+")
_WORD = 32  # bits of a number in `cat_threshold`

# Bits of a node's decision_type.
CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_SHIFT, MISSING_MASK = 2, 3
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class TextTree:
    """One tree. A child from 0 on is a split, a negative one is leaf `~child`; the first split is the root.

    categories : of each split by category, the codes that go left; else empty. counts : the training rows of each
    leaf; 0 where the file has none, and then the model has no feature attributions.
    """

    features: Sequence[int]
    thresholds: Sequence[float]
    decisions: Sequence[int]
    left: Sequence[int]
    right: Sequence[int]
    categories: Sequence[Sequence[int]]
    leaves: Sequence[float]
    counts: Sequence[float]


@dataclass(frozen=True, slots=True)
class TextModel:
    """A model, read.

    objective : LightGBM's name, and its parameters such as {"sigmoid": "1"}.
    trees_a_round : one for each class.
    averages : the trees' mean is the raw score, and not their sum (boosting rf).
    names : of the features; () where they are LightGBM's own, Column_0 and so on.
    categories : of each feature, in the order of their codes, where a pandas data frame had them; else ().
    """

    format: str
    objective: str
    parameters: Mapping[str, str]
    columns: int
    trees_a_round: int
    averages: bool
    names: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    trees: Sequence[TextTree]

    @property
    def objective_text(self) -> str:
        """The objective as the file has it, such as `binary sigmoid:1`."""
        return " ".join(
            (self.objective, *(f"{key}:{value}" if value else key for key, value in self.parameters.items()))
        )


def read(text: str) -> TextModel:
    """Raises ValueError where it is no such model, or one that cannot be converted."""
    head, *blocks = re.split(r"^Tree=\d+\n", text.partition("\nend of trees")[0], flags=re.MULTILINE)
    header = _members(head)
    _check_version(header)
    names = tuple(_member(header, "feature_names").split(" "))
    columns = _count(header, "max_feature_idx", 0) + 1
    if len(names) != columns:
        raise ValueError(f"feature_names: expected {columns}, as max_feature_idx says, got {len(names)}")
    objective, parameters = _objective(header)
    a_round = _count(header, "num_tree_per_iteration", 1)
    if not blocks or len(blocks) % a_round:
        raise ValueError(f"expected boosting rounds of {a_round} trees, got {len(blocks)} trees in all")
    if "\nend of trees" not in text:
        raise ValueError("expected the line `end of trees`: the file was cut off")
    return TextModel(
        header["version"],
        objective,
        parameters,
        columns,
        a_round,
        "average_output" in header,
        () if all(map(_DEFAULT_NAMES.fullmatch, names)) else names,
        _categories(text, columns),
        [_tree(number, block, columns) for number, block in enumerate(blocks)],
    )


def _check_version(header: Mapping[str, str]) -> None:
    if header.get("version") not in FORMATS:
        raise ValueError(
            f"expected a LightGBM model of the format {' or '.join(FORMATS)}, got {header.get('version', 'none')}"
        )


def _members(block: str) -> dict[str, str]:
    lines = (line.partition("=") for line in block.split("\n"))
    return {key: value for key, _, value in lines if key}


def _member(members: Mapping[str, str], name: str) -> str:
    if name not in members:
        raise ValueError(f"expected the member {name}, got a file without")
    return members[name]


def _count(members: Mapping[str, str], name: str, least: int) -> int:
    text = _member(members, name)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= MAX_NODES):
        raise ValueError(f"{name}: expected a number from {least} on, got {text!r:.40}")
    return int(text)


def _objective(header: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    name, *parameters = header.get("objective", "").split(" ")
    if name in ("", "custom", "none"):
        raise ValueError(
            "expected a model with one of LightGBM's objectives, got one with an objective of its own: what its scores "
            "mean is not in the file; train with a built-in objective"
        )
    return name, {key: value for key, _, value in (text.partition(":") for text in parameters if text)}


def _tree(number: int, block: str, columns: int) -> TextTree:
    try:
        members = _members(block)
        if members.get("is_linear", "0") != "0":
            raise ValueError("has linear models in its leaves, which are not served: train without linear_tree")
        leaves = _count(members, "num_leaves", 1)
        values = _numbers(members, "leaf_value", leaves)
        if leaves == 1:
            return TextTree((), (), (), (), (), (), values, [0.0])
        splits = leaves - 1
        features, decisions = (_integers(members, name, splits) for name in ("split_feature", "decision_type"))
        left, right = (_integers(members, name, splits) for name in ("left_child", "right_child"))
        thresholds = _numbers(members, "threshold", splits, most=float("inf"))
        if not all(0 <= feature < columns for feature in features):
            raise ValueError(f"split_feature: expected 0 to {columns - 1}")
        _check_children(left, right, leaves)
        _check_decisions(decisions)
        return TextTree(
            features,
            thresholds,
            decisions,
            left,
            right,
            _category_sets(members, decisions, thresholds),
            values,
            _numbers(members, "leaf_count", leaves, least=0.0) if "leaf_count" in members else [0.0] * leaves,
        )
    except ValueError as error:
        raise ValueError(f"tree {number}: {error}") from None


def _numbers(
    members: Mapping[str, str], name: str, count: int, most: float = sys.float_info.max, least: float = -math.inf
) -> list[float]:
    found = [float(text) for text in _member(members, name).split()]
    if any(value < least for value in found):
        raise ValueError(f"{name}: expected {count} numbers from {least:g}")
    if len(found) != count or not all(abs(value) <= most for value in found):
        raise ValueError(f"{name}: expected {count} numbers of at most {most:g}, got {len(found)}")
    return found


def _integers(members: Mapping[str, str], name: str, count: int | None) -> list[int]:
    found = [int(text) for text in _member(members, name).split()]
    if count is not None and len(found) != count:
        raise ValueError(f"{name}: expected {count} numbers, got {len(found)}")
    return found


def _check_children(left: Sequence[int], right: Sequence[int], leaves: int) -> None:
    """Each split but the root, and each leaf, is a child once; and a child comes after its parent: no cycle."""
    children = sorted((*left, *right))
    if children != [*range(-leaves, 0), *range(1, leaves - 1)]:
        raise ValueError("left_child, right_child: expected each split but the first, and each leaf, exactly once")
    if any(0 <= child <= split for side in (left, right) for split, child in enumerate(side)):
        raise ValueError("left_child, right_child: expected children after their parents")


def _check_decisions(decisions: Sequence[int]) -> None:
    known = {MISSING_NONE, MISSING_ZERO, MISSING_NAN}
    for decision in decisions:
        if not 0 <= decision < 16 or decision >> MISSING_SHIFT & MISSING_MASK not in known:
            raise ValueError(f"decision_type: expected one that LightGBM writes, got {decision}")


def _category_sets(
    members: Mapping[str, str], decisions: Sequence[int], thresholds: Sequence[float]
) -> list[Sequence[int]]:
    """The codes of each split by category: bits, of which the split's threshold says where they begin."""
    if not any(decision & CATEGORICAL for decision in decisions):
        return [()] * len(decisions)
    words, ends = _integers(members, "cat_threshold", None), _integers(members, "cat_boundaries", None)
    if len(ends) != _count(members, "num_cat", 0) + 1:
        raise ValueError(f"cat_boundaries: expected one more number than num_cat, got {len(ends)}")
    if ends[:1] != [0] or ends[-1] != len(words) or any(a > b for a, b in pairwise(ends)):
        raise ValueError(f"cat_boundaries: expected to rise from 0 to {len(words)}")
    if not all(0 <= word < 1 << _WORD for word in words):
        raise ValueError(f"cat_threshold: expected numbers of {_WORD} bits")
    sets: list[Sequence[int]] = []
    for decision, place in zip(decisions, thresholds, strict=True):
        if not decision & CATEGORICAL:
            sets.append(())
            continue
        if not (place.is_integer() and 0 <= place < len(ends) - 1):
            raise ValueError(f"threshold of a split by category: expected 0 to {len(ends) - 2}, got {place:g}")
        start, end = ends[int(place)], ends[int(place) + 1]
        sets.append(
            [
                i * _WORD + bit
                for i, word in enumerate(words[start:end])
                if word
                for bit in range(_WORD)
                if word >> bit & 1
            ]
        )
    return sets


def _categories(text: str, columns: int) -> tuple[tuple[str, ...], ...]:
    """The categories of a pandas data frame, which the file keeps without the columns' names.

    They belong to the columns that are categorical features, in order; () for all where their numbers differ, as then
    some of the data frame's categories were ordered.
    """
    found = re.search(r"^pandas_categorical:(.*)$", text, re.MULTILINE)
    owners = re.search(r"^\[categorical_feature: ([\d,]+)\]$", text, re.MULTILINE)
    kept = json.loads(found[1]) if found else None
    places = [int(place) for place in owners[1].split(",")] if owners else []
    if not isinstance(kept, list) or len(kept) != len(places) or not all(place < columns for place in places):
        return ((),) * columns
    by_place = dict(zip(places, kept, strict=True))
    return tuple(tuple(map(text_of, by_place.get(column, ()))) for column in range(columns))
