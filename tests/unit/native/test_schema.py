"""One row for each rule of the schema: what the native decoder takes, and what it leaves to the exact path."""

import gc
import json
import struct
from types import ModuleType
from typing import Any

import pytest

from model_store.feature import Feature
from tests.fuzz.native.judge import Judge, Places

pytestmark = pytest.mark.usefixtures("native")

FEATURES = (
    Feature("pages", "int", allow_missing=False),
    Feature("spend", "float"),
    Feature("returning", "bool"),
    Feature("device", "category", categories=("desktop", "mobile", "täblet")),
    Feature("referrer", "category", categories=("ads", "search"), unknown_category="missing"),
)
SPECS = [(f.key, f.type, f.allow_missing, f.categories, f.unknown_category == "missing") for f in FEATURES]


def event(features: str, rest: str = "") -> bytes:
    return f'{{"event_id":"e-1",{rest}"features":{{{features}}}}}'.encode()


PRINTABLE = bytes(byte for byte in range(0x20, 0x7F) if byte not in b'"\\')
ORDINARY = {
    "all members": event('"pages":3,"spend":1.5,"returning":true,"device":"mobile","referrer":"ads"'),
    "in another order": b'{"features":{"referrer":"ads","spend":1.5,"pages":3},"event_id":"e-1"}',
    "white space": b' {\n"event_id" :\t"e-1" , "features": { "pages" : 3 } }\r\n',
    "nothing but what must be": event('"pages":0'),
    "null for what may be missing": event('"pages":3,"spend":null,"device":null,"referrer":null,"returning":null'),
    "an int as a float": event('"pages":3.0,"spend":7'),
    "minus zero as an int and as a float": event('"pages":-0,"spend":-0.0'),
    "an int with an exponent": event('"pages":12e2'),
    "a number with 17 digits": event('"pages":3,"spend":0.30000000000000004'),
    "an int of 19 digits": event('"pages":9223372036854775807'),
    "rounded twice, by way of a double": event('"pages":3,"spend":1.00000005960464477545'[:-3]),
    "below float32": event('"pages":3,"spend":1e-46'),
    "the largest float32": event('"pages":3,"spend":3.4028235e38'),
    "a category beyond ASCII": event('"pages":3,"device":"täblet"'),
    "an unknown category that is missing": event('"pages":3,"referrer":"é"'),
    "members that the manifest does not know": event('"pages":3,"x":1,"y":"é","":null,"z":1e999', '"at":"now",'),
    "nested members that the manifest does not know": event('"pages":3,"x":[1,{"a":{"a":[]}},{}]', '"o":{"pages":1},'),
    "the same names in other objects": event('"pages":3,"event_id":"x","features":1', '"pages":2,'),
    "an empty id": b'{"event_id":"","features":{"pages":1}}',
    "an id of all that is printable": b'{"event_id":"%s","features":{"pages":1}}' % PRINTABLE,
}
UNUSUAL = {
    "escape in an id": b'{"event_id":"\\u0065","features":{"pages":1}}',
    "an id beyond ASCII": '{"event_id":"é","features":{"pages":1}}'.encode(),
    "DEL in an id": b'{"event_id":"\x7f","features":{"pages":1}}',
    "escape in a name": event('"p\\u0061ges":1'),
    "an int of 20 digits": event('"pages":18446744073709551616'),
    "half-way between two doubles": event('"pages":1,"spend":4503599627370496.5'),
    "more unknown members than are compared": event('"pages":1,' + ",".join(f'"x{i}":1' for i in range(80))),
    "nested too deep": event('"pages":1,"x":' + "[" * 40 + "]" * 40),
}
FAULTY = {
    "nothing": b"",
    "white space alone": b"  ",
    "an array": b"[]",
    "a string": b'"e"',
    "two objects": b"{}{}",
    "no id": b'{"features":{"pages":1}}',
    "no features": b'{"event_id":"e"}',
    "an id that is a number": b'{"event_id":1,"features":{"pages":1}}',
    "features that are null": b'{"event_id":"e","features":null}',
    "a byte order mark": b"\xef\xbb\xbf" + event('"pages":1'),
    "a missing feature": event('"spend":1'),
    "null for a feature that must be": event('"pages":null'),
    "3.5 for an int": event('"pages":3.5'),
    "a text for a number": event('"pages":"3"'),
    "true for a number": event('"pages":true'),
    "1 for a bool": event('"pages":1,"returning":1'),
    "an unknown category": event('"pages":1,"device":"phone"'),
    "a number for a category": event('"pages":1,"device":0'),
    "beyond float32": event('"pages":1,"spend":3.4028236e38'),
    "an int beyond float32": event('"pages":1' + "0" * 39),
    "beyond a double": event('"pages":1,"spend":1e999'),
    "NaN": event('"pages":1,"spend":NaN'),
    "a leading zero": event('"pages":01'),
    "no digit after the point": event('"pages":1.'),
    "no digit before it": event('"pages":.5'),
    "a plus": event('"pages":+1'),
    "no exponent": event('"pages":1e'),
    "a trailing comma": event('"pages":1,'),
    "no colon": event('"pages" 1'),
    "no comma": event('"pages":1 "spend":2'),
    "a word cut off": event('"pages":1,"returning":tru'),
    "twice the same feature": event('"pages":1,"pages":1'),
    "twice, once null": event('"pages":1,"spend":null,"spend":null'),
    "twice the same id": event('"pages":1', '"event_id":"e",'),
    "twice the features": event('"pages":1', '"features":{"pages":1},'),
    "twice an unknown member": event('"pages":1,"x":1,"x":2'),
    "twice at the top": event('"pages":1', '"o":1,"o":2,'),
    "twice in an unknown member": event('"pages":1,"x":[{"a":1,"a":1}]'),
    "a control character": event('"pages":1,"x":"\t"'),
    "not UTF-8 where nobody asks": event('"pages":1,"x":"?"').replace(b"?", b"\xed\xa0\x80"),
    "cut off": event('"pages":1')[:-1],
    "an int of 5,000 digits where nobody asks": event('"pages":1,"x":' + "1" * 5000),
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(FEATURES)


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_event_gives_the_row_of_the_exact_path(judge: Judge, name: str) -> None:
    exact = judge.exact(ORDINARY[name])
    assert exact is not None
    assert judge.native(ORDINARY[name]) == exact


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_event_is_left_to_the_exact_path(judge: Judge, name: str) -> None:
    assert judge.exact(UNUSUAL[name]) is not None
    assert judge.native(UNUSUAL[name]) is None


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_event_is_left_to_the_exact_path(judge: Judge, name: str) -> None:
    assert judge.exact(FAULTY[name]) is None
    assert judge.native(FAULTY[name]) is None


@pytest.mark.parametrize("end", range(len(ORDINARY["all members"])))
def test_an_event_that_is_cut_off_is_left_to_the_exact_path(judge: Judge, end: int) -> None:
    assert judge.native(ORDINARY["all members"][:end]) is None


DEEP = tuple("abcdefghijklmno")


@pytest.mark.parametrize(
    ("event_id", "features", "payload"),
    [
        (("event_id",), (), {"event_id": "e", "pages": 1, "x": 2}),
        (("id",), ("a", "b"), {"a": {"x": 1, "b": {"pages": 1, "x": 2}}, "id": "e"}),
        (("a", "b", "id"), ("a", "b"), {"a": {"b": {"id": "e", "pages": 1, "x": 1}}}),
        (("a", "b", "id"), ("a",), {"a": {"b": {"id": "e", "x": 1}, "pages": 1, "x": 1}}),
        (("meta", "id"), (), {"meta": {"id": "e", "y": 1}, "pages": 1, "x": 1}),
    ],
)
def test_paths_of_all_kinds(event_id: tuple[str, ...], features: tuple[str, ...], payload: dict[str, Any]) -> None:
    judge, text = Judge(FEATURES, Places(event_id, features)), json.dumps(payload).encode()
    row = judge.native(text)
    assert row is not None
    assert row == judge.exact(text)


def test_a_path_of_fifteen_names_is_followed_and_a_longer_one_left_to_the_exact_path() -> None:
    inner: dict[str, Any] = {"pages": 1}
    for name in reversed(DEEP):
        inner = {name: inner}
    text = json.dumps(inner | {"event_id": "e"}).encode()
    judge = Judge(FEATURES, Places(("event_id",), DEEP))
    assert judge.native(text) == judge.exact(text) is not None
    judge, text = Judge(FEATURES, Places(("event_id",), ("z", *DEEP))), b'{"event_id":"e","z":' + text + b"}"
    assert judge.exact(text) is not None
    assert judge.native(text) is None


@pytest.mark.parametrize("paths", [Places(("pages",), ()), Places(("a",), ("a", "b")), Places(("a", "b"), ("a", "b"))])
def test_a_manifest_that_wants_one_member_to_be_two_things_takes_nothing(paths: Places) -> None:
    judge = Judge([Feature("pages", "category", categories=("e",))], paths)
    for payload in (b'{"pages":"e"}', b'{"a":{"b":{"pages":"e"}}}', b'{"a":"e"}'):
        assert judge.native(payload) is None


@pytest.mark.parametrize("name", ['a":1,"b', "b\\", "\n", "\ud800"])
def test_a_name_that_needs_escapes_is_never_met(name: str) -> None:
    judge = Judge([Feature(name, "float"), Feature("b", "float")])
    plain = b'{"event_id":"e","features":{"a":1,"b":1}}'
    escaped = json.dumps({"event_id": "e", "features": {name: 1}}).encode()
    assert judge.native(plain) == judge.exact(plain) is not None
    assert judge.exact(escaped) is not None
    assert judge.native(escaped) is None


def test_no_bytes_stand_for_a_name_that_needs_escapes() -> None:
    judge = Judge([Feature('"' + "x" * 13, "float")])
    for byte in range(256):
        payload = b'{"event_id":"e","features":{' + bytes([byte]) * 16 + b":1}}"
        assert judge.native(payload) == judge.exact(payload) is None


def test_a_row_has_the_bits_of_the_matrix_in_python(native: ModuleType) -> None:
    schema = native.Schema(["event_id"], ["features"], SPECS)
    assert schema.columns == len(FEATURES)
    found = schema.decode(bytearray(ORDINARY["all members"]))
    assert found == ("e-1", struct.pack("=5f", 3.0, 1.5, 1.0, 1.0, 0.0), 0)
    assert [type(part) for part in found] == [str, bytes, int]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([], ["features"], SPECS), ValueError),
        ((["id"], ["features"], [("a", "text", True, (), False)]), ValueError),
        ((["id"], ["features"], ["a"]), TypeError),
        ((["id"], ["features"], [("a", "float")]), TypeError),
        ((["id"], ["features"], [("a", "category", True, [1], False)]), TypeError),
        (([1], ["features"], SPECS), TypeError),
        ((["id"], None, SPECS), TypeError),
        ((["id"], ["features"], 7), TypeError),
    ],
)
def test_arguments_of_another_kind_are_refused(native: ModuleType, arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        native.Schema(*arguments)


def test_a_payload_must_be_bytes(native: ModuleType) -> None:
    with pytest.raises(TypeError):
        native.Schema(["id"], [], SPECS).decode("{}")


def test_a_schema_keeps_no_arguments(native: ModuleType) -> None:
    names = ["event_id" + str(len(SPECS))]
    schema = native.Schema(names, ["features"], SPECS)
    names.clear()
    gc.collect()
    assert schema.decode(b'{"event_id5":"e","features":{"pages":1}}') is not None
