"""Events made faulty on purpose, each kind with the quarantine code that it must get.

Which events go bad, and how, is a function of the seed and of their place in the sequence.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from stream_producers.draws import BAD_EVENTS, uniforms
from stream_producers.event import Event, FeatureSpec

Json = dict[str, Any]
Spoil = Callable[[Json, str], bytes]  # the good event and the name of the feature to spoil, to the bad bytes


@dataclass(frozen=True, slots=True)
class BadKind:
    """One way to be bad.

    fits    whether a feature can be spoiled in this way; None where no feature is concerned
    text    whether the bytes are UTF-8 text, at least one character of it: SNS carries nothing else
    """

    name: str
    code: str
    spoil: Spoil
    fits: Callable[[FeatureSpec], bool] | None = None
    text: bool = True

    def features(self, features: Iterable[FeatureSpec]) -> list[str]:
        """The names of the features that can be spoiled; one empty name where none is concerned."""
        return [f.name for f in features if self.fits(f)] if self.fits else [""]


def with_bad(
    events: Iterable[Event], fraction: float, features: Sequence[FeatureSpec], *, seed: int, text_only: bool = False
) -> Iterator[Event]:
    """The same events, `fraction` of them (0 to 1) made bad; all fitting kinds are equally frequent.

    `text_only` leaves out the kinds that SNS cannot carry. An event keeps its id and partition key.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"expected a fraction of bad events from 0 to 1, got {fraction}")
    ways = [(kind, names) for kind in KINDS if not text_only or kind.text if (names := kind.features(features))]
    for event, (chance, which, where) in zip(events, _draws(seed), strict=False):
        if chance < fraction:
            kind, names = ways[int(which * len(ways))]
            yield spoiled(event, kind, names[int(where * len(names))])
        else:
            yield event


def spoiled(event: Event, kind: BadKind, feature: str) -> Event:
    """The event gone bad in one way. It has no outcome: nothing will be predicted of it."""
    data = kind.spoil(json.loads(event.data), feature)
    return event._replace(data=data, outcome=None, expected_code=kind.code)


def _draws(seed: int) -> Iterator[tuple[float, float, float]]:
    for block in count():
        chance, which, where = uniforms(seed, BAD_EVENTS, block, 3).tolist()
        yield from zip(chance, which, where, strict=True)


_dump = json.JSONEncoder(separators=(",", ":")).encode
_PLACE = "the literal goes here"
_DEPTH = 20_000  # CPython 3.13 parses up to about 10,000, depending on the build


def _literal(text: str) -> Spoil:
    """Put a text in the place of the feature's value, whether or not it is JSON."""

    def spoil(event: Json, feature: str) -> bytes:
        event["features"][feature] = _PLACE
        return _dump(event).replace(f'"{_PLACE}"', text).encode()

    return spoil


def _without(event: Json, feature: str) -> bytes:
    del event["features"][feature]
    return _dump(event).encode()


def _without_id(event: Json, _: str) -> bytes:
    del event["event_id"]
    return _dump(event).encode()


def _twice(event: Json, feature: str) -> bytes:
    value = event["features"].setdefault(feature, None)
    again = f"{_dump(event['features'])[:-1]},{_dump(feature)}:{_dump(value)}}}"
    return _dump(event | {"features": _PLACE}).replace(f'"{_PLACE}"', again).encode()


def _with_byte(event: Json, _: str) -> bytes:
    return _dump(event).encode().replace(b'"event_id":"', b'"event_id":"\xff', 1)


def _nested(event: Json, _: str) -> bytes:
    return _dump(event | {"features": _PLACE}).replace(f'"{_PLACE}"', "[" * _DEPTH + "]" * _DEPTH).encode()


def _number(feature: FeatureSpec) -> bool:
    return feature.type in ("float", "int")


def _any(feature: FeatureSpec) -> bool:
    return True


_KPL_MAGIC = b"\xf3\x89\x9a\xc2"

KINDS = (
    BadKind("another encoding than UTF-8", "INVALID_UTF8", _with_byte, text=False),
    BadKind("UTF-16", "INVALID_UTF8", lambda event, _: _dump(event).encode("utf-16"), text=False),
    BadKind("nothing", "INVALID_JSON", lambda event, _: b"", text=False),
    BadKind("damaged KPL aggregate", "INVALID_AGGREGATE", lambda event, _: _KPL_MAGIC + b"?" * 64, text=False),
    BadKind("cut short", "INVALID_JSON", lambda event, _: _dump(event).encode()[:-7]),
    BadKind("trailing bytes", "INVALID_JSON", lambda event, _: _dump(event).encode() + b"}"),
    BadKind("too many arrays deep", "INVALID_JSON", _nested),
    BadKind("NaN", "INVALID_JSON", _literal("NaN"), _number),
    BadKind("Infinity", "INVALID_JSON", _literal("-Infinity"), _number),
    BadKind("infinite as a double", "NON_FINITE", _literal("1e999"), _number),
    BadKind("infinite as a float32", "NON_FINITE", _literal("1e39"), _number),
    BadKind("integer of 5,000 digits", "NON_FINITE", _literal("9" * 5_000), _number),
    BadKind("a key twice", "DUPLICATE_KEY", _twice, _any),
    BadKind("true for a number", "WRONG_TYPE", _literal("true"), _number),
    BadKind("a text for a number", "WRONG_TYPE", _literal('"1_000"'), _number),
    BadKind("missing feature", "MISSING_FEATURE", _without, lambda feature: not feature.allow_missing),
    BadKind("unknown category", "UNKNOWN_CATEGORY", _literal('"no such"'), lambda feature: bool(feature.categories)),
    BadKind("no event_id", "MISSING_EVENT_ID", _without_id),
    BadKind("not an object", "NOT_AN_OBJECT", lambda event, _: _dump([event]).encode()),
)
