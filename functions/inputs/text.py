"""Texts: UTF-8 → words → n-grams of words or of characters → hashes, a row of `length` numbers.

The definition is `reference`; the native engine gives the same bits. A gram becomes 1 + crc32(gram) modulo
(buckets - 1); 0 is padding, and a text without any word a row of it. What is beyond `length` grams is not read.
"""

from __future__ import annotations

import re
from array import array
from zlib import crc32

import native
from inputs import PreparationInvalid
from inputs.steps import Step
from records.faults import Code, Unfit
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from inputs.steps import Steps

NAME, VERSION = "hashed-grams", 1
WORDS, CHARACTERS = UNITS = ("words", "characters")
MAX_BYTES, MAX_BUCKETS, MAX_LENGTH, MAX_GRAM = 1 << 20, 1 << 24, 1 << 14, 8
# ASCII letters and digits, and all other characters whole: the bytes of these are beyond ASCII.
_WORD = re.compile(rb"[0-9A-Za-z\x80-\xff]+")
_CHARACTER = re.compile(rb"[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*")


class TextPreparation(Value):
    """See `inputs.preparation.Preparation`. unit : of a gram. shortest, longest : units of a gram.

    length : grams of a text that are read. buckets : the numbers that a gram can become, and 0. max_bytes : of a text.
    """

    unit: str
    shortest: int
    longest: int
    buckets: int
    length: int
    lowercase: bool
    max_bytes: int

    @property
    def name(self) -> str:
        return "text"

    @property
    def element(self) -> str:
        return "int64"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.length,)

    @property
    def rows_a_run(self) -> int:
        return 0

    def prepare(self, value: Any) -> bytes:
        """The hashes of a text as int64, padded with 0. Raises Unfit."""
        raw = self._utf8(value)
        if native.NATIVE is None:
            return reference(self, raw)
        row: bytes = native.NATIVE.hash_grams(
            raw, self.unit == CHARACTERS, self.shortest, self.longest, self.buckets, self.length, self.lowercase
        )
        return row

    def alone(self, value: str) -> bytes:
        return value.encode("utf-8", "surrogatepass")

    def written(self) -> list[dict[str, Any]]:
        return [
            {
                "name": NAME, "version": VERSION, "unit": self.unit, "grams": [self.shortest, self.longest],
                "buckets": self.buckets, "length": self.length, "lowercase": self.lowercase,
                "max_bytes": self.max_bytes,
            }
        ]  # fmt: skip

    def schema(self) -> dict[str, Any]:
        """A text that no character of four bytes makes too long."""
        return {
            "type": "string",
            "maxLength": self.max_bytes // 4,
            "description": f"A text of up to {self.max_bytes} bytes of UTF-8.",
        }

    def _utf8(self, value: Any) -> bytes:
        if type(value) is str:
            try:
                raw = value.encode()
            except UnicodeEncodeError:
                raise Unfit(Code.INVALID_UTF8, "expected a text, got half of a surrogate pair in it") from None
        elif type(value) is bytes:
            raw = value
            try:
                raw.decode()
            except UnicodeDecodeError:
                raise Unfit(Code.INVALID_UTF8, "expected a text in UTF-8") from None
        elif value is None:
            raise Unfit(Code.MISSING_FEATURE, "expected a text")
        else:
            raise Unfit(Code.WRONG_TYPE, "expected a text")
        if len(raw) > self.max_bytes:
            raise Unfit(Code.INPUT_TOO_LARGE, f"expected up to {self.max_bytes} bytes of UTF-8, got {len(raw)}")
        return raw


def read(steps: Steps) -> TextPreparation:
    """Raises PreparationInvalid."""
    step = Step(steps, NAME, VERSION)
    unit = step.one_of("unit", UNITS)
    shortest, longest = step.integers("grams", 2, 1, MAX_GRAM)
    if shortest > longest:
        raise PreparationInvalid(f"grams: expected the shortest first, got {shortest} and {longest}")
    found = TextPreparation(
        unit,
        shortest,
        longest,
        step.integer("buckets", 2, MAX_BUCKETS),
        step.integer("length", 1, MAX_LENGTH),
        step.boolean("lowercase", default=True),
        step.integer("max_bytes", 1, MAX_BYTES, 1 << 16),
    )
    step.end()
    return found


def reference(how: TextPreparation, text: bytes) -> bytes:
    """The row of a text in UTF-8: int64, `length` numbers."""
    row = array("q", bytes(8 * how.length))
    for place, gram in zip(range(how.length), _grams(how, text), strict=False):
        row[place] = 1 + crc32(gram) % (how.buckets - 1)
    return row.tobytes()


def _grams(how: TextPreparation, text: bytes) -> Iterator[bytes]:
    """From the first unit on those that begin with it, the shortest first.

    Characters are those of the words, with one space before, between and after them.
    """
    units: list[bytes] = _WORD.findall(text.lower() if how.lowercase else text)  # of bytes only ASCII is lowered
    between = b" "
    if how.unit == CHARACTERS and units:
        units, between = _CHARACTER.findall(b" " + b" ".join(units) + b" "), b""
    for first in range(len(units)):
        for end in range(first + how.shortest, min(first + how.longest, len(units)) + 1):
            yield between.join(units[first:end])
