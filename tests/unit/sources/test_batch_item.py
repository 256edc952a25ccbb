import json

import pytest

import sources
from records.record import is_partition_key
from scoring.engine import NATIVE, PYTHON
from sources.batch_item import event
from sources.positions import object_position
from tests.fakes.envelopes import MODEL
from tests.fakes.envelopes import event as an_event
from tests.fakes.scorer import FakeScorer

ARN, AT = "arn:aws:s3:::events", "2026-11-21T12:41:07.000Z"


@pytest.mark.parametrize("key", ["a.jsonl", 'ü/"quoted" \\ 100%.jsonl', "a|b", "x" * 900, "\U0001f600" * 200])
def test_rows_of_any_key_are_read(artifact, key):
    raw = event(ARN, AT, [(object_position(key, "v1", row), json.dumps(an_event(row)).encode()) for row in range(3)])
    records = sources.read(raw, MODEL).records
    assert [record.position for record in records] == [object_position(key, "v1", row) for row in range(3)]
    assert all(is_partition_key(record.partition_key) for record in records)
    outcomes = []
    for engine in (NATIVE, PYTHON):
        scorer = FakeScorer(artifact, engine=engine)
        scorer.run(raw)
        outcomes.append(scorer.sink.acknowledged)
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == 3


def test_no_two_positions_are_one():
    keys = ["a", "a|1", "a%7C1", "a%", "a%25"]
    assert len({object_position(key, "1", row) for key in keys for row in (1, None)}) == 2 * len(keys)


def test_bytes_that_are_no_text_arrive_as_they_are():
    (record,) = sources.read(event(ARN, AT, [("k|v|0", b"\xff\x00\n")]), MODEL).records
    assert (record.data, record.fault, record.delivery_id) == (b"\xff\x00\n", None, "k|v|0")
