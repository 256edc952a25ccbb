"""Ordinary Kinesis records become rows in C, exactly those of the exact path; at all others `take` stops."""

import base64
import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import envelopes, native_rows

EVENT = envelopes.event()

# What may stand where a text, a number or an object is expected.
ODD = (
    None, True, False, 0, 5, -1, 1.5, 10**400, float("nan"), float("inf"), -1.0, 1e300, [], {}, ["a"], {"a": 1},
    "", "a", "é", "日本", "🂡", "\ud800", '"', "\\", "\n", "\x00", "\x7f", ":", "a:b", ":b", "x" * 300,
    "1" * 129, "1" * 130, "-1", "1.0", "٣", "0",
    "=", "====", "QQ", "QQ==", "QQ==\n", "QQ==QQ==", "84mawg==", "84mawgAA",
)  # fmt: skip

PAYLOADS = (
    b"", b"{}", b"[]", b"null", b"\xff", b"\xf3\x89\x9a\xc2", b'{"event_id":"e","features":{"pages":1}}',
    b'{"event_id":"e","features":{"pages":"1"}}', b'{"event_id":"\xc3\xa9","features":{"pages":1,"more":[{}]}}',
    b'{"event_id":"a\\u0041\\ud800","features":{"pages":1e3}}', b'{"event_id":"e","features":{"pages":1e39}}',
    b' {"features":{"spend":1.25,"pages":3.0,"device":"tablet","referrer":"no such"},"event_id":"\x7f"} ',
    b'{"event_id":"e","features":{"pages":1,"pages":2}}', b'{"event_id":1,"features":{"pages":1}}',
)  # fmt: skip

MEMBERS = (
    "kinesis", "eventSource", "eventID", "eventSourceARN", "data", "partitionKey", "sequenceNumber",
    "approximateArrivalTimestamp", "kinesisSchemaVersion", "more",
)  # fmt: skip


@st.composite
def envelope(draw):
    """An envelope that is ordinary, or has one member changed, or none of its members as it should be."""
    found = copy.deepcopy(envelopes.kinesis(EVENT, first=draw(st.integers(1, 10**56)))["Records"][0])
    body = found["kinesis"]
    body["approximateArrivalTimestamp"] = draw(st.floats(0, 4e9) | st.integers(0, 2**33))
    body["partitionKey"] = draw(st.text(min_size=1, max_size=8))
    if draw(st.booleans()):
        payload = draw(st.sampled_from(PAYLOADS))
        body["data"] = base64.b64encode(payload).decode()
    for name in draw(st.lists(st.sampled_from(MEMBERS), max_size=2)):
        target = body if name in body else found
        if draw(st.booleans()):
            target[name] = draw(st.sampled_from(ODD))
        else:
            target.pop(name, None)
    return found


@given(batch=st.lists(envelope(), max_size=8), share=st.sampled_from([0.0, 0.3, 1.0]))
@settings(max_examples=300)
def test_each_record_is_taken_as_the_exact_path_would_or_stopped_at(native, batch, share):
    native_rows.assert_as_exact(native, batch, share)


@given(
    keys=st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=20),
    arrived=st.floats(0, 253402300799) | st.integers(0, 253402300799),
    share=st.sampled_from([0.0, 0.5]),
)
def test_ordinary_records_are_all_taken(native, keys, arrived, share):
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(len(keys))])["Records"]
    for record, key in zip(batch, keys, strict=True):
        record["kinesis"] |= {"partitionKey": key, "approximateArrivalTimestamp": arrived}
    assert native_rows.assert_as_exact(native, batch, share) == []


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", MEMBERS)
def test_one_odd_member_stops_or_does_no_harm(native, name, odd):
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(3)])["Records"]
    target = batch[1]["kinesis"] if name in batch[1]["kinesis"] else batch[1]
    target[name] = odd
    assert native_rows.assert_as_exact(native, batch) in ([], [1])


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", ["data", b"not json", b"\xf3\x89\x9a\xc2", {"event_id": 1}])
def test_take_stops_at_what_is_not_ordinary_and_goes_on_after_it(native, place, bad):
    events = [envelopes.event(number) for number in range(3)]
    events[place] = bad
    batch = envelopes.kinesis(*events)["Records"]
    assert native_rows.assert_as_exact(native, batch) == [place]


@pytest.mark.parametrize("shards", [("1", "1"), ("1", "2"), ("1", "2", "1"), ("a" * 200, "b")])
@pytest.mark.parametrize("arns", [("arn:1",), ("arn:1", "arn:2"), ("a" * 62, "a" * 63, "a" * 64)])
def test_records_of_several_streams_and_shards_keep_their_own_identity(native, shards, arns):
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(12)])["Records"]
    for number, record in enumerate(batch):
        record["eventID"] = f"{shards[number % len(shards)]}:{record['kinesis']['sequenceNumber']}"
        record["eventSourceARN"] = arns[number % len(arns)]
    assert native_rows.assert_as_exact(native, batch) == []


def test_a_bar_in_an_arn_makes_no_other_shard_of_it(native):
    """`a|b` and `c` hash as `a` and `b|c` do, but are another source."""
    batch = envelopes.kinesis(EVENT, EVENT)["Records"]
    batch[0] |= {"eventSourceARN": "a|b", "eventID": "c:1"}
    batch[1] |= {"eventSourceARN": "a", "eventID": "b|c:1"}
    assert native_rows.assert_as_exact(native, batch) == []


def test_ignored_members_are_counted(native):
    event = envelopes.event(more=1, most={"a": []})
    table = native_rows.table(native)
    assert native.take(envelopes.kinesis(event, event)["Records"], 0, [table], 0.0) == 2
    assert table.ignored_members == 4


def test_what_compares_like_a_name_and_raises_is_heard_of(native):
    class Name:
        def __hash__(self):
            return hash("kinesis")

        def __eq__(self, other):
            raise RuntimeError("compared")

    with pytest.raises(RuntimeError, match="compared"):
        native.take([{Name(): 1}], 0, [native_rows.table(native)], 0.0)


@pytest.mark.parametrize(
    ("start", "tables", "share", "error"),
    [
        (-1, 1, 0.0, "start: expected"),
        (0, 0, 0.0, "tables: expected"),
        (0, 3, 0.0, "tables: expected"),
        (0, 1, 0.5, "share: expected"),
        (0, 2, 1.5, "share: expected"),
        (0, 2, -0.1, "share: expected"),
        (0, 2, float("nan"), "share: expected"),
    ],
)
def test_wrong_arguments_are_refused(native, start, tables, share, error):
    with pytest.raises(ValueError, match=error):
        native.take([], start, [native_rows.table(native) for _ in range(tables)], share)


@pytest.mark.parametrize("what", [None, 5, native_rows, object()])
def test_only_tables_are_filled(native, what):
    with pytest.raises(TypeError, match="expected a Table"):
        native.take([], 0, [what], 0.0)


@pytest.mark.parametrize("batch", [None, 5, object()])
def test_only_a_sequence_is_a_batch(native, batch):
    with pytest.raises(TypeError):
        native.take(batch, 0, [native_rows.table(native)], 0.0)


@pytest.mark.parametrize("batch", [[5], [None], ["x"], [[]], [{}], [{"kinesis": 5}], ({"kinesis": {}},)])
def test_what_is_no_envelope_is_stopped_at(native, batch):
    assert native.take(batch, 0, [native_rows.table(native)], 0.0) == 0


def test_a_start_beyond_the_end_takes_nothing(native):
    assert native.take([], 7, [native_rows.table(native)], 0.0) == 7


def test_a_start_within_leaves_the_first_ones(native):
    table = native_rows.table(native)
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(5)])["Records"]
    assert native.take(batch, 3, [table], 0.0) == 5
    assert [table.origin(row) for row in range(table.rows)] == [3, 4]


def test_the_batch_may_go_before_its_rows(native):
    raw = json.dumps(envelopes.kinesis(*[envelopes.event(number) for number in range(50)])).encode()
    scanned, table = native.Envelopes.scan(raw), native_rows.table(native)
    assert native.take(scanned, 0, [table], 0.0) == 50
    expected = [native_rows.exact(envelope, origin)[1] for origin, envelope in enumerate(scanned)]
    del raw, scanned
    assert list(native_rows.rows(native, table)) == expected
