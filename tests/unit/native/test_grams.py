"""Texts in C as in Python, bit for bit: the reference is `inputs.text.reference`."""

import random
import time
from typing import Any

import pytest

from inputs import text
from inputs.text import TextPreparation
from tests import scale

# Bytes and characters at the borders of what is a word, and of the lengths of UTF-8.
PIECES = [
    "a", "Z", "0", "9", "/", ":", "@", "[", "`", "{", " ", "\t", "\n", "\0", ".", "é", "ß", "\x7f", "\x80", "\u07ff",
    "\u0800", "\u0301", "日", "。", "\uffff", "\U00010000", "👋", "\U0010ffff", "word", "Word", "  ", "",
]  # fmt: skip


def rules(pick: random.Random) -> TextPreparation:
    shortest = pick.randint(1, 4)
    return TextPreparation(
        pick.choice(text.UNITS),
        shortest,
        pick.randint(shortest, 8),
        pick.choice([2, 3, 1000, 1 << 15, 1 << 24]),
        pick.choice([1, 2, 7, 64, 512]),
        pick.random() < 0.5,
        1 << 20,
    )


def in_c(native: Any, how: TextPreparation, raw: bytes) -> bytes:
    found: bytes = native.hash_grams(
        raw, how.unit == text.CHARACTERS, how.shortest, how.longest, how.buckets, how.length, how.lowercase
    )
    return found


@pytest.mark.long
def test_every_text_has_the_same_row_in_c(native: Any) -> None:
    pick = random.Random(7)
    for _ in range(scale.FUZZED_TEXTS):
        how = rules(pick)
        raw = "".join(pick.choices(PIECES, k=pick.randint(0, 40))).encode()
        assert in_c(native, how, raw) == text.reference(how, raw), (how, raw)


@pytest.mark.parametrize(
    "raw", [b"", b" ", b"a", b"a ", b" a", b"\xff\x80\x80", b"\x80", b"a" * 100_000, b"a " * 100_000]
)
@pytest.mark.parametrize("unit", text.UNITS)
def test_texts_at_the_borders(native: Any, raw: bytes, unit: str) -> None:
    """Among them bytes that are no UTF-8, which come to nobody's harm: no text has them."""
    how = TextPreparation(unit, 1, 8, 1000, 16, True, 1 << 20)
    row = in_c(native, how, raw)
    assert len(row) == 16 * 8
    if unit == text.WORDS or raw.isascii():
        assert row == text.reference(how, raw)


BOUNDS = [
    (0, 1, 10, 8),
    (2, 1, 10, 8),
    (1, 65, 10, 8),
    (1, 1, 1, 8),
    (1, 1, 10, 0),
    (1, 1, 10, -1),
    (1, 1, 10, 1 << 21),
]


@pytest.mark.parametrize(("shortest", "longest", "buckets", "length"), BOUNDS)
def test_rules_out_of_bounds_are_refused(native: Any, shortest: int, longest: int, buckets: int, length: int) -> None:
    with pytest.raises(ValueError, match="expected grams of 1 to 64 units"):
        native.hash_grams(b"a", False, shortest, longest, buckets, length, True)


def test_a_text_takes_as_long_as_it_is_and_no_longer(native: Any) -> None:
    """Of a text beyond the row only the words are found: a megabyte in CPU time of a few milliseconds."""
    how = TextPreparation("words", 1, 8, 1 << 15, 512, True, 1 << 20)
    slowest = {}
    for name, raw in {
        "words": b"ab " * 349_525,
        "one": b"x" * (1 << 20),
        "marks": "\u0301".encode() * (1 << 19),
    }.items():
        began = time.thread_time()
        in_c(native, how, raw)
        slowest[name] = time.thread_time() - began
    assert max(slowest.values()) < 1.0, slowest
