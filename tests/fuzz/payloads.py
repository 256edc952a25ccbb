"""Byte strings that no decoder wants: the same for the same seed, about two microseconds each.

Everything is prepared in pools; a byte string is one or two slices of them, put together anew.
"""

import json
import random
from collections.abc import Iterator, Sequence

from stream_producers.bad import KINDS
from stream_producers.event import FeatureSpec
from tests.fakes import artifacts, envelopes

# What may stand where a value is expected, one a line.
VALUES = (
    *rb"""
0
-0
1
-1
3.0
1.5
1e5
1E+2
1e38
3.5e38
1e39
1e309
-1e999
1e-999
9007199254740993
340282366920938463463374607431768211456
99999999999999999999999999999999999999999
true
false
null
""
" "
"1"
"1_000"
"mobile"
"desktop"
"Mobile"
"ads"
"no such"
"\ud800"
"\u0000"
[]
{}
[1]
[[]]
{"a":1}
{"":null}
1,"pages":1
1,"more":{"pages":null}
""".split(b"\n")[1:],
    b'"' + b"x" * 300 + b'"', b"1" * 300, b"[" * 64 + b"]" * 64, b'{"a":' * 40 + b"1" + b"}" * 40,
)  # fmt: skip

# And what may not.
JUNK = (
    *rb"""
{
}
[
]
,
:
"
\
/
#
01
+1
1.
.5
1e
0x1
1_000
True
None
NaN
Infinity
-Infinity
undefined
'a'
"\x"
{"a":1,"a":2}
/*c*/
//
""".split(b"\n")[1:],
    b"\0", b"\x1f", b"\x7f", b"\t", b"\r\n", *(text.encode() for text in ("é", "\ufeff", "\u2028", "\U0001f600")),
)  # fmt: skip
TOKENS = VALUES + JUNK
BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf3\x89\x9a\xc2", b"\xfe\xff", b"\x1f\x8b\x08\x00", b"\xf5", b"\x80")
_SPECS = [FeatureSpec(f.name, f.type, f.allow_missing, f.categories) for f in artifacts.FEATURES]
_RARE = 2_000  # kinds longer than this are made by the thousand only


class Payloads:
    """An endless supply, in batches; after `batch`, the other methods give what belongs to the same seed."""

    def __init__(self) -> None:
        self._random = random.Random(0)
        self._draw = self._random.random
        good = [self._good(number) for number in range(64)]
        bad = [data for number in range(3) for data in _bad(number)]
        self._whole = good + [data for data in bad if len(data) <= _RARE]
        self._huge = [data for data in bad if len(data) > _RARE]
        self._holes = [hole for data in good for hole in _holes(data)]
        self._noise = self._random.randbytes(1 << 16)
        self._ways = (
            *[self._with_another_value] * 8, self._with_junk_for_a_value, self._grammar, self._cut, self._spliced,
            self._without_a_piece, self._with_a_token, self._with_a_byte, self._random_bytes, self._as_it_is,
        )  # fmt: skip

    def batch(self, seed: int, count: int) -> list[bytes]:
        """So many byte strings."""
        self._random.seed(seed)
        draw, ways = self._draw, self._ways
        return [ways[int(draw() * len(ways))]() for _ in range(count)]

    def huge(self) -> bytes:
        """Something long: nested without end, or a number of thousands of digits."""
        return self._pick(self._huge)

    def aggregate(self) -> bytes:
        """A record of the Kinesis Producer Library: sound around unsound events, or damaged under a sound digest."""
        users = [(key, self._whole[int(self._draw() * len(self._whole))]) for key in ("a", "b", "key")]
        whole = envelopes.aggregate(users)
        chance = self._draw()
        if chance < 0.3:
            return whole
        if chance < 0.5:  # the digest is wrong
            return self._changed(whole)
        return envelopes.sealed(self._changed(whole[4:-16]))

    def changed_text(self, text: str) -> str:
        """A text with a character changed or gone."""
        at = int(self._draw() * (len(text) + 1))
        return text[:at] + self._pick(("=", "", "*", "é", "\n", " ", "\ud800", "A")) + text[at + 1 :]

    def _good(self, number: int) -> bytes:
        event = envelopes.event(number, **{"é" * (number % 3): None, "deep": {"a": [1, {"b": []}]}})
        separators = ((",", ":"), (", ", ": "), (" ,\n", " : "))[number % 3]
        return json.dumps(event, ensure_ascii=bool(number % 2), separators=separators).encode()

    def _pick[T](self, pool: Sequence[T]) -> T:
        return pool[int(self._draw() * len(pool))]

    def _with_another_value(self) -> bytes:
        before, after = self._pick(self._holes)
        return before + self._pick(VALUES) + after

    def _with_junk_for_a_value(self) -> bytes:
        before, after = self._pick(self._holes)
        return before + self._pick(JUNK) + after

    def _grammar(self) -> bytes:
        tokens = self._random.choices(TOKENS, k=1 + int(self._draw() * 12))
        return b"".join(tokens)

    def _cut(self) -> bytes:
        data = self._pick(self._whole)
        return data[: int(self._draw() * len(data))]

    def _without_a_piece(self) -> bytes:
        data = self._pick(self._whole)
        at = int(self._draw() * len(data))
        return data[:at] + data[at + 1 + int(self._draw() * 20) :]

    def _spliced(self) -> bytes:
        one, other = self._pick(self._whole), self._pick(self._whole)
        return one[: int(self._draw() * len(one))] + other[int(self._draw() * len(other)) :]

    def _with_a_token(self) -> bytes:
        data = self._pick(self._whole)
        at = int(self._draw() * len(data))
        return data[:at] + self._pick(TOKENS) + data[at:]

    def _with_a_byte(self) -> bytes:
        return self._changed(self._pick(self._whole))

    def _changed(self, data: bytes) -> bytes:
        at = int(self._draw() * len(data))
        byte = self._pick(BYTES) if self._draw() < 0.5 else bytes((int(self._draw() * 256),))
        return data[:at] + byte + data[at + len(byte) :]

    def _random_bytes(self) -> bytes:
        at = int(self._draw() * len(self._noise))
        return self._noise[at : at + int(self._draw() * 200)]

    def _as_it_is(self) -> bytes:
        return self._pick(self._whole)


def _bad(number: int) -> Iterator[bytes]:
    """One event of each kind that the producers can spoil, for each feature that can be spoiled so."""
    event = envelopes.event(number)
    for kind in KINDS:
        for name in kind.features(_SPECS):
            yield kind.spoil(json.loads(json.dumps(event)), name)


def _holes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What stands before and after the value of each member."""
    for at in (i + 1 for i, byte in enumerate(data) if byte in b":"):
        end = min(i for i in (data.find(b",", at), data.find(b"}", at)) if i >= 0)
        yield data[:at], data[end:]
