import gzip
import json
import logging
from copy import deepcopy

import pytest

import sources
from aws_client.errors import TimedOut
from records.faults import Code
from sources.errors import ObjectsUnavailable, UnknownEventSource
from sources.large_objects import LargeObjects
from sources.objects import StoredObjects
from tests.fakes.envelopes import MODEL
from tests.fakes.objects import MACHINE, VERSION, Bucket, Machines
from tests.fakes.s3 import client_error


@pytest.fixture
def event(recorded):
    return recorded("s3")


def about(event, key, version=VERSION):
    event = deepcopy(event)
    event["Records"][0]["s3"]["object"] |= {"key": key, "versionId": version}
    return event


def records(event, bucket, most_bytes=1_000):
    return sources.read(event, MODEL, StoredObjects(bucket, most_bytes)).records


def test_an_object_is_one_event_and_its_key_is_decoded(event):
    bucket = Bucket(**{"daily/a bü|1.json": b'{"event_id": "e"}'})
    (record,) = records(event, bucket)
    assert bucket.asked == [("acme-events", "daily/a bü|1.json", VERSION)]
    assert (record.arn, record.position) == ("arn:aws:s3:::acme-events", f"daily/a bü%7C1.json|{VERSION}")
    assert (record.data, record.arrived_at, record.source) == (b'{"event_id": "e"}', 1_700_000_000.25, "s3")


@pytest.mark.parametrize("key", ["a+b.json", "a%20b.json"])
def test_a_space_is_read_in_both_of_its_encodings(event, key):
    assert records(about(event, key), Bucket(**{"a b.json": b"{}"}))[0].fault is None


@pytest.mark.parametrize("key", ["rows.jsonl", "rows.ndjson", "rows.csv"])
def test_each_line_of_a_file_of_rows_is_an_event(event, key):
    found = records(about(event, key), Bucket(**{key: b"1\r\n\n2\n 3"}))
    assert [record.data for record in found] == [b"1", b"2", b" 3"]
    assert [record.position for record in found] == [f"{key}|{VERSION}|{row}" for row in (0, 2, 3)]
    assert len({record.prediction_id for record in found}) == 3


def test_in_a_bucket_without_versions_the_etag_is_the_version(event):
    assert records(about(event, "a", ""), Bucket(versioned=False, a=b"{}"))[0].position == "a|etag"


def test_an_object_of_the_limit_is_read_and_a_larger_one_refused(event):
    bucket = Bucket(small=b"x" * 1_000, large=b"x" * 1_001)
    assert records(about(event, "small"), bucket)[0].fault is None
    (record,) = records(about(event, "large"), bucket)
    assert (record.fault.code, record.fault.path) == (Code.INVALID_ENVELOPE, "/s3/object/size")
    assert record.fault.detail == (
        "expected up to 1,000 bytes, got 1,001; "
        "score it by millrace batch run --format lines, or --format objects where each object is one event"
    )
    assert json.loads(record.data) == {"bucket": "acme-events", "key": "large", "version": VERSION}


def test_an_object_that_is_gone_is_a_fault(event):
    (record,) = records(event, Bucket())
    assert (record.fault.code, record.fault.path) == (Code.INVALID_ENVELOPE, "/s3/object")


@pytest.mark.parametrize("error", [client_error("AccessDenied", 403), client_error("SlowDown", 503), TimedOut("x")])
def test_what_may_pass_fails_the_invocation(event, error):
    with pytest.raises(ObjectsUnavailable, match="s3://acme-events: "):
        records(about(event, "a"), Bucket(a=error))


def test_a_removed_object_is_no_event(event):
    event["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    assert records(event, Bucket()) == []


def test_without_a_reader_its_events_are_refused(event):
    with pytest.raises(UnknownEventSource, match="names an object"):
        sources.read(event, MODEL)


def test_a_schedule_reads_all_objects_below_its_prefix(recorded):
    bucket = Bucket(**{"daily/1.jsonl": b"a\nb", "daily/2": b"c", "daily/3": b"d", "other": b"e"})
    found = records(recorded("schedule"), bucket)
    assert [record.data for record in found] == [b"a", b"b", b"c", b"d"]
    assert found[0].position == f"daily/1.jsonl|{VERSION}|0"
    assert {record.source for record in found} == {"s3"}


@pytest.mark.parametrize(
    "objects", [{f"daily/{i}": b"x" * 400 for i in range(3)}, {f"daily/{i}": b"" for i in range(1_001)}]
)
def test_a_prefix_with_too_much_is_refused_whole(recorded, objects):
    bucket = Bucket(page=1_000, **objects)
    (record,) = records(recorded("schedule"), bucket)
    assert record.fault.code == Code.INVALID_ENVELOPE
    assert json.loads(record.data)["key"] == "daily/"
    assert bucket.asked == []


@pytest.mark.parametrize("key", ["rows.jsonl.gz", "rows.ndjson.gz", "rows.csv.gz"])
def test_a_gzipped_file_of_rows_is_inflated_up_to_the_limit(event, key):
    found = records(about(event, key), Bucket(**{key: gzip.compress(b"1\n\n2\n")}))
    assert [(record.data, record.position) for record in found] == [
        (b"1", f"{key}|{VERSION}|0"),
        (b"2", f"{key}|{VERSION}|2"),
    ]
    for body in (gzip.compress(b"1\n" * 501), b"no gzip"):
        (record,) = records(about(event, key), Bucket(**{key: body}))
        assert record.fault.code == Code.INVALID_GZIP
        assert json.loads(record.data)["key"] == key


def test_another_gzipped_object_is_one_event_as_it_is(event):
    body = gzip.compress(b"{}")
    assert records(about(event, "a.json.gz"), Bucket(**{"a.json.gz": body}))[0].data == body


def test_what_stands_for_a_folder_is_no_event(event, recorded):
    """S3's console makes such objects; a schedule would quarantine one each time."""
    assert records(about(event, "daily/"), Bucket(**{"daily/": b""})) == []
    found = records(recorded("schedule"), Bucket(**{"daily/": b"", "daily/1": b"a"}))
    assert [record.data for record in found] == [b"a"]


def test_a_prefix_with_too_many_objects_says_so(recorded):
    (record,) = records(recorded("schedule"), Bucket(page=1_000, **{f"daily/{i}": b"" for i in range(1_001)}))
    assert record.fault.detail == (
        "expected up to 1,000 objects, got more; "
        "score them by millrace batch run --format lines, or --format objects where each object is one event"
    )


def test_gzipped_files_of_a_prefix_share_its_limit(recorded):
    objects = {f"daily/{i}.jsonl.gz": gzip.compress(b"11111\n" * 150) for i in range(3)}
    (record,) = records(recorded("schedule"), Bucket(**objects))
    assert record.fault.path == "/s3/object/size"


def handed(event, bucket, machines, most_bytes=5_000):
    """The records that the scorer itself gets of an event."""
    return sources.read(event, MODEL, StoredObjects(bucket, 1_000, LargeObjects(machines, MACHINE, most_bytes))).records


@pytest.mark.parametrize("key", ["rows.jsonl", "rows.ndjson", "rows.csv", "rows.csv.gz"])
def test_a_file_of_rows_that_is_too_large_is_handed_to_a_batch_once(event, key):
    body = b"1\n" * 501
    bucket, machines = Bucket(**{key: gzip.compress(body) if key.endswith(".gz") else body}), Machines()
    for _ in range(2):  # S3 notifies at least once, and Lambda tries again
        assert handed(about(event, key), bucket, machines) == []
    ((run, given),) = machines.started.items()
    assert given == {
        "run": run, "bucket": "acme-events", "prefix": key, "object": {"version_id": VERSION}, "format": "lines"
    }  # fmt: skip
    handed(about(event, key, "another"), bucket, machines)
    assert len(machines.started) == 2


def test_in_a_bucket_without_versions_the_content_is_handed_over(event):
    machines = Machines()
    for version in ("", "null"):
        handed(about(event, "a.csv", version), Bucket(versioned=False, **{"a.csv": b"1\n" * 501}), machines)
    assert [given["object"] for given in machines.started.values()] == [{"etag": "etag"}]


@pytest.mark.parametrize("version", ["", VERSION])
def test_in_a_bucket_with_versions_the_version_that_was_read_is_handed_over(event, version):
    """Whatever the notification names: it may be of before the bucket kept versions."""
    for key, body in {"a.csv": b"1\n" * 501, "a.csv.gz": gzip.compress(b"1\n" * 501)}.items():
        machines = Machines()
        handed(about(event, key, version), Bucket(**{key: body}), machines)
        assert [given["object"] for given in machines.started.values()] == [{"version_id": VERSION}]


def test_the_log_says_whether_a_run_was_started(event, caplog):
    caplog.set_level(logging.INFO, logger="sources.large_objects")
    machines = Machines()
    for _ in range(2):
        handed(about(event, "a.csv"), Bucket(**{"a.csv": b"1\n" * 501}), machines)
    assert [record.message for record in caplog.records] == [
        "object handed to a batch",
        "object not handed to a batch again: its run was already started",
    ]


def test_what_is_small_no_rows_or_too_large_for_a_batch_too_is_not_handed_over(event):
    machines = Machines()
    bucket = Bucket(**{"small.csv": b"1\n", "image": b"x" * 1_001, "huge.csv": b"x" * 5_001})
    assert [record.data for record in handed(about(event, "small.csv"), bucket, machines)] == [b"1"]
    for key in ("image", "huge.csv"):
        (record,) = handed(about(event, key), bucket, machines)
        assert record.fault.path == "/s3/object/size"
    assert machines.started == {}


@pytest.mark.parametrize(
    "error", [client_error("ThrottlingException", 400), client_error("AccessDeniedException", 400), TimedOut("x")]
)
def test_a_batch_that_cannot_be_started_fails_the_invocation(event, error):
    """Lambda tries again; after its retries the notification is in the failure store."""
    machines, bucket = Machines(error), Bucket(**{"a.csv": b"1\n" * 501})
    with pytest.raises(ObjectsUnavailable, match="stateMachine:mill-batch: "):
        handed(about(event, "a.csv"), bucket, machines)
    assert handed(about(event, "a.csv"), bucket, machines) == []
    assert len(machines.started) == 1


def test_a_prefix_on_a_schedule_is_not_handed_over(recorded):
    machines, objects = Machines(), {"daily/a.csv.gz": gzip.compress(b"1\n" * 501)}
    (record,) = handed(recorded("schedule"), Bucket(**objects), machines)
    assert (record.fault.code, machines.started) == (Code.INVALID_GZIP, {})
