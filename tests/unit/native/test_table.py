"""Rows that do not come straight from an envelope, and how a table answers to what it cannot take."""

import gc
import json
import math
import resource
import subprocess
import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.predictions import event_id_text, source_text
from tests.fakes import envelopes, native_rows
from tests.fakes.native_rows import floats

ROW = floats(3, 12.5, math.nan, 1, 0)


def add(table, record, origin=0, data=None):
    payload = record.data if data is None else data
    return table.add(record.partition_key, record.prediction_id, source_text(record), payload, origin)


def add_row(table, record, event_id, row=ROW, ignored=0, origin=0, passthrough=""):
    place = (record.partition_key, record.prediction_id, source_text(record))
    table.add_row(*place, event_id_text(event_id), row, ignored, origin, passthrough)


@given(key=st.text(max_size=20), origin=st.integers(0, 2**62))
def test_a_record_gives_the_message_of_the_reference_implementation(native, key, origin):
    record, table = native_rows.record(key=key), native_rows.table(native)
    assert add(table, record, origin)
    (row,) = native_rows.rows(native, table)
    scores = array("f", [native_rows.score(origin)])
    assert row.key == key
    assert row.origin == origin
    assert row.body == native_rows.encoder().encode(record, "e-1", scores, native_rows.NOW)


@given(
    event_id=st.none() | st.integers() | st.text(st.characters() | st.characters(categories=["Cs"])),
    key=st.text(max_size=20),
    passthrough=st.sampled_from(["", "{}", '{"a":[1,"\\u00e9"]}']),
)
def test_a_row_of_the_reference_implementation_gives_its_message(native, event_id, key, passthrough):
    record, table = native_rows.record(key=key), native_rows.table(native)
    add_row(table, record, event_id, ignored=3, origin=5, passthrough=passthrough)
    (row,) = native_rows.rows(native, table)
    scores = array("f", [native_rows.score(5)])
    body = native_rows.encoder().encode(record, event_id, scores, native_rows.NOW, passthrough)
    assert row == (5, None, ROW, key, body)
    assert table.ignored_members == 3


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b'{"event_id":1,"features":{"pages":1}}', b"\xff"])
def test_what_the_reference_implementation_must_read_adds_nothing(native, data):
    table = native_rows.table(native)
    assert add(table, native_rows.record(), data=data) is False
    assert (table.rows, table.ignored_members, table.matrix()) == (0, 0, bytearray())
    assert add(table, native_rows.record())
    assert (table.rows, len(table.matrix())) == (1, len(ROW))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_payloads_and_rows_are_any_buffers(native, kind):
    table, record = native_rows.table(native), native_rows.record()
    assert add(table, record, data=kind(record.data))
    add_row(table, record, "e-1", row=kind(ROW))
    assert table.matrix()[len(ROW) :] == ROW


@pytest.mark.parametrize("row", [b"", ROW[:-1], ROW + b"\0", ROW * 2])
def test_a_row_of_another_size_is_refused(native, row):
    table = native_rows.table(native)
    with pytest.raises(ValueError, match="row: expected 5 float32"):
        add_row(table, native_rows.record(), "e-1", row=row)
    assert table.rows == 0


@pytest.mark.parametrize(("changes", "error"), [({"origin": -1}, "origin"), ({"ignored": -1}, "ignored")])
def test_counts_are_not_negative(native, changes, error):
    table = native_rows.table(native)
    with pytest.raises(ValueError, match=f"{error}: expected"):
        add_row(table, native_rows.record(), "e-1", **changes)
    assert table.rows == 0


@pytest.mark.parametrize("row", [-1, 1, 2**62])
def test_only_rows_that_are_there_have_an_origin(native, row):
    table = native_rows.table(native)
    assert add(table, native_rows.record())
    with pytest.raises(IndexError, match="expected one of 1 rows"):
        table.origin(row)


def test_a_key_with_a_single_surrogate_goes_where_keys_do_not_count(native):
    """No sink counts it as bytes, so the reference implementation fails with it, too; SNS and SQS send no keys."""
    table, messages = native_rows.table(native), native.Messages()
    assert add(table, native_rows.record(key="a\ud800"))
    request = (floats(1), 1, (), None, native_rows.SCORED_AT, native_rows.NO_LIMIT)
    with pytest.raises(ValueError, match="surrogates"):
        table.encode(*request, True, messages)
    assert table.encode(*request, False, messages) == ([], [])
    assert messages[0][0] == "a\ud800"


@pytest.mark.parametrize("schema", [None, 5, "x", native_rows])
def test_a_table_wants_a_schema(native, schema):
    with pytest.raises(TypeError, match="Schema"):
        native.Table(schema, "{}")


def test_a_table_keeps_its_schema_and_gives_it_back(native):
    schema = native.Schema([], [])
    before = sys.getrefcount(schema)
    tables = [native.Table(schema, "{}") for _ in range(100)]
    assert sys.getrefcount(schema) == before + 100
    del tables
    assert sys.getrefcount(schema) == before


def whole_way(native, raws):
    """All that batches go through, with an odd record in each, and what is refused on the way."""
    messages, table = native.Messages(), native_rows.table(native)
    for raw in raws:
        scanned = native_rows.scan(native, raw)
        start = native.take(scanned, 0, [table], 0.0, "model")
        native.take(scanned, start + 1, [table], 0.0, "model")
        assert len(scanned[start]) > 5
    add_row(table, native_rows.record(), "\ud800é")
    with pytest.raises(ValueError, match="scores"):
        table.encode(b"", 1, (), None, "", 0, True, messages)
    scores = table.matrix()[: 4 * table.rows]
    table.encode(scores, 1, ("no", "yes"), 0.5, native_rows.SCORED_AT, native_rows.NO_LIMIT, True, messages)
    for lane in messages.cut(range(len(messages)), 500, 1 << 20, True, 3):
        for call in lane:
            assert messages.put_records("arn", call)
    assert [message for message in messages if not message[1]] == []


def resident():
    """The memory that this process has, in kB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


def test_hundreds_of_batches_leave_nothing_behind(native):
    events = [envelopes.event(number) for number in range(20)]
    events[7] = "not base64"
    notifications = [envelopes.notification(event) for event in events]
    batches = envelopes.kinesis(*events), envelopes.sqs(*events), envelopes.sqs(*notifications)
    raws = [json.dumps(batch).encode() for batch in batches]
    for _ in range(50):
        whole_way(native, raws)
    gc.collect()
    before, kilobytes = [sys.getrefcount(raw) for raw in raws], resident()
    for _ in range(500):
        whole_way(native, raws)
    assert [sys.getrefcount(raw) for raw in raws] == before
    # A batch is 20 to 30 kB: one that is kept five hundred times would show. AddressSanitizer keeps them for a while.
    assert resident() - kilobytes < 3000 or "asan" in Path("/proc/self/maps").read_text()


SUBINTERPRETER = """
import sys
sys.path[:0] = {path!r}
import _interpreters
code = '''
import sys
sys.path[:0] = {path!r}
from native import NATIVE, MISSING
assert NATIVE, MISSING
none = ((), 2**32 - 1, 2**32 - 1, 2**32 - 1)
features = [("pages", "int", False, False, False, 0, none, none, ())]
schema = NATIVE.Schema(features, [(("features",), ("pages",))], ("event_id",))
table, messages = NATIVE.Table(schema, "{{}}"), NATIVE.Messages()
assert table.add("k", "id", "1", b'{{"event_id":"e","features":{{"pages":3}}}}', 0)
assert table.encode(table.matrix(), 1, (), None, "now", 999, True, messages) == ([], [])
assert messages[0][0] == "k", messages[0]
try:
    NATIVE.take([], 0, [schema], 0.0, "model")
except TypeError:
    pass
'''
exec(code)
for _ in range(3):
    interpreter = _interpreters.create("isolated")
    trouble = _interpreters.exec(interpreter, code)
    assert trouble is None, trouble.formatted
    _interpreters.destroy(interpreter)
exec(code)
print("as well")
"""


def test_it_works_in_interpreters_of_their_own(native):
    code = SUBINTERPRETER.format(path=[str(Path(native.__file__).parents[1])])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("as well\n", "")
