"""Forms of events beyond one object with all features, one row for each rule: the native decoder and the reference."""

import pytest

from model_store.event_format import EventFormat, IgnoreRule
from model_store.feature import Feature
from tests.fuzz.native.judge import IGNORED, Judge

pytestmark = pytest.mark.usefixtures("native")

TAKEN, FAULTY = True, False
BIG = ("9007199254740993", "9007199254740992", "1e400", "100000000000000000000", "1e23")


def floats(*paths: str) -> list[Feature]:
    return [Feature(path, "float", path) for path in paths]


PASSING = Judge(floats("/x"), None, EventFormat(None, passthrough=("/d", "/e~1f/0")))
ITEMS = Judge(floats("/rows/0", "/rows/1"), None, EventFormat("/ids/1"))
SHARED = Judge([*floats("/a"), Feature("b", "int", "/a"), *floats("/c/d", "/c/d/e")], None, EventFormat(None))
NUMBERS = Judge([Feature("a", "category", "/a", categories=BIG)], None, EventFormat(None))
TEXTS = Judge(
    [
        Feature("a", "category", "/a", categories=("3", "true", ".5"), accept_text=True, unknown_category="missing"),
        Feature("b", "bool", "/b", accept_text=True),
        Feature("c", "int", "/c", accept_text=True, missing_values=(-1,)),
    ],
    None,
    EventFormat(None),
)
IMAGES = Judge(floats("/x"), None, EventFormat(None, unwrap="dynamodb", ignore=(IgnoreRule("/x/N", ("7",)),)))
CLOUD = Judge(floats("/x"), None, EventFormat("/data/id", unwrap="cloudevents", passthrough=("/data_base64",)))


def test_members_that_pass_through() -> None:
    for depth in (1, 300, 505, 510):
        same(PASSING, f'{{"x":1,"d":{"[" * depth}{"]" * depth}}}', TAKEN if depth < 508 else FAULTY)
        same(PASSING, f'{{"x":1,"d":{'{"a":' * (depth // 4)}1{"}" * (depth // 4)}}}', TAKEN)


@pytest.mark.parametrize(
    ("judge", "event", "taken"),
    [
        (PASSING, '{"x":1,"d":{"\\ud800x":"\\udc00\\ud83d\\ude00é","\\/":1E5}}', TAKEN),
        (PASSING, '{"x":1,"d":-0,"e/f":[-0.0,2]}', TAKEN),
        (PASSING, '{"x":1,"e\\/f":{"0":{}}}', TAKEN),
        (PASSING, f'{{"x":1,"d":{"1" * 1018}}}', TAKEN),
        (PASSING, f'{{"x":1,"d":{"1" * 1019}}}', FAULTY),
        (PASSING, f'{{"x":1,"d":"{"é" * 169}"}}', TAKEN),
        (PASSING, f'{{"x":1,"d":"{"é" * 170}"}}', FAULTY),
        (PASSING, '{"x":1,"d":[1e400]}', FAULTY),
        (ITEMS, '{"ids":["a","b"],"rows":[1,2,3]}', TAKEN),
        (ITEMS, '{"ids":{"1":"b"},"rows":{"0":1,"1":2,"x":1}}', TAKEN),
        (ITEMS, '{"ids":["a","b"],"rows":[null]}', TAKEN),
        (ITEMS, '{"ids":["a","b"],"rows":[]}', FAULTY),
        (ITEMS, '{"ids":["a"],"rows":[1]}', FAULTY),
        (SHARED, '{"a":3}', TAKEN),
        (SHARED, '{"a":3,"c":{"d":null}}', TAKEN),
        (SHARED, '{"a":3,"c":{"d":1}}', FAULTY),
        (SHARED, '{"a":3,"c":{"d":{"e":1}}}', FAULTY),
        (SHARED, '{"a":3.5}', FAULTY),
        *[(NUMBERS, f'{{"a":{number}}}', TAKEN) for number in (*BIG, "9007199254740993.0", "1E+23", '"1e400"')],
        (NUMBERS, '{"a":99999999999999991611392}', TAKEN),
        (NUMBERS, '{"a":100000000000000000000000}', FAULTY),
        (NUMBERS, '{"a":true}', FAULTY),
        *[(TEXTS, f'{{"a":"{text}"}}', TAKEN) for text in ("3.", "+3", "003", "0.5", "TRUE", "True ", "", "+-3", "x")],
        *[(TEXTS, f'{{"b":{value}}}', TAKEN) for value in ("0", "-0.0", "1e0", '"FALSE"', '"1"', "true")],
        *[(TEXTS, f'{{"b":{value}}}', FAULTY) for value in ("2", '"2"', '"yes"', "0.5", "[]")],
        *[(TEXTS, f'{{"c":{value}}}', TAKEN) for value in ('"3"', '"3e2"', '"-1"', "-1.0", '"\\u0033"')],
        *[(TEXTS, f'{{"c":{value}}}', FAULTY) for value in ('"3.5"', '" 3"', '"03"', '""', '"1e999"')],
        (IMAGES, '{"x":{"N":"3.\\u0034"},"y":{"L":[{"M":{"a":{"BS":["eA=="]}}},{"NULL":[1]}]}}', TAKEN),
        (IMAGES, '{"x":{"N":"1"},"y":{"N":"1_0"}}', FAULTY),
        (IMAGES, '{"x":{"N":"1"},"y":{"NS":["1",2]}}', FAULTY),
        (IMAGES, f'{{"x":{{"N":"1"}},"y":{'{"L":[' * 63}{{"S":""}}{"]}" * 63}}}', TAKEN),
        (IMAGES, f'{{"x":{{"N":"1"}},"y":{'{"L":[' * 64}{{"S":""}}{"]}" * 64}}}', FAULTY),
        (CLOUD, '{"specversion":"1.0","d\\u0061ta_base64":"eyJ4IjoxLCJpZCI6ImEifQ=="}', TAKEN),
        (CLOUD, '{"specversion":"1.0","data_base64":"eyJ4IjoxLCJpZCI6ImEifQ==","data":{}}', FAULTY),
        (CLOUD, '{"specversion":"1.0","data_base64":"eyJ4IjoxLCJ4IjoxfQ=="}', FAULTY),
    ],
)
def test_an_event_gives_the_row_of_the_reference(judge: Judge, event: str, taken: bool) -> None:
    same(judge, event, taken)


def test_a_rule_is_asked_of_what_was_sent_where_there_is_no_event() -> None:
    faulty = b'{"x":{"N":"7"},"y":5}'
    assert IMAGES.native(faulty) == IMAGES.exact(faulty) == IGNORED
    assert IMAGES.native(faulty.replace(b"5", b'{"S":""}')) not in (None, IGNORED)


def same(judge: Judge, event: str, taken: bool) -> None:
    row = judge.native(event.encode())
    assert row == judge.exact(event.encode())
    assert (row is not None) == taken, event
