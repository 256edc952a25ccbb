import json

import pytest

import sources
from records.identity import prediction_id
from records.record import is_partition_key
from records.timestamps import timestamp
from tests.fakes import envelopes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1700000000.25, "2023-11-14T22:13:20.250Z"),
        (1700000000.9996, "2023-11-14T22:13:20.999Z"),
    ],
)
def test_times_are_rfc_3339_in_utc_with_milliseconds(seconds, text):
    assert timestamp(seconds) == text


@pytest.mark.parametrize("key", ["k", "ü" * 256, "\U0001f600", " "])
def test_kinesis_takes_1_to_256_characters(key):
    assert is_partition_key(key)


@pytest.mark.parametrize("key", ["", "k" * 257, "\ud800", "a\udfff", None, 3, b"k", ["k"]], ids=ascii)
def test_what_kinesis_would_refuse_is_no_partition_key(key):
    assert not is_partition_key(key)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("kinesis", ["type", "arn", "shard", "position", "arrived_at"]),
        ("kinesis_aggregated", ["type", "arn", "shard", "position", "subsequence", "arrived_at"]),
        ("sns", ["type", "arn", "position", "arrived_at"]),
        ("sqs", ["type", "arn", "position", "arrived_at"]),
    ],
)
def test_a_record_describes_its_source_as_json(recorded, name, members):
    described = sources.read(recorded(name)).records[0].describe()
    assert list(described) == members
    assert json.loads(json.dumps(described)) == described


def test_the_prediction_id_depends_on_the_position_and_nothing_else():
    first, again = (sources.read(envelopes.kinesis(data)).records[0] for data in (b"{}", b"[]"))
    other = sources.read(envelopes.kinesis(b"{}", first=7)).records[0]
    assert first.prediction_id == again.prediction_id != other.prediction_id


def test_the_parts_of_a_position_are_joined_by_bars():
    # printf 'a|b|3' | sha256sum
    assert prediction_id("a", "b", "3") == "f9a1a9299c777a4c18f086c4d927832b844f05d3df5014007074a0611e741ca5"
