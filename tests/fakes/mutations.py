"""Models damaged at random, but the same way for the same seed."""

import contextlib
import copy
import random
from array import array
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]

INTEGERS = (-(2**31), -2, -1, 0, 1, 2, 3, 7, 255, 2**24, 2**31 - 1, 2**31, 2**40)
FLOATS = (0.0, -0.0, 1e-45, 1e38, -1e38, 3.4e38, float("inf"), float("nan"))
TEXTS = (
    "", "-1", "0", "1", "2", "5", " 5", "1_0", "+5", "0x5", "1e9", "999999999", "2147483648", "nan", "inf",
    "[]", "[nan]", "[1,2,3]", "gbtree", "dart", "x",
)  # fmt: skip


def mutated(model: Any, everywhere: list[Path], seed: int) -> Any:
    """A copy of a decoded model with one to three of its members, at some of its `paths`, changed or removed."""
    chance, damaged = random.Random(seed), copy.deepcopy(model)
    named = [path for path in everywhere if isinstance(path[-1], str)]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        # A typed array does not take every value, nor a path every step after an earlier change.
        with contextlib.suppress(KeyError, IndexError, TypeError, OverflowError):
            _damage(damaged, chance.choice(named if chance.random() < 0.5 else everywhere), chance)
    return damaged


def flipped(raw: bytes, seed: int) -> bytes:
    """The bytes with a few of them changed, or with the end cut off."""
    chance, damaged = random.Random(seed), bytearray(raw)
    for _ in range(chance.choice((1, 2, 8))):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged[: chance.randrange(len(damaged))] if chance.random() < 0.1 else damaged)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict | list | array):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from paths(item, (*path, key))


def _damage(model: Any, path: Path, chance: random.Random) -> None:
    parent = model
    for key in path[:-1]:
        parent = parent[key]
    old = parent[path[-1]]
    if isinstance(old, list | array) and old and chance.random() < 0.7:
        _reshape(old, chance)
    elif chance.random() < 0.1:
        del parent[path[-1]]
    else:
        parent[path[-1]] = _another(old, chance)


def _reshape(items: Any, chance: random.Random) -> None:
    one, other = chance.randrange(len(items)), chance.randrange(len(items))
    match chance.randrange(3):
        case 0:
            del items[one:]
        case 1:
            items.extend(items[:2])
        case _:
            items[one], items[other] = items[other], items[one]


def _another(old: Any, chance: random.Random) -> Any:
    if chance.random() < 0.1:
        return chance.choice((*INTEGERS, *FLOATS, *TEXTS, None, True, [], {}))
    values: dict[type, tuple[Any, ...]] = {int: INTEGERS, float: FLOATS, str: TEXTS}
    return chance.choice(values.get(type(old), (None,)))
