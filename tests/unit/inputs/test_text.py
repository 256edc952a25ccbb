"""Texts become rows of hashes: the definition, its bounds, and what it refuses."""

import struct
from typing import Any
from zlib import crc32

import pytest

from inputs import PreparationInvalid, text
from inputs.text import TextPreparation
from records.faults import Code, Unfit


def prepared(value: Any, **members: Any) -> list[int]:
    step = {"name": "hashed-grams", "version": 1, "unit": "words", "grams": [1, 1], "buckets": 1000, "length": 8}
    how = text.read([step | members])
    row = how.prepare(value)
    assert len(row) == 8 * how.length
    return list(struct.unpack(f"={how.length}q", row))


def hashes(*grams: bytes, length: int = 8, buckets: int = 1000) -> list[int]:
    found = [1 + crc32(gram) % (buckets - 1) for gram in grams]
    return found + [0] * (length - len(found))


WORDS = [
    ("Win a PRIZE, now!", {}, (b"win", b"a", b"prize", b"now")),
    ("Win", {"lowercase": False}, (b"Win",)),
    ("a b c", {"grams": [1, 2]}, (b"a", b"a b", b"b", b"b c", b"c")),
    ("a, b -- c", {"grams": [2, 3]}, (b"a b", b"a b c", b"b c")),
    ("", {}, ()),
    ("?!\t\r\n\0", {}, ()),
    ("ÄRGER", {}, ("ÄrgER".replace("r", "R").encode().lower(),)),
    ("e\u0301 日本。語", {}, ("e\u0301".encode(), "日本。語".encode())),
    ("ab", {"unit": "characters", "grams": [2, 3]}, (b" a", b" ab", b"ab", b"ab ", b"b ")),
    ("é👋", {"unit": "characters"}, (b" ", "é".encode(), "👋".encode(), b" ")),
    ("..", {"unit": "characters"}, ()),
    (b"by bytes", {}, (b"by", b"bytes")),
]


@pytest.mark.parametrize(("value", "members", "grams"), WORDS, ids=[repr(case[0]) for case in WORDS])
def test_what_a_text_becomes(value: str, members: Any, grams: Any) -> None:
    assert prepared(value, **members) == hashes(*grams)


def test_what_is_beyond_the_length_is_not_read() -> None:
    assert prepared("a b c d", length=2) == hashes(b"a", b"b", length=2)
    assert prepared("a b c d", grams=[1, 2], length=3) == hashes(b"a", b"a b", b"b", length=3)


def test_no_gram_becomes_padding() -> None:
    assert set(prepared("a b c d e f", buckets=2)) == {0, 1}


REFUSED = [
    (None, Code.MISSING_FEATURE),
    (3, Code.WRONG_TYPE),
    (["a"], Code.WRONG_TYPE),
    (True, Code.WRONG_TYPE),
    ("private \ud83d words", Code.INVALID_UTF8),
    (["private"], Code.WRONG_TYPE),
    (b"\xff\xfe", Code.INVALID_UTF8),
    (b"\xed\xa0\x80", Code.INVALID_UTF8),
    ("private " * 8_193, Code.INPUT_TOO_LARGE),
    ("é" * 32_769, Code.INPUT_TOO_LARGE),
]


@pytest.mark.parametrize(("value", "code"), REFUSED, ids=lambda value: repr(value)[:20])
def test_what_is_no_text_is_refused_with_a_code_and_without_its_words(value: Any, code: Code) -> None:
    with pytest.raises(Unfit) as caught:
        prepared(value)
    assert caught.value.code == code
    assert "private" not in caught.value.detail


ADVERSARIAL = {
    "one word of a megabyte": "x" * (1 << 20),
    "a megabyte of words": "ab " * ((1 << 20) // 3),
    "a megabyte of separators": "." * (1 << 20),
    "combining marks": "a" + "\u0301" * 500_000,
    "the longest characters": "\U0010ffff" * (1 << 18),
    "nulls": "\0a" * (1 << 19),
}


@pytest.mark.parametrize("value", ADVERSARIAL.values(), ids=ADVERSARIAL)
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_the_largest_texts_have_rows_of_the_same_size(value: str, unit: str) -> None:
    row = prepared(value, unit=unit, grams=[1, 3], max_bytes=1 << 20)
    assert all(0 <= number < 1000 for number in row)


INVALID: list[tuple[Any, str]] = [
    ([], "one step"),
    ([{}, {}], "one step"),
    (["lowercase"], "one step"),
    ([{"name": "hashed-grams", "version": 2}], "version 1, got 'hashed-grams' of 2"),
    ([{"name": "hashed-grams", "version": True}], "version 1"),
    ([{"name": "stemmed", "version": 1}], "hashed-grams of version 1"),
]
MEMBERS: list[tuple[dict[str, Any], str]] = [
    ({"unit": "syllables"}, "unit: expected one of words, characters"),
    ({"grams": [2, 1]}, "grams: expected the shortest first"),
    ({"grams": [0, 1]}, "grams: expected an integer from 1 to 8"),
    ({"grams": [1]}, "grams: expected an array of 2"),
    ({"grams": 1}, "grams: expected an array of 2"),
    ({"buckets": 1}, "buckets: expected an integer from 2"),
    ({"buckets": 1 << 25}, "buckets: expected"),
    ({"buckets": 10.0}, "buckets: expected"),
    ({"length": 0}, "length: expected"),
    ({"length": True}, "length: expected"),
    ({"lowercase": 1}, "lowercase: expected true or false"),
    ({"max_bytes": 1 << 21}, "max_bytes: expected"),
    ({"stop_words": []}, "'stop_words': unknown member"),
]


@pytest.mark.parametrize(("steps", "message"), INVALID, ids=str)
def test_a_step_that_is_unknown_is_refused(steps: Any, message: str) -> None:
    with pytest.raises(PreparationInvalid, match=message):
        text.read(steps)


@pytest.mark.parametrize(("members", "message"), MEMBERS, ids=str)
def test_a_member_that_is_wrong_is_refused(members: Any, message: str) -> None:
    with pytest.raises(PreparationInvalid, match=message):
        prepared("a", **members)


def test_what_is_written_is_read_again() -> None:
    how = TextPreparation("characters", 1, 4, 1 << 15, 512, False, 1000)
    assert text.read(how.written()) == how
