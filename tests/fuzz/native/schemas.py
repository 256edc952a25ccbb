"""Manifests' features and paths at random, and events for them, most of which are sound."""

import json
from random import Random
from typing import Any

from model_store.feature import Feature
from tests.fuzz.native.judge import Places

# Few and alike, so that names meet: prefixes, longer than what is compared at once, not ASCII.
PLAIN = ("a", "ab", "b", "id", "", "é", "x" * 14, "x" * 15, "x" * 40, "with spaces", "😀")
# And some that need escapes, or that no UTF-8 holds.
ODD = ('q"', 'a":1,"b', "b\\", "\n", "\ud800")
NUMBERS = (
    *("0", "-0", "-0.0", "0.0", "1", "12.5", "-3.0", "1e3", "1E+2", "2.5e-3", "0.1", "16777217", "9007199254740993"),
    *("0.30000000000000004", "12345678901234567890", "1e-50", "3.4028235e38", "3.4028236e38", "1e999", "01", "1."),
    *("1e23", "4503599627370496.5"),
)
JUNK = (b"", b'"', b"}", b",", b"0", b"\xff", b" ", b'"a":1,', b"-", b"\t", b"null", b"\xc3", b"{}")


def name(random: Random) -> str:
    return random.choice(PLAIN if random.random() < 0.98 else ODD)


def features(random: Random) -> list[Feature]:
    """Some features, each name once."""
    names = dict.fromkeys(name(random) for _ in range(random.randint(1, 8)))
    return [_feature(random, each) for each in names]


def _feature(random: Random, own_name: str) -> Feature:
    kind, missing = random.choice(("float", "int", "bool", "category")), random.random() < 0.7
    names = dict.fromkeys(name(random) for _ in range(random.randint(1, 5)))
    rule = random.choice(("refuse", "missing")) if missing else "refuse"
    categories = tuple(names) if kind == "category" else ()
    return Feature(own_name, kind, allow_missing=missing, categories=categories, unknown_category=rule)


def paths(random: Random) -> Places:
    if random.random() < 0.5:
        return Places(("event_id",), random.choice(((), ("features",))))
    return Places(
        tuple(name(random) for _ in range(random.randint(1, 3))),
        tuple(name(random) for _ in range(random.randint(0, 3))),
    )


def event(random: Random, known: list[Feature], where: Places) -> bytes:
    """The JSON text of an event, with its members in any order; one in four is damaged."""
    members: list[tuple[tuple[str, ...], str]] = [(where.event_id, random.choice(('"e-1"', '"~ !"', '"e-1"', '"é"')))]
    members += [
        ((*where.features, f.name), _fitting(random, f)) for f in known if not f.allow_missing or random.random() < 0.9
    ]
    members += [((*where.features, name(random)), _value(random)) for _ in range(random.choice((0, 0, 1, 2)))]
    members += [((name(random),), _value(random)) for _ in range(random.choice((0, 0, 1)))]
    random.shuffle(members)
    top: dict[str, Any] = {}
    _put(top, (*where.features, known[0].name), _fitting(random, known[0]))
    for path, value in members:
        _put(top, path, value)
    text = _text(random, top)
    if random.random() < 0.75:
        return text
    at = random.randint(0, len(text))
    return text[:at] + random.choice(JUNK) + text[at + random.randint(0, 2) :]


def _fitting(random: Random, feature: Feature) -> str:
    """The text of a value that the feature takes, nearly always."""
    if random.random() < 0.03:
        return _value(random)
    if feature.allow_missing and random.random() < 0.1:
        return "null"
    if feature.type == "float":
        return random.choice((repr(random.uniform(-99, 99)), f"{random.gauss(0, 9):.3f}", str(random.randint(-9, 9))))
    if feature.type == "int":
        return random.choice((str(random.randint(-(10**6), 10**6)), str(random.getrandbits(63)), "3.0", "7"))
    return (
        random.choice(("true", "false"))
        if feature.type == "bool"
        else _string(random, random.choice(feature.categories))
    )


def _value(random: Random, depth: int = 0) -> str:
    kind = random.randrange(7 if depth < 3 else 4)
    if kind < 2:
        return random.choice(NUMBERS)
    if kind < 4:
        return random.choice(("true", "false", "null", _string(random, name(random))))
    inner = [_value(random, depth + 1) for _ in range(random.randint(0, 3))]
    if kind < 6:
        return f"[{','.join(inner)}]"
    return "{" + ",".join(f"{_string(random, name(random))}:{value}" for value in inner) + "}"


def _put(top: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    """Place a value's text, unless something else stands in the way."""
    for step in path[:-1]:
        top = top.setdefault(step, {})
        if not isinstance(top, dict):
            return
    top.setdefault(path[-1], value)


def _string(random: Random, text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return plain if "\ud800" not in text and random.random() < 0.97 else json.dumps(text)


def _text(random: Random, top: dict[str, Any]) -> bytes:
    comma, colon = random.choice(((",", ":"), (", ", ": "), (" ,\r\n", "\t: ")))

    def write(value: Any) -> str:
        if not isinstance(value, dict):
            return str(value)
        return "{" + comma.join(f"{_string(random, key)}{colon}{write(inner)}" for key, inner in value.items()) + "}"

    return write(top).encode()
