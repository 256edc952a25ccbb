"""Models damaged at random, but the same way for the same seed."""

import contextlib
import pickle
import random
from array import array
from collections.abc import Callable, Iterator
from typing import Any

from predictors.xgboost import ubj
from tests.fakes.ubj import encode

Path = tuple[Any, ...]

INTEGERS = (-(2**31), -2, -1, 0, 1, 2, 3, 7, 255, 2**24, 2**31 - 1, 2**31, 2**40)
FLOATS = (0.0, -0.0, 1e-45, 1e38, -1e38, 3.4e38, float("inf"), float("nan"))
TEXTS = (
    "", "-1", "0", "1", "2", "5", " 5", "1_0", "+5", "0x5", "1e9", "999999999", "2147483648", "nan", "inf",
    "[]", "[nan]", "[1,2,3]", "3e38", "[3e38]", "gbtree", "dart", "x",
)  # fmt: skip


class Mutations:
    """The ways to damage one model; `model` gives the bytes of the one with a certain number.

    decode, encode : of the model's format, UBJSON unless given.
    """

    def __init__(
        self,
        original: bytes,
        decode: Callable[[bytes], Any] = ubj.decode,
        encode: Callable[[Any], bytes] = encode,
    ) -> None:
        decoded = decode(original)
        self._original, self._encode = original, encode
        self._pickled = pickle.dumps(decoded)  # loading it is the cheapest deep copy
        self._everywhere = list(paths(decoded))
        self._named = [path for path in self._everywhere if isinstance(path[-1], str)]

    def model(self, seed: int) -> bytes:
        """Two of three have members changed, which a checksum made anew would hide; the others have bytes changed."""
        chance = random.Random(seed)
        if chance.random() < 2 / 3:
            return self._encode(self._mutated(chance))
        return chance.choice((flipped, flipped, flipped, spliced, cut))(self._original, chance)

    def _mutated(self, chance: random.Random) -> Any:
        """One to three members, anywhere in the model, changed or removed."""
        damaged = pickle.loads(self._pickled)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            # A typed array does not take every value, nor a path every step after an earlier change.
            with contextlib.suppress(KeyError, IndexError, TypeError, OverflowError):
                _damage(damaged, chance.choice(self._named if chance.random() < 0.5 else self._everywhere), chance)
        return damaged


def flipped(raw: bytes, chance: random.Random) -> bytes:
    """A few bytes changed."""
    damaged = bytearray(raw)
    for _ in range(chance.choice((1, 2, 8))):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def spliced(raw: bytes, chance: random.Random) -> bytes:
    """A piece of the model once more, or left out."""
    start, end = sorted((chance.randrange(len(raw)), chance.randrange(len(raw))))
    return raw[:end] + raw[start:] if chance.random() < 0.5 else raw[:start] + raw[end:]


def cut(raw: bytes, chance: random.Random) -> bytes:
    """The end cut off."""
    return raw[: chance.randrange(len(raw))]


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
    match chance.randrange(4):
        case 0:
            del items[one:]
        case 1:
            items.extend(items[:2])
        case 2:
            items[:] = _filled(items, _another(items[one], chance))
        case _:
            items[one], items[other] = items[other], items[one]


def _filled(items: Any, value: Any) -> Any:
    return array(items.typecode, [value] * len(items)) if isinstance(items, array) else [value] * len(items)


def _another(old: Any, chance: random.Random) -> Any:
    if chance.random() < 0.1:
        return chance.choice((*INTEGERS, *FLOATS, *TEXTS, None, True, [], {}))
    values: dict[type, tuple[Any, ...]] = {int: INTEGERS, float: FLOATS, str: TEXTS}
    return chance.choice(values.get(type(old), (None,)))
