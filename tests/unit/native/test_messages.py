"""Messages in one buffer: the same calls as scorer/cut.py makes, and PutRecords' own JSON."""

import base64
import json
import sys
from array import array

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_client import cbor
from sinks.messages import Message, MessageList

ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions"
unicode_text = st.text(max_size=30)
any_text = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=8)


def fill(native, items):
    messages = native.Messages()
    for key, body in items:
        messages.append(key, body)
    return messages


def sized(sizes):
    return [(f"k{number % 3}" * (number % 5), b"x" * size) for number, size in enumerate(sizes)]


@given(st.lists(st.tuples(any_text, st.binary(max_size=40))))
def test_they_read_like_a_sequence(native, items):
    messages = fill(native, items)
    assert len(messages) == len(items)
    assert list(messages) == items
    assert [messages[number - len(items)] for number in range(len(items))] == items


@pytest.mark.parametrize("index", [2, -3, 2**62])
def test_only_messages_that_are_there_are_read(native, index):
    with pytest.raises(IndexError, match="expected one of 2 messages"):
        fill(native, sized([1, 2]))[index]


@given(
    sizes=st.lists(st.integers(0, 12), max_size=40),
    most=st.integers(1, 9),
    most_bytes=st.integers(0, 40),
    with_keys=st.booleans(),
    lanes=st.integers(1, 4),
    data=st.data(),
)
def test_calls_are_cut_as_in_python(native, sizes, most, most_bytes, with_keys, lanes, data):
    items = sized(sizes)
    everything = range(len(items))
    pending = data.draw(st.just(everything) | st.permutations(everything) | st.just(everything[1::2]))
    pending = data.draw(st.sampled_from([pending, list(pending), tuple(pending)]))
    cut = fill(native, items).cut(pending, most, most_bytes, with_keys, lanes)
    python = MessageList(Message(*item) for item in items).cut(pending, most, most_bytes, with_keys, lanes)
    assert [[list(call) for call in lane] for lane in cut] == [[list(call) for call in lane] for lane in python]


def test_the_first_attempt_costs_no_list_of_numbers(native):
    messages = fill(native, sized([5] * 10))
    assert messages.cut(range(10), 4, 1000, False) == [[range(4), range(4, 8), range(8, 10)]]
    assert messages.cut(range(0), 4, 1000, False) == [[]]
    assert messages.cut(range(0), 4, 1000, False, 3) == []


@given(st.lists(any_text.filter(lambda key: key.isprintable()), min_size=1, max_size=30), st.integers(2, 9))
def test_all_messages_of_a_key_are_in_one_lane(native, keys, lanes):
    messages = fill(native, [(key, b"x") for key in keys])
    dealt = messages.cut(range(len(keys)), 2, 1000, True, lanes)
    of_key = [{keys[index] for call in lane for index in call} for lane in dealt]
    assert sum(map(len, of_key)) == len(set(keys))
    assert sorted(index for lane in dealt for call in lane for index in call) == list(range(len(keys)))
    assert all(sorted(order) == order for order in ([i for call in lane for i in call] for lane in dealt))


@pytest.mark.parametrize("pending", [[3], [-1], [0, 2**70], range(4), range(-1, 2), range(2**70, 2**70 + 2)])
@pytest.mark.parametrize("lanes", [1, 2])
def test_messages_that_are_not_there_are_not_cut(native, pending, lanes):
    with pytest.raises((IndexError, OverflowError)):
        fill(native, sized([1, 2, 3])).cut(pending, 5, 100, True, lanes)


@pytest.mark.parametrize(("most", "most_bytes", "lanes"), [(0, 5, 1), (-1, 5, 1), (1, -1, 1), (1, 1, 0), (1, 1, -1)])
def test_a_call_holds_one_message_at_least(native, most, most_bytes, lanes):
    with pytest.raises(ValueError, match="expected 1 message a call"):
        native.Messages().cut([], most, most_bytes, True, lanes)


@pytest.mark.parametrize("pending", [None, 5, ["x"], [1.0], {0: 1}])
def test_only_numbers_are_pending(native, pending):
    with pytest.raises((TypeError, KeyError)):
        fill(native, sized([1, 2])).cut(pending, 1, 1, True)


@given(st.lists(st.tuples(any_text, st.binary(max_size=70)), max_size=9), any_text, st.data())
def test_put_records_is_the_compact_json_that_botocore_would_send(native, items, arn, data):
    indices = data.draw(st.lists(st.integers(0, len(items) - 1)) if items else st.just([]))
    entries = [
        {"Data": base64.b64encode(body).decode(), "PartitionKey": key} for key, body in (items[i] for i in indices)
    ]
    expected = json.dumps({"StreamARN": arn, "Records": entries}, separators=(",", ":")).encode()
    assert fill(native, items).put_records(arn, indices) == expected


@given(st.lists(st.tuples(unicode_text, st.binary(max_size=70)), max_size=9), unicode_text, st.data())
def test_put_records_is_the_shortest_cbor(native, items, arn, data):
    indices = data.draw(st.lists(st.integers(0, len(items) - 1)) if items else st.just([]))
    entries = [{"Data": body, "PartitionKey": key} for key, body in (items[i] for i in indices)]
    made = fill(native, items).put_records(arn, indices, cbor=True)
    assert made == cbor2.dumps({"StreamARN": arn, "Records": entries})
    assert made == cbor.dumps({"StreamARN": arn, "Records": entries})


@pytest.mark.parametrize("size", [23, 24, 255, 256, 65_535, 65_536])
def test_heads_of_each_width_are_written(native, size):
    items = [("k" * size, b"x" * size)] * 300
    made = fill(native, items).put_records("a" * size, range(size % 301), cbor=True)
    entries = [{"Data": body, "PartitionKey": key} for key, body in items[: size % 301]]
    assert made == cbor2.dumps({"StreamARN": "a" * size, "Records": entries})


def test_put_records_takes_what_cut_gives(native):
    messages = fill(native, sized([5] * 10))
    ((first, _),) = messages.cut(range(10), 5, 1000, False)
    assert messages.put_records(ARN, first) == messages.put_records(ARN, list(first))
    assert json.loads(messages.put_records(ARN, first))["Records"][4]["Data"] == base64.b64encode(b"x" * 5).decode()


@pytest.mark.parametrize("indices", [[2], [-1], [0, 2**70], [None], ["0"], None])
def test_only_messages_that_are_there_are_put(native, indices):
    with pytest.raises((IndexError, OverflowError, TypeError)):
        fill(native, sized([1, 2])).put_records(ARN, indices)


class Changing:
    """Numbers that are others each time they are asked for."""

    def __init__(self):
        self.asked = 0

    def __len__(self):
        return 2

    def __getitem__(self, place):
        self.asked += 1
        if isinstance(place, slice):
            return [self.asked]
        if place > 1:
            raise IndexError
        return self.asked % 2


def test_a_sequence_that_changes_does_no_harm(native):
    messages = fill(native, [("a", b"x"), ("b" * 1000, b"y" * 1000)])
    assert json.loads(messages.put_records(ARN, Changing()))["Records"][0]["PartitionKey"] == "b" * 1000
    assert len(messages.cut(Changing(), 1, 1, True)[0]) == 2


@pytest.mark.parametrize("body", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_a_body_is_any_buffer(native, body):
    assert list(fill(native, [("k", body)])) == [("k", b"abc")]


def test_nothing_is_kept_of_what_goes_in_or_out(native):
    key, body, pending, messages = "a key\ud800", b"a body" * 9, [0, 0, 1], native.Messages()
    before = [sys.getrefcount(one) for one in (key, body, pending)]
    for _ in range(100):
        messages.append(key, body)
        assert messages.put_records(key, pending[:1])
        assert messages.cut(pending[:1], 1, 1, True, 2)
    assert [sys.getrefcount(one) for one in (key, body, pending)] == before


def test_a_lane_is_a_sequence_of_numbers_and_put_as_such(native):
    messages = fill(native, [(f"key-{i}", b"%d" % i) for i in range(50)])
    lanes = messages.cut(range(50), 5, 1000, False, 3)
    calls = [call for lane in lanes for call in lane]
    assert sorted(number for call in calls for number in call) == list(range(50))
    for call in calls:
        assert messages.put_records(ARN, call) == messages.put_records(ARN, list(call))
    with pytest.raises(IndexError):
        fill(native, sized([1])).put_records(ARN, calls[-1])


def test_other_views_are_read_as_the_numbers_that_they_are(native):
    messages = fill(native, sized([1, 2, 3]))
    expected = messages.put_records(ARN, [2, 0])
    for kind in "BIQ":
        assert messages.put_records(ARN, memoryview(array(kind, [2, 0]))) == expected
    assert messages.put_records(ARN, memoryview(array("I", [2, 9, 0, 9]))[::2]) == expected
