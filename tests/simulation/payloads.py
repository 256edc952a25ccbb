"""A pool of event bodies, good and bad, built once a process: an event is one of them with an id of its own."""

import json
import random
from dataclasses import dataclass
from functools import cache
from typing import Any

from stream_producers import bad
from tests.fakes import artifacts
from tests.simulation import models

GOOD = 240
_PLACE = "e-########"  # where an event's own id goes
_ODD_ID = "\\ud800\\u00fc-########"  # a lone surrogate: scored, and still ASCII in the prediction
_LARGE = 4_096  # bytes from which a body is rare, so that it does not outweigh all the others


@dataclass(frozen=True, slots=True)
class Payload:
    """A body in two halves around the event's number.

    `id_text` is the JSON text of the event id in front of the number. `code` is the quarantine code that it must get;
    a good one has none, and `scored` holds, for each version, what must stand between `model` and `source`.
    """

    head: bytes
    tail: bytes
    id_text: bytes = b""
    code: str = ""
    text: bool = True
    numbered: bool = True
    scored: dict[str, bytes] | None = None

    def body(self, number: int) -> bytes:
        return b"%b%08d%b" % (self.head, number, self.tail) if self.numbered else self.head


@dataclass(frozen=True, slots=True)
class Pool:
    """The good ones, and the bad ones: all, those that can be a user record of an aggregate, those that are text."""

    good: list[Payload]
    bad: list[Payload]
    bad_user: list[Payload]
    bad_text: list[Payload]


@cache
def pool() -> Pool:
    spoiled = list(_bad())
    users = [p for p in spoiled if p.code != "INVALID_AGGREGATE"]
    return Pool(_good(), _weighted(spoiled), _weighted(users), _weighted([p for p in spoiled if p.text]))


def _good() -> list[Payload]:
    matrix = artifacts.matrix(GOOD, seed=77)
    scores = {version: models.expected(version, matrix) for version in models.VERSIONS}
    payloads = []
    for i, event in enumerate(events(matrix)):
        place = _ODD_ID if i % 40 == 7 else _PLACE
        text = json.dumps(event, separators=(",", ":") if i % 3 else None).replace(_PLACE, place)
        head, tail = text.split("########")
        scored = {
            version: f',"score":{rows[i].score!r},"label":"{rows[i].label}","source":{{'.encode()
            for version, rows in scores.items()
        }
        payloads.append(Payload(head.encode(), tail.encode(), place[:-8].encode(), scored=scored))
    return payloads


def events(matrix: Any) -> Any:
    """The events that give the rows of a matrix of `artifacts.FEATURES`: missing values are null, or left out."""
    device, referrer = (artifacts.FEATURES[column].categories for column in (3, 4))
    for i, row in enumerate(matrix.tolist()):
        pages = row[0]
        spend, returning, device_code, referrer_code = (None if v != v else v for v in row[1:])
        features = {
            "pages": pages if i % 5 == 0 else int(pages),
            "spend": spend,
            "returning": None if returning is None else bool(returning),
            "device": None if device_code is None else device[int(device_code)],
            "referrer": "unheard of" if referrer_code is None else referrer[int(referrer_code)],
        }
        if i % 2:
            features = {name: value for name, value in features.items() if value is not None}
        if i % 4 == 0:
            features["unknown to the model"] = i
        yield {"event_id": _PLACE, "features": features}


def _bad() -> Any:
    """Each kind of the stream producers, on each feature that it fits and that the model reads strictly."""
    event = {"event_id": _PLACE, "features": {"pages": 3, "spend": 12.5, "returning": True, "device": "mobile"}}
    strict = [feature for feature in artifacts.FEATURES if feature.name != "referrer"]
    for kind in bad.KINDS:
        for name in kind.features(strict):  # type: ignore[arg-type]
            body = kind.spoil(json.loads(json.dumps(event)), name)
            head, place, tail = body.partition(_PLACE.encode())
            yield Payload(head + place[:2], tail, code=kind.code, text=kind.text, numbered=bool(place))


def _weighted(payloads: list[Payload]) -> list[Payload]:
    small = [p for p in payloads if len(p.head) + len(p.tail) < _LARGE]
    return small * 8 + [p for p in payloads if p not in small]


def draw(random: random.Random, payloads: list[Payload]) -> Payload:
    return payloads[int(random.random() * len(payloads))]
