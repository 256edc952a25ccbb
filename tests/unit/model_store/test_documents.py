import json

import pytest

from model_store.documents import Document, canonical, kind, parse
from model_store.errors import DocumentInvalid

DOCUMENT = Document({"text": "t", "number": 3, "yes": True, "items": ["a"], "inner": {"x": 1}, "null": None}, "it")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"null",
        b"\xff",
        '{"a": 1}'.encode("utf-16"),
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": ' + b"1" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a": 1, "a": 2}',
    ],
    ids=lambda raw: repr(raw)[:30],
)
def test_what_is_no_json_object_is_refused_by_name(raw):
    with pytest.raises(DocumentInvalid, match=r"^manifest: expected "):
        parse(raw, "manifest")


def test_a_member_has_exactly_its_type():
    assert DOCUMENT.get("text", str) == "t"
    assert DOCUMENT.get("number", int) == 3
    assert DOCUMENT.get("number", float) == 3.0
    assert type(DOCUMENT.get("number", float)) is float
    assert DOCUMENT.get("absent", str, "default") == "default"
    assert DOCUMENT.strings("items") == ("a",)
    assert DOCUMENT.child("inner").get("x", int) == 1
    assert DOCUMENT.section("absent").members == {}
    assert DOCUMENT.one_of("absent", ("a", "b"), "b") == "b"


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda d: d.get("text", int), "it.text: expected a number, got a string"),
        (lambda d: d.get("yes", int), "it.yes: expected a number, got true or false"),
        (lambda d: d.get("number", bool), "it.number: expected true or false, got a number"),
        (lambda d: d.get("null", str), "it.null: expected a string, got nothing"),
        (lambda d: d.get("absent", list), "it.absent: expected an array, got nothing"),
        (lambda d: d.get("items", dict), "it.items: expected an object, got an array"),
        (lambda d: d.child("text"), "it.text: expected an object, got a string"),
        (lambda d: d.child("inner").get("y", str), "it.inner.y: expected a string, got nothing"),
        (lambda d: d.children("items"), r"it.items\[0\]: expected an object, got a string"),
        (lambda d: Document({"i": [1]}, "it").strings("i"), "it.i: expected an array of strings"),
        (lambda d: d.one_of("text", ("a", "b")), "it.text: expected one of a, b, got 't'"),
        (lambda d: d.section("text"), "it.text: expected an object, got a string"),
        (lambda d: d.only(("text", "number")), "it.yes: unknown member: expected text, number"),
        (lambda d: d.optional("text", Document.of), "it.text: expected an object, got a string"),
        (lambda d: Document({"n": 10**400}, "it").get("n", float), "it.n: expected a number"),
    ],
)
def test_an_error_names_the_member_and_what_was_expected(read, message):
    with pytest.raises(DocumentInvalid, match=message):
        read(DOCUMENT)


@pytest.mark.parametrize("key", ["absent", "null"])
def test_an_optional_member_may_be_absent_or_null(key):
    assert DOCUMENT.optional(key, Document.of) is None


def test_canonical_is_one_text_for_one_value():
    assert canonical({"b": 1, "a": "ü"}) == canonical({"a": "ü", "b": 1}) == b'{\n  "a": "\\u00fc",\n  "b": 1\n}\n'
    assert json.loads(canonical(DOCUMENT.members)) == DOCUMENT.members


def test_canonical_has_no_nan():
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"a": float("nan")})


@pytest.mark.parametrize("value", [{}, [], "", True, None, 1, 1.5], ids=repr)
def test_every_json_type_has_a_name(value):
    assert kind(value)
