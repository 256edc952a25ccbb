"""CBOR as Kinesis speaks it: as a well-known library reads and writes it."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_client import cbor
from aws_client.caller import Reply
from aws_client.errors import Unreadable
from aws_client.http1 import Head
from aws_client.json_answers import explain, members

written = st.recursive(
    st.text(max_size=30) | st.binary(max_size=300) | st.integers(0, 2**64 - 1),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=9), inner, max_size=30),
    max_leaves=40,
)
plain = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.text() | st.binary()
answered = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=9), inner, max_size=9)
)


@given(written)
def test_the_shortest_form_is_written(value):
    assert cbor.dumps(value) == cbor2.dumps(value)


@given(answered, st.booleans())
def test_what_a_library_writes_is_read(value, indefinite):
    read = cbor.loads(cbor2.dumps(value, indefinite_containers=indefinite))
    assert cbor2.dumps(read) == cbor2.dumps(value)  # not compared as values: NaN


@given(st.binary(max_size=60))
def test_what_is_no_cbor_is_refused_by_a_value_error(data):
    try:
        cbor.loads(data)
    except ValueError:
        return
    cbor2.loads(data, semantic_decoders={1: lambda seconds, _immutable: seconds})  # seconds that no date holds


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xc1\x1a\x49\x96\x02\xd2", 1234567890),  # the time is its number
        (b"\xf9\x3c\x00", 1.0),
        (b"\x7f\x62ab\x61c\xff", "abc"),
        (b"\x5f\x42ab\x41c\xff", b"abc"),
        (b"\xbf\x61a\x9f\x01\xff\xff", {"a": [1]}),
        (b"\x3b" + b"\xff" * 8, -(2**64)),
    ],
)
def test_forms_that_no_request_has_are_read(data, value):
    assert cbor.loads(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",  # a break
        b"\xc1\xff",
        b"\xc1\x61a",  # a time that is no number
        b"\xc0\x01",  # other tags
        b"\xc0\x61a",
        b"\xc2\x41\x01",
        b"\xd9\xd9\xf7\x01",
        b"\x01\x01",
        b"\x5c",  # reserved
        b"\x1f",  # a number without a size
        b"\xf8\x20",  # simple values that mean nothing
        b"\xa1\x01\x02",  # a number as a name
        b"\xbf\x61a\xff",  # a name without a value
        b"\x82\x01\xff",
        b"\x7f\x41a\xff",  # bytes in a text
        b"\x61\xff",  # no Unicode
        b"\x9b" + b"\xff" * 8,  # more items than any memory has
        b"\x5b" + b"\xff" * 8,
        b"\x81" * 40 + b"\x01",
        b"\x9f" * 100_000,
    ],
)
def test_a_faulty_answer_is_refused(data):
    with pytest.raises(ValueError, match=r"expected|decode"):
        cbor.loads(data)


@pytest.mark.parametrize("value", [-1, 1.5, None, {1: 2}, ("a",)])
def test_only_what_requests_have_is_written(value):
    with pytest.raises((TypeError, AttributeError)):
        cbor.dumps([value] if type(value) is not dict else {"a": value[1], 1: ()})


def reply(body, content_type="application/x-amz-cbor-1.1"):
    return Reply(Head(400, "", {"content-type": content_type}, True), body)


def test_an_answer_is_read_in_the_form_that_it_names():
    assert members(reply(cbor2.dumps({"FailedRecordCount": 0}))) == {"FailedRecordCount": 0}
    assert members(reply(b'{"FailedRecordCount":0}', "application/x-amz-json-1.1")) == {"FailedRecordCount": 0}
    for damaged in (b"", b"{}", cbor2.dumps([]), cbor2.dumps({"a": 1})[:-1]):
        with pytest.raises(Unreadable):
            members(reply(damaged))


def test_an_error_says_what_it_is():
    error = {"__type": "com.amazonaws.kinesis#ResourceNotFoundException", "message": "Stream s not found"}
    assert explain(reply(cbor2.dumps(error))) == ("ResourceNotFoundException", "Stream s not found")
    assert explain(reply(b"<html>")) == ("", "")
