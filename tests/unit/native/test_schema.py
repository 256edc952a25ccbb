"""One row for each rule of the schema: what the native decoder takes, and what it leaves to the reference."""

import gc
import json
import struct
import time
from types import ModuleType
from typing import Any

import numpy as np
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
NONE = ((), 2**32 - 1, 2**32 - 1, 2**32 - 1)  # no scalars


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
    "escapes in an id": b'{"event_id":"\\u0065\\/\\n\\"\\\\\\ud83d\\ude00","features":{"pages":1}}',
    "a single surrogate in an id": b'{"event_id":"\\ud83dx\\ude00","features":{"pages":1}}',
    "an id beyond ASCII": '{"event_id":"é😀","features":{"pages":1}}'.encode(),
    "DEL in an id": b'{"event_id":"\x7f","features":{"pages":1}}',
    "escape in a name": event('"p\\u0061ges":1'),
    "escapes in names that are not known": event('"pages":1,"\\u0061":1,"\\"":2,"\\ud800":3', '"\\/":1,'),
    "escapes in values that are not used": event('"pages":1,"x":"\\u00fc\\n\\ud800"', '"at":["\\\\",{"\\b":"\\t"}],'),
    "escapes in a category": event('"pages":1,"device":"m\\u006fbile"'),
    "escapes for a category beyond ASCII": event('"pages":1,"device":"t\\u00e4blet"'),
    "an int of 20 digits": event('"pages":18446744073709551616'),
    "an int of 4,300 digits where nobody asks": event('"pages":1,"x":' + "1" * 4300),
    "a float of 9,000 digits where nobody asks": event('"pages":1,"x":1.' + "1" * 9000),
    "half-way between two doubles": event('"pages":1,"spend":4503599627370496.5'),
    "1,000 members": event('"pages":1,' + ",".join(f'"x{i}":1' for i in range(1_000))),
    "1,000 levels": event('"pages":1,"x":' + "[" * 998 + "]" * 998),
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
    "an int of 4,301 digits where nobody asks": event('"pages":1,"x":' + "1" * 4301),
    "1,001 levels": event('"pages":1,"x":' + "[" * 999 + "]" * 999),
    "twice the same name, once with an escape": event('"pages":1,"a":1,"\\u0061":2'),
    "twice a known name, once with an escape": event('"pages":1,"p\\u0061ges":2'),
    "twice among many": event('"pages":1,' + ",".join(f'"x{i % 999}":1' for i in range(1_000))),
    "an escape that is none": event('"pages":1,"x":"\\x"'),
    "half an escape": event('"pages":1,"x":"\\u12"'),
    "an escape with another digit": event('"pages":1,"x":"\\u12g4"'),
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(FEATURES)


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_event_gives_the_row_of_the_exact_path(judge: Judge, name: str) -> None:
    exact = judge.exact(ORDINARY[name])
    assert exact is not None
    assert judge.native(ORDINARY[name]) == exact


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


@pytest.mark.parametrize("path", [DEEP, ("z", *DEEP), ("z",) * 900])
def test_a_path_of_any_number_of_names_is_followed(path: tuple[str, ...]) -> None:
    text = '{"pages":1}'
    for name in reversed(path):
        text = f'{{"{name}":{text}}}'
    payload = f'{{"event_id":"e",{text[1:]}'.encode()
    judge = Judge(FEATURES, Places(("event_id",), path))
    assert judge.native(payload) == judge.exact(payload) is not None


@pytest.mark.parametrize("paths", [Places(("pages",), ()), Places(("a",), ("a", "b")), Places(("a", "b"), ("a", "b"))])
def test_a_manifest_that_wants_one_member_to_be_two_things(paths: Places) -> None:
    judge = Judge([Feature("pages", "category", categories=("e",))], paths)
    taken = 0
    for payload in (b'{"pages":"e"}', b'{"a":{"b":{"pages":"e"}}}', b'{"a":"e"}', b'{"a":{"b":"e"}}'):
        assert judge.native(payload) == judge.exact(payload)
        taken += judge.native(payload) is not None
    assert taken == (paths.event_id == ("pages",))


@pytest.mark.parametrize("name", ['a":1,"b', "b\\", "\n", "\ud800"])
def test_a_name_that_needs_escapes_is_met_with_them_only(name: str) -> None:
    judge = Judge([Feature(name, "float"), Feature("b", "float")])
    plain = b'{"event_id":"e","features":{"a":1,"b":1}}'
    escaped = json.dumps({"event_id": "e", "features": {name: 1}}).encode()
    assert judge.native(plain) == judge.exact(plain) is not None
    assert judge.native(escaped) == judge.exact(escaped) is not None


def test_no_bytes_stand_for_a_name_that_needs_escapes() -> None:
    judge = Judge([Feature('"' + "x" * 13, "float")])
    for byte in range(256):
        payload = b'{"event_id":"e","features":{' + bytes([byte]) * 16 + b":1}}"
        assert judge.native(payload) == judge.exact(payload) is None


SPECS = [
    ("pages", "int", False, False, False, 0, NONE, NONE, ()),
    ("x", "float", True, False, False, 1, NONE, NONE, ()),
]
HOLDERS = [(("features",), ("pages", "x"))]


def test_a_row_has_the_bits_of_the_matrix_in_python(native: ModuleType) -> None:
    schema = native.Schema(SPECS, HOLDERS, ["event_id"])
    assert schema.columns == len(SPECS)
    found = schema.decode(bytearray(event('"pages":3,"x":1.5,"y":0')))
    assert found == ('"e-1"', struct.pack("=2f", 3.0, 1.5), 1, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"event_id": []}, ValueError),
        ({"event_id": [1]}, TypeError),
        ({"event_id": 5}, TypeError),
        ({"features": 7}, TypeError),
        ({"features": ["a"]}, TypeError),
        ({"features": [("a", "float")]}, TypeError),
        ({"features": [("a", "text", *SPECS[0][2:])]}, ValueError),
        ({"features": [(*SPECS[0][:5], 2, NONE, NONE, ())]}, ValueError),
        ({"features": [(*SPECS[0][:5], -1, NONE, NONE, ())]}, ValueError),
        ({"features": [(*SPECS[0][:6], ((), 0), NONE, ())]}, TypeError),
        ({"features": [(*SPECS[0][:6], ([(3, b"", 0)], 0, 0, 0), NONE, ())]}, ValueError),
        ({"features": [(*SPECS[0][:6], ([(2, b"7 bytes", 0)], 0, 0, 0), NONE, ())]}, ValueError),
        ({"features": [(*SPECS[0][:6], ([(0, "text", 0)], 0, 0, 0), NONE, ())]}, TypeError),
        ({"features": [(*SPECS[0][:8], ["a"])]}, TypeError),
        ({"holders": [("a",)]}, TypeError),
        ({"holders": [(("a",), (1,))]}, TypeError),
        ({"holders": []}, ValueError),
        ({"format": "xml"}, ValueError),
        ({"unwrap": "zip"}, ValueError),
        ({"rules": [((), NONE)]}, ValueError),
        ({"rules": [(("a",), 5)]}, TypeError),
        ({"passthrough": [(("a",), 5)]}, TypeError),
    ],
)
def test_arguments_of_another_kind_are_refused(native: ModuleType, changes: Any, error: type[Exception]) -> None:
    arguments = {"features": SPECS, "holders": HOLDERS, "event_id": ["id"]}
    native.Schema(**arguments)
    with pytest.raises(error):
        native.Schema(**arguments | changes)


def test_a_payload_must_be_bytes(native: ModuleType) -> None:
    with pytest.raises(TypeError):
        native.Schema(SPECS, HOLDERS).decode("{}")


def test_a_schema_keeps_no_arguments(native: ModuleType) -> None:
    names = ["event_id" + str(len(SPECS))]
    schema = native.Schema(SPECS, HOLDERS, names)
    names.clear()
    gc.collect()
    assert schema.decode(b'{"event_id2":"e","features":{"pages":1}}') is not None


def test_names_that_collide_are_compared_in_time(native: ModuleType) -> None:
    """Of the engine's hash anyone can find collisions; an object of thousands takes no longer than one of others."""
    names = hostile(1 << 14)
    judge = Judge(FEATURES)
    members = b",".join(b"%s:0" % name for name in names)
    payload = event('"pages":1', '"x":{?},').replace(b"?", members)
    start = time.process_time()
    assert judge.native(payload) == judge.exact(payload) is not None
    twice = payload.replace(b"%s:0" % names[7], b"%s:0" % names[-1])
    assert judge.native(twice) is judge.exact(twice) is None
    assert time.process_time() - start < 20  # quadratic, it would be minutes under a sanitizer


def hostile(count: int) -> list[bytes]:
    """JSON names of 16 bytes and of one hash (hash.h): the last eight undo what the first eight did."""
    random = np.random.default_rng(1)
    first = random.integers(ord("a"), ord("z") + 1, (1 << 23, 8), dtype=np.uint8)
    last = mixed(first.view(np.uint64)[:, 0] ^ np.uint64(16)) ^ np.uint64(0x0101010101010101)
    plain = (last & np.uint64(0x8080808080808080)) == 0
    texts = np.column_stack((first.view(np.uint64)[:, 0], last))[plain][:count].copy().view(np.uint8)
    assert len(texts) == count
    return [json.dumps(bytes(text).decode("ascii")).encode() for text in texts]


def mixed(sums: Any) -> Any:
    """hash_mix: the halves of the product with a constant."""
    low, high, half = np.uint64(0x7F4A7C15), np.uint64(0x9E3779B9), np.uint64(32)
    bottom, top = sums & np.uint64(0xFFFFFFFF), sums >> half
    middle = top * low + (bottom * low >> half)
    other = bottom * high + (middle & np.uint64(0xFFFFFFFF))
    upper = top * high + (middle >> half) + (other >> half)
    return sums * np.uint64(0x9E3779B97F4A7C15) ^ upper
