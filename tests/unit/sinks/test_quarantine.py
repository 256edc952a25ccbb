import base64
import json

import pytest
from botocore.exceptions import ReadTimeoutError

from aws_client.errors import NotConfigured, TimedOut, Unreadable
from records.faults import Code, Fault
from records.rejected import Rejected
from resilience.retry import Retry
from sinks.quarantine import Quarantine
from tests.fakes import envelopes
from tests.fakes.clock import CALL
from tests.fakes.envelopes import read
from tests.fakes.s3 import FakeS3, client_error

FAULT = Fault(Code.WRONG_TYPE, "/features/spend", "expected a number")
NOW = 1_800_000_000.0


@pytest.fixture
def rejected():
    records = read(envelopes.kinesis(b"\xff1", b"2", b"3")).records
    return [Rejected(record, FAULT) for record in records]


def put(s3, rejected, clock, now=NOW, seconds=60.0):
    quarantine = Quarantine(s3, "failures", "quarantine/", Retry(random=lambda: 1.0, sleep=clock.sleep))
    return quarantine.put(rejected, now, clock.deadline(seconds))


def test_an_entry_holds_what_it_takes_to_understand_and_to_redrive(rejected, clock):
    s3 = FakeS3()
    assert put(s3, rejected, clock) == []
    (body,) = s3.objects.values()
    lines = body.splitlines()
    assert len(lines) == 3
    record = rejected[0].record
    assert json.loads(lines[0]) == {
        "prediction_id": record.prediction_id,
        "code": "WRONG_TYPE",
        "path": "/features/spend",
        "detail": "expected a number",
        "source": record.describe(),
        "partition_key": record.partition_key,
        "quarantined_at": "2027-01-15T08:00:00.000Z",
        "data": base64.b64encode(b"\xff1").decode(),
    }
    assert body.isascii()


def test_the_key_is_by_day_of_arrival_and_the_same_when_the_batch_comes_again(rejected, clock):
    s3 = FakeS3()
    put(s3, rejected, clock)
    put(s3, rejected, clock, now=NOW + 86_400)
    (key,) = s3.objects
    assert key.startswith("failures/quarantine/2023/11/14/")
    assert len(key.removeprefix("failures/quarantine/2023/11/14/")) == len(64 * "f" + ".jsonl")


def test_other_records_get_another_key(rejected, clock):
    s3 = FakeS3()
    put(s3, rejected, clock)
    put(s3, rejected[:2], clock)
    put(s3, rejected[1:], clock)
    assert len(s3.objects) == 3


def test_what_is_rejected_holds_no_frame_and_no_text_of_its_event(rejected):
    try:
        try:
            json.loads("the event's text")
        except ValueError:
            raise Fault(Code.INVALID_JSON, "", "expected JSON") from None
    except Fault as fault:
        kept = Rejected.because(rejected[0].record, fault).fault
    assert (kept.__traceback__, kept.__context__, kept.__cause__) == (None, None, None)
    assert (kept.code, kept.detail) == (Code.INVALID_JSON, "expected JSON")


def test_nothing_rejected_writes_nothing(clock):
    s3 = FakeS3()
    assert put(s3, [], clock) == []
    assert s3.calls == 0


@pytest.mark.parametrize(
    "failure",
    [client_error("SlowDown", 503), ReadTimeoutError(endpoint_url="x"), TimedOut("x"), Unreadable("x")],
    ids=repr,
)
def test_a_failure_that_may_pass_is_tried_again(rejected, clock, failure):
    s3 = FakeS3([failure, failure])
    assert put(s3, rejected, clock) == []
    assert (s3.calls, len(clock.slept)) == (3, 2)


@pytest.mark.parametrize("failure", [client_error("AccessDenied", 403), NotConfigured("x")], ids=repr)
def test_a_refusal_fails_all_records_at_once(rejected, clock, failure):
    s3 = FakeS3([failure] * 100)
    assert put(s3, rejected, clock) == [record for record, _ in rejected]
    assert s3.calls == 1


def test_a_failure_that_does_not_pass_fails_all_records_in_time(rejected, clock):
    s3 = FakeS3([client_error("InternalError", 500)] * 10_000)
    start = clock()
    assert put(s3, rejected, clock, seconds=20) == [record for record, _ in rejected]
    assert s3.calls > 2
    assert clock() - start <= 20 - CALL


def test_without_time_all_records_fail(rejected, clock):
    s3 = FakeS3()
    assert put(s3, rejected, clock, seconds=CALL) == [record for record, _ in rejected]
    assert s3.calls == 0


def test_a_failure_that_is_none_of_the_client_is_passed_on(rejected, clock):
    with pytest.raises(AssertionError):
        put(FakeS3([AssertionError("x")]), rejected, clock)


def test_the_log_names_the_services_code(rejected, clock, caplog):
    put(FakeS3([client_error("AccessDenied", 403)]), rejected, clock)
    assert "AccessDenied" in caplog.text


def test_entries_reach_a_bucket(aws, rejected, clock):
    s3 = aws("s3")
    location = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="failures", CreateBucketConfiguration=location)
    assert put(s3, rejected, clock) == []
    (listed,) = s3.list_objects_v2(Bucket="failures", Prefix="quarantine/2023/11/14/")["Contents"]
    stored = s3.get_object(Bucket="failures", Key=listed["Key"])
    assert stored["ContentType"] == "application/x-ndjson"
    assert [json.loads(line)["code"] for line in stored["Body"].read().splitlines()] == ["WRONG_TYPE"] * 3


def test_a_bucket_that_does_not_exist_fails_all_records(aws, rejected, clock):
    assert put(aws("s3"), rejected, clock) == [record for record, _ in rejected]
