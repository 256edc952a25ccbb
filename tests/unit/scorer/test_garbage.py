"""Bad events leave nothing to the garbage collector: what a fault was caught with is not kept with it."""

import gzip

import pytest

import sources
from sources.objects import MOST_OBJECTS, StoredObjects
from tests.fakes import envelopes
from tests.fakes.garbage import left
from tests.fakes.objects import Bucket
from tests.fakes.scorer import FakeScorer

MOST_BYTES = 1_000
DAMAGED = [b"{", b"\xff", b'{"event_id": "e"}', envelopes.aggregate([("k", b"{}")])[:-1]]


@pytest.mark.parametrize("damaged", DAMAGED)
@pytest.mark.usefixtures("each_engine")
def test_a_batch_with_events_at_fault_leaves_nothing(artifact, damaged):
    scorer = FakeScorer(artifact)
    event = envelopes.kinesis(envelopes.event(), damaged, "no base64", damaged)
    assert left(lambda: scorer.run(event)) == []


def test_a_table_without_an_image_that_can_be_read_leaves_nothing(recorded):
    event = recorded("dynamodb")
    for change in event["Records"]:
        change["dynamodb"]["NewImage"] = {"pages": {"N": "x"}}
    assert left(lambda: faults(event, Bucket())) == []


@pytest.mark.parametrize("key", ["gone.json", "large.jsonl", "large.jsonl.gz", "damaged.jsonl.gz"])
def test_an_object_that_cannot_be_read_leaves_nothing(recorded, key):
    event = recorded("s3")
    event["Records"][0]["s3"]["object"]["key"] = key
    rows = b"{}\n" * MOST_BYTES
    bucket = Bucket(**{"large.jsonl": rows, "large.jsonl.gz": gzip.compress(rows), "damaged.jsonl.gz": b"\x1f\x8b"})
    assert left(lambda: faults(event, bucket)) == []


def test_a_prefix_with_too_many_objects_leaves_nothing(recorded):
    objects = {f"daily/{number}.json": b"{}" for number in range(MOST_OBJECTS + 1)}
    event = recorded("schedule") | {"prefix": "daily/"}
    assert left(lambda: faults(event, Bucket(**objects))) == []


def faults(event, bucket) -> None:
    """Read an event, all of whose records are at fault."""
    batch = sources.read(event, envelopes.MODEL, StoredObjects(bucket, MOST_BYTES))
    assert all(record.fault for record in batch.records)
