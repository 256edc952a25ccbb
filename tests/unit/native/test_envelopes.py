"""Raw events, scanned: what is found is what json.loads finds, or nothing is found at all."""

import collections.abc
import copy
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import envelopes, native_rows
from tests.unit.native.test_take import envelope, message

BATCH = envelopes.kinesis(*[envelopes.event(number) for number in range(3)])
RECORD = json.dumps(BATCH["Records"][0])


def scan(native, event):
    return native_rows.scan(native, event if isinstance(event, bytes) else json.dumps(event).encode())


def loads(raw):
    """What Python makes of an event: its records, or None where it is none."""
    try:
        event = json.loads(raw)
        return event["Records"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def check(native, raw):
    """A scan finds nothing, or what json.loads does; and is taken as the reference implementation would."""
    found = scan(native, raw)
    if found is not None:
        assert list(found) == loads(raw)
        native_rows.assert_as_reference(native, found)
    return found


@given(
    batch=st.lists(envelope(), min_size=1, max_size=5) | st.lists(message(), min_size=1, max_size=5),
    indent=st.sampled_from([None, 0, 1]),
    ascii_only=st.booleans(),
    separators=st.sampled_from([None, (",", ":")]),
)
@settings(max_examples=300)
def test_a_batch_with_odd_envelopes_is_read_as_json_loads_reads_it(native, batch, indent, ascii_only, separators):
    text = json.dumps({"Records": batch}, indent=indent, ensure_ascii=ascii_only, separators=separators)
    check(native, text.encode("utf-8", "surrogatepass"))


@given(
    count=st.integers(1, 5),
    key=st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9),
    arrived=st.floats(1, 253402300799) | st.integers(0, 253402300799),
    indent=st.sampled_from([None, 2]),
    order=st.randoms(),
)
def test_ordinary_batches_are_scanned_and_taken(native, count, key, arrived, indent, order):
    def shuffled(members):
        names = list(members)
        order.shuffle(names)
        return {name: shuffled(members[name]) if name == "kinesis" else members[name] for name in names}

    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(count)])["Records"]
    for record in batch:
        record["kinesis"] |= {"partitionKey": key, "approximateArrivalTimestamp": arrived}
    text = json.dumps({"Records": list(map(shuffled, batch))}, indent=indent, ensure_ascii=False)
    found = scan(native, text.encode())
    assert list(found) == json.loads(text)["Records"]
    assert native_rows.assert_as_reference(native, found) == []


@given(
    place=st.integers(0, 10**6),
    piece=st.sampled_from([b"", *(bytes([byte]) for byte in b'"\\{}[],:0eEnu.-\x00\x80 \n')]),
)
@settings(max_examples=500)
def test_a_damaged_event_is_refused_or_read_as_json_loads_reads_it(native, place, piece):
    raw = json.dumps(BATCH).encode()
    place %= len(raw)
    check(native, raw[:place] + piece + raw[place + 1 :])
    check(native, raw[:place] + piece + raw[place:])


@given(size=st.integers(0, 10**6))
def test_an_event_that_ends_early_is_refused(native, size):
    raw = json.dumps(BATCH).encode()
    assert scan(native, raw[: size % len(raw)]) is None


@pytest.mark.parametrize(
    "event",
    [
        b"", b"{}", b"[]", b"null", b'{"Records":[]}', b'{"Records":null}', b'{"Records":{}}', b'{"Records":[1]}',
        b'{"Records":[{}]}', b'{"Records":[{"kinesis":{}}]}', b'{"Records":[{"eventSource":"aws:s3"}]}',
        b'{"Records":[{"eventSource":5}]}', b'{"Records":[{"eventSource":"aws:sqs","eventSource":"aws:sqs"}]}',
        b'{"Records":[{"eventSource":"aws:sqs","EventSource":"aws:sns"}]}',
        b'{"Records":[{"eventSource":"","EventSource":"aws:sns"}]}', b'{"Records":[{"eventSource":"aws:\\u0073qs"}]}',
        b'{"Records":[{"\\u0065ventSource":"aws:sqs"}]}', b'{"Records":[{"Sns":{"EventSource":"aws:sns"}}]}',
        b"\xef\xbb\xbf" + json.dumps(BATCH).encode(),
        json.dumps(BATCH).encode("utf-16"), json.dumps(BATCH).encode() + b"x", json.dumps(BATCH).encode() + b"\x00",
        f'{{"Records":[{RECORD}],"Records":[{RECORD}]}}'.encode(), f'{{"Records":[{RECORD},]}}'.encode(),
        f'{{"Records":[{RECORD}] "a":1}}'.encode(), f'{{"\\u0052ecords":[{RECORD}]}}'.encode(),
        f'{{"Records":[{RECORD}],"a":NaN}}'.encode(), f'{{"Records":[{RECORD}],"a":{"[" * 65}{"]" * 65}}}'.encode(),
        f'{{"Records":[{RECORD}],"a":{"1" * 4301}}}'.encode(),
        f'{{"Records":[{RECORD}],"a":"\ud800"}}'.encode("utf-8", "surrogatepass"),
        f'{{"Records":[{RECORD}],"a":01}}'.encode(), f'{{"Records":[{RECORD}],"a":"\\x"}}'.encode(),
    ],
)  # fmt: skip
def test_anything_but_an_ordinary_event_is_left_to_python(native, event):
    assert scan(native, event) is None


@pytest.mark.parametrize("source", ["aws:sqs", "aws:kinesis ", "", None, 5])
@pytest.mark.parametrize("place", [0, 2])
def test_one_record_of_another_source_is_enough(native, source, place):
    batch = copy.deepcopy(BATCH)
    batch["Records"][place]["eventSource"] = source
    assert scan(native, batch) is None
    del batch["Records"][place]["eventSource"]
    assert scan(native, batch) is None


@pytest.mark.parametrize(
    "more",
    ['"a":1', '"a":[[],{},[{"b":[null,true,false,-1.5e+3,"\\u00e9\\n"]}]]', '"kinesis2":{"data":"x"}', '"a":"é\\"{"'],
)
def test_members_that_are_not_known_are_passed_over(native, more):
    raw = f'{{{more},"Records":[{{{more},{RECORD[1:-1]},{more}}}],{more}}}'.encode()
    found = scan(native, raw)
    assert list(found) == json.loads(raw)["Records"]
    assert native_rows.assert_as_reference(native, found) == []


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ('"data":', '"data":"QQ==","data":'), ('"kinesis":', '"kinesis":{},"kinesis":'),
        ('"eventID": "s', '"eventID": "\\u0073'), ('"partitionKey":', '"partitionKey":"other","partitionKey":'),
        ('"kinesis":', '"kinesis":null,"kinesis":'), ('"eventSourceARN":', '"eventSourceARN":1,"eventSourceARN":'),
        ('"eventSource":', '"kinesis":{},"eventSource":'), ('"eventSource":', '"kinesis":null,"eventSource":'),
        ('"sequenceNumber": "', '"sequenceNumber": "\\u0031'),
    ],
)  # fmt: skip
def test_what_could_be_read_otherwise_is_left_to_the_reference_implementation(native, what, instead):
    assert what in RECORD
    found = check(native, f'{{"Records":[{RECORD},{RECORD.replace(what, instead)},{RECORD}]}}'.encode())
    assert native_rows.take(native, found)[1] == [1]


@pytest.mark.parametrize("number", [
    "1700000000.123456789", "1.7000000002500E9", "17000000002500e-4", "1700000000", "0", "0.5", "1e9", "1E+9",
    "1700000000.0000005", "1699999999.9999995", "253402300799.999", "0.0000000001",
])  # fmt: skip
def test_an_arrival_is_read_to_the_last_bit_however_it_is_written(native, number):
    found = check(native, f'{{"Records":[{RECORD.replace("1700000000.25", number)}]}}'.encode())
    assert native_rows.take(native, found)[1] == []


def test_it_is_a_sequence(native):
    found = scan(native, BATCH)
    records = BATCH["Records"]
    assert isinstance(found, collections.abc.Sequence)
    assert (len(found), found[0], found[-1], found[1:]) == (3, records[0], records[2], records[1:])
    assert (found[::-2], list(reversed(found))) == (records[::-2], records[::-1])
    assert (found.index(records[1]), found.count(records[1]), records[2] in found, {} in found) == (1, 1, True, False)
    for place in (3, -4):
        with pytest.raises(IndexError, match="expected one of 3 envelopes"):
            found[place]
    with pytest.raises(TypeError):
        type(found)()


@pytest.mark.parametrize("event", ["{}", bytearray(b"{}"), None])
def test_only_bytes_are_scanned(native, event):
    with pytest.raises(TypeError):
        native.Envelopes.scan(event, native_rows.layouts(native))


@pytest.mark.parametrize("layouts", [None, [], native_rows])
def test_it_wants_layouts(native, layouts):
    with pytest.raises(TypeError, match="expected Layouts"):
        native.Envelopes.scan(b"{}", layouts)


def test_it_keeps_its_event_and_gives_it_back(native):
    raw = json.dumps(BATCH).encode()
    layouts = native_rows.layouts(native)
    before = sys.getrefcount(raw), sys.getrefcount(layouts)
    found = native.Envelopes.scan(raw, layouts)
    assert (sys.getrefcount(raw), sys.getrefcount(layouts)) == (before[0] + 1, before[1] + 1)
    del found
    assert native.Envelopes.scan(raw + b"x", layouts) is None
    assert (sys.getrefcount(raw), sys.getrefcount(layouts)) == before


EVENTS = [envelopes.event(number) for number in range(3)]
OF_SOURCES = {
    "kinesis": envelopes.kinesis(*EVENTS),
    "sqs": envelopes.sqs(*EVENTS, *map(envelopes.notification, EVENTS)),
    "sns": envelopes.sns(EVENTS[0]),
}


@pytest.mark.parametrize("source", OF_SOURCES)
def test_the_layout_says_which_source_it_is(native, source):
    found = scan(native, OF_SOURCES[source])
    assert native_rows.READ_NATIVELY[found.layout].name == source
    assert native_rows.assert_as_reference(native, found) == []


def test_recorded_events_are_scanned_and_taken(native, recorded):
    for name in ("kinesis", "kinesis_aggregated", "sqs", "sqs_notification", "sns"):
        assert native_rows.assert_as_reference(native, scan(native, recorded(name))) == []


def test_the_oldest_of_a_batch(native):
    batch = envelopes.sqs(*EVENTS)
    for record, time in zip(batch["Records"], (1700000000250, 1699999999000, 1700000000100), strict=True):
        record["attributes"]["SentTimestamp"] = str(time)
    assert scan(native, batch).oldest == 1_699_999_999.0
    assert [scan(native, OF_SOURCES[source]).oldest for source in OF_SOURCES] == [1_700_000_000.25] * 3
    batch["Records"][2]["attributes"]["SentTimestamp"] = "soon"
    assert scan(native, batch).oldest is None


@given(
    source=st.sampled_from(sorted(OF_SOURCES)),
    picks=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=300)
def test_envelopes_of_many_shapes_in_one_batch(native, source, picks, order):
    """Each is compared with the one before, and found to be the same, or not; what is read is the same in any case."""

    def reshaped(record):
        names = list(record)
        if order.random() < 0.3:
            order.shuffle(names)
        found = {name: record[name] for name in names}
        if order.random() < 0.3:
            name = order.choice(["more", "awsRegion", "receiptHandle", "eventVersion", "messageAttributes"])
            found[name] = order.choice(["", "x", "é", 5, -1.5, None, [], {}, {"a": [1]}, "x" * 600, "x" * 5000])
        if order.random() < 0.1:
            found.pop(order.choice(names))
        return json.dumps(found, indent=order.choice([None, None, None, 1]), ensure_ascii=order.random() < 0.7)

    pool = OF_SOURCES[source]["Records"]
    text = ",".join(reshaped(pool[pick % len(pool)]) for pick in picks)
    check(native, f'{{"Records":[{text}]}}'.encode())


def test_envelopes_with_many_members_and_long_ones(native):
    """More than is kept to compare the next one with."""
    many = {f"m{number}": number for number in range(100)}
    long = {f"long{number}": "x" * 500 for number in range(9)}
    for more in (many, long, many | long):
        records = [record | more for record in BATCH["Records"]]
        assert check(native, json.dumps({"Records": records}).encode()) is not None
