"""What failed comes back through the real pipeline, once, under the ids of the first time."""

import json
from collections.abc import Callable
from copy import replace
from typing import Any

import pytest

from millrace.redrive import DEAD_LETTERS, ON_FAILURE, QUARANTINE, RedriveError, RedriveResult, Selection, seconds
from model_store.artifact import Artifact
from model_store.event_format import EventFormat, IgnoreRule
from records.faults import Code, Fault
from records.identity import prediction_id
from sinks.quarantine import entry
from sources import redrive
from tests.fakes import artifacts, envelopes
from tests.fakes.artifacts import FEATURES
from tests.fakes.codes import OPT_IN
from tests.fakes.envelopes import FIRST_SEQUENCE, SHARD, STREAM_ARN, read
from tests.fakes.redrive import EVERYWHERE, Lab, batch, ids

ARRIVED = 1700000000.25


@pytest.fixture
def lab(artifact: Artifact) -> Lab:
    return Lab(artifact)


@pytest.fixture
def on_moto(aws: Callable[[str], Any], artifact: Artifact) -> Lab:
    """The same on moto's S3 and SQS."""
    s3, sqs = aws("s3"), aws("sqs")
    s3.create_bucket(Bucket="failures", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket="failures", VersioningConfiguration={"Status": "Enabled"})
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    return Lab(artifact, {"s3": s3, "sqs": sqs}, url)


@pytest.mark.parametrize("where", ["lab", "on_moto"])
def test_every_origin_comes_back_with_the_ids_of_the_first_time(request: pytest.FixtureRequest, where: str) -> None:
    lab: Lab = request.getfixturevalue(where)
    stream = batch(3)
    expected = [*lab.give_up(stream), *lab.give_up(envelopes.sns(envelopes.event(7)), 1, "requestPayload")]
    expected += [lab.letter(number) for number in range(100, 112)]  # more than one answer of SQS brings

    result = lab.run()

    assert sorted(lab.predicted()) == sorted(expected)
    assert (result.predictions, result.quarantined, result.complete) == (16, {}, True)
    assert lab.keys("aws/") == []
    assert not lab.found().ids()
    assert lab.run() == RedriveResult(), "a second run finds nothing"
    assert len(lab.predicted()) == 16


def test_the_dead_letters_of_every_source_come_back(on_moto: Lab) -> None:
    first = on_moto.outputs["sources"]["event_topic"]
    second = on_moto.sqs.create_queue(QueueName="more-dead-letters")["QueueUrl"]
    expected = [on_moto.letter(number) for number in range(3)]
    for number in range(3, 6):
        notification = envelopes.notification(envelopes.event(number), number)
        on_moto.sqs.send_message(QueueUrl=second, MessageBody=json.dumps(notification))
        expected += ids(envelopes.sqs(notification))
    on_moto.outputs["sources"]["orders"] = first | {"name": "orders", "dead_letter_queue_url": second}

    result = on_moto.run()

    assert sorted(on_moto.predicted()) == sorted(expected)
    assert (result.predictions, result.complete) == (6, True)
    assert not on_moto.found().ids(), "each message is deleted from its own queue"
    for url in (first["dead_letter_queue_url"], second):
        attributes = on_moto.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        waiting = {name: attributes[f"ApproximateNumberOfMessages{name}"] for name in ("", "NotVisible")}
        assert waiting == {"": "0", "NotVisible": "0"}


def test_a_prediction_is_what_it_would_have_been(lab: Lab) -> None:
    stream = batch(1)
    lab.give_up(stream)

    lab.run()

    (prediction,) = lab.scorer.predictions
    assert prediction["source"] == read(stream).records[0].describe()
    assert lab.sink.acknowledged[0].partition_key == stream["Records"][0]["kinesis"]["partitionKey"]


def test_by_default_quarantine_is_left_alone(lab: Lab) -> None:
    lab.quarantine(b"{")
    assert lab.run(Selection()) == RedriveResult()
    assert len(lab.keys("quarantine/")) == 1


def test_the_survey_tells_why_and_since_when_and_changes_nothing(lab: Lab) -> None:
    lab.give_up(batch(3))
    lab.letter()
    lab.quarantine(b"{", envelopes.event(device="toaster"), first=FIRST_SEQUENCE + 50)
    before = lab.found()

    survey = lab.redrive().survey(EVERYWHERE)

    assert {group[:2]: tally.records for group, tally in survey.groups.items()} == {
        (QUARANTINE, "INVALID_JSON"): 1,
        (QUARANTINE, "UNKNOWN_CATEGORY"): 1,
        (ON_FAILURE, "RetryAttemptsExhausted"): 3,
        (DEAD_LETTERS, "Undeliverable"): 1,
    }
    assert {(group.day, tally.first, tally.last) for group, tally in survey.groups.items()} == {
        ("2023-11-14", ARRIVED, ARRIVED)
    }
    assert (survey.records, survey.unreadable) == (6, [])
    assert lab.function.sizes == []
    assert (lab.found().ids(), lab.keys("redriven/")) == (before.ids(), [])


def test_a_plain_message_has_the_id_of_the_queue_that_it_was_sent_to(lab: Lab) -> None:
    lab.sqs.source_arn = envelopes.QUEUE_ARN
    lab.letter(body=json.dumps(envelopes.event(1)))
    (name,) = lab.sqs.messages

    (group,) = lab.redrive().survey(EVERYWHERE).groups
    lab.run()

    assert group.reason == "ReceivedTooOften"
    assert lab.predicted() == [prediction_id(envelopes.MODEL, [envelopes.QUEUE_ARN, name])]


BAD: dict[Code, bytes | str] = {
    Code.INVALID_BASE64: "no base64!",
    Code.INVALID_UTF8: b"\xff",
    Code.INVALID_JSON: b"{",
    Code.INVALID_AGGREGATE: envelopes.aggregate([("alice", b"{}")])[:-1] + b"?",
    Code.NOT_AN_OBJECT: b"[]",
    Code.DUPLICATE_KEY: b'{"a": 1, "a": 1}',
    Code.MISSING_EVENT_ID: b"{}",
    Code.MISSING_FEATURE: b'{"event_id": "e", "features": {}}',
    Code.UNKNOWN_CATEGORY: json.dumps(envelopes.event(device="toaster")).encode(),
    Code.WRONG_TYPE: json.dumps(envelopes.event(spend="1")).encode(),
    Code.NON_FINITE: json.dumps(envelopes.event(spend=1e39)).encode(),
    Code.PREDICTION_TOO_LARGE: json.dumps(envelopes.event() | {"event_id": "e" * 1_000}).encode(),
}


@pytest.mark.parametrize("where", ["lab", "on_moto"])
def test_what_still_cannot_be_scored_is_quarantined_anew(request: pytest.FixtureRequest, where: str) -> None:
    """Every code comes out as itself, in the very object that is redriven: its key is made of the same ids."""
    lab: Lab = request.getfixturevalue(where)
    assert BAD.keys() == set(Code) - OPT_IN
    lab.sink.max_entry_bytes = 1_000
    expected = dict(zip(lab.quarantine(*BAD.values()), BAD, strict=True))
    (key,) = lab.keys("quarantine/")
    before = lab.lines(key)

    result = lab.run()

    assert (result.quarantined, result.predictions) == (dict.fromkeys(BAD, 1), 0)
    assert lab.keys("quarantine/") == [key]
    assert lab.found().quarantined == expected
    assert [entry | {"quarantined_at": ""} for entry in lab.lines(key)] == [
        entry | {"quarantined_at": ""} for entry in before
    ]
    assert lab.lines(key) != before


def take_toasters(lab: Lab) -> None:
    """Release a model that knows of one more device."""
    features = [replace(f, categories=(*f.categories, "toaster")) if f.name == "device" else f for f in FEATURES]
    lab.scorer.store.release_as(champion=artifacts.artifact(version="2", features=tuple(features)))
    lab.clock.now += 60


def test_an_event_comes_back_from_quarantine_once_a_model_takes_it(lab: Lab) -> None:
    toaster, bad = lab.quarantine(envelopes.event(1, device="toaster"), b"{")
    take_toasters(lab)

    result = lab.run()

    assert lab.predicted() == [toaster]
    assert lab.found().quarantined == {bad: "INVALID_JSON"}
    assert (result.predictions, result.quarantined) == (1, {"INVALID_JSON": 1})


def test_redelivered_quarantine_does_not_reappear(lab: Lab) -> None:
    """The same batch wrote over its object; with the newest version the older ones go."""
    for _ in range(3):
        lab.quarantine(envelopes.event(1, device="toaster"))
    take_toasters(lab)

    assert lab.run().predictions == 1
    assert lab.keys("quarantine/") == []


def test_an_entry_in_two_objects_is_sent_once(lab: Lab) -> None:
    """A batch that was cut otherwise the second time."""
    one, two = lab.quarantine(b"{", b"[")
    lab.quarantine(b"{")
    assert len(lab.keys("quarantine/")) == 2

    assert lab.run().quarantined == {"INVALID_JSON": 3}

    assert lab.function.sizes == [2]
    assert lab.found().quarantined == {one: "INVALID_JSON", two: "INVALID_JSON"}


def test_what_was_predicted_already_is_not_sent_again(lab: Lab) -> None:
    lab.give_up(batch(2))
    lab.give_up(batch(2), 1)

    assert lab.run(chunk_records=2).predictions == 4

    assert (lab.function.sizes, lab.keys("aws/")) == ([2], [])


def test_codes_choose_among_quarantine_alone(lab: Lab) -> None:
    lab.give_up(batch(1, first=7))
    lab.quarantine(b"{", b"[]")

    result = lab.run(Selection(origins=EVERYWHERE.origins, codes=frozenset({"NOT_AN_OBJECT"})))

    assert (result.predictions, result.quarantined) == (1, {"NOT_AN_OBJECT": 1})
    assert sorted(lab.found().quarantined.values()) == ["INVALID_JSON", "NOT_AN_OBJECT"]
    with pytest.raises(RedriveError, match="--from quarantine"):
        Selection(codes=frozenset({"NOT_AN_OBJECT"}))


def test_times_of_arrival_choose_and_the_rest_of_a_batch_stays(lab: Lab) -> None:
    event = batch(3)
    for number, envelope in enumerate(event["Records"]):
        envelope["kinesis"]["approximateArrivalTimestamp"] = ARRIVED + number
    first, second, third = lab.give_up(event)

    assert lab.run(Selection(since=ARRIVED + 1, until=ARRIVED + 2)).predictions == 1

    assert lab.predicted() == [second]
    assert lab.found().on_failure == {first, third}
    (document,) = lab.lines("aws/")
    assert (document["timestamp"], document["requestContext"]) == (
        "then",
        {"condition": "RetryAttemptsExhausted"},
    )
    assert lab.run().predictions == 2
    assert lab.predicted() == [second, first, third]


def test_a_limit_ends_the_run_and_the_next_goes_on(lab: Lab) -> None:
    lab.give_up(batch(3))
    lab.letter(50)
    selection = Selection(limit=2)

    assert [lab.run(selection).predictions for _ in range(3)] == [2, 2, 0]
    assert len(set(lab.predicted())) == 4


def test_user_records_of_an_aggregate_come_back_one_by_one_with_their_own_ids(lab: Lab) -> None:
    users = [(f"user-{n}", json.dumps(envelopes.event(n)).encode()) for n in range(3)]
    expected = lab.give_up(envelopes.kinesis(envelopes.aggregate(users)))
    lab.run(Selection(limit=2))

    assert lab.found().on_failure == {expected[2]}
    lab.run()

    assert lab.predicted() == expected
    assert [prediction["source"]["subsequence"] for prediction in lab.scorer.predictions] == [0, 1, 2]
    assert [message.partition_key for message in lab.sink.acknowledged] == ["user-0", "user-1", "user-2"]


def test_an_object_larger_than_a_chunk_is_settled_chunk_by_chunk(lab: Lab) -> None:
    expected = lab.give_up(batch(7))
    left: list[int] = []

    lab.run(chunk_records=3, on_progress=lambda result: left.append(len(lab.found().on_failure)))

    assert lab.function.sizes == [3, 3, 1]
    assert left == [4, 1, 0]
    assert lab.predicted() == expected


def test_the_trail_tells_what_became_of_each_record(lab: Lab) -> None:
    (good,) = lab.give_up(batch(1, first=7))
    (bad,) = lab.quarantine(b"{")

    lab.run()

    lines = {line["prediction_id"]: line for line in lab.lines("redriven/")}
    assert {key: (line["from"], line["outcome"], line.get("code")) for key, line in lines.items()} == {
        good: (ON_FAILURE, "predicted", None),
        bad: (QUARANTINE, "quarantined", "INVALID_JSON"),
    }
    again = {"Records": [line["record"] for line in lines.values()]}
    assert set(ids(again)) == {good, bad}, "the record itself is kept"
    assert lines[good]["name"] == "aws/lambda/mapping/000000.json"


@pytest.fixture
def ignoring() -> Lab:
    """Its model ignores records whose `op` is "d"."""
    event = EventFormat(ignore=(IgnoreRule("/op", ("d",)),), events_per_record="many")
    return Lab(artifacts.artifact(event=event))


def test_what_is_no_event_has_a_result_of_its_own(ignoring: Lab) -> None:
    deleted, event = {"op": "d"}, envelopes.event(1)
    arrays = [deleted], [deleted, event], [deleted, {}]
    none, both, bad = ignoring.give_up(envelopes.kinesis(*(json.dumps(one).encode() for one in arrays)))

    trial = ignoring.run(dry=True)
    result = ignoring.run()

    outcomes = {line["prediction_id"]: line["outcome"] for line in ignoring.lines("redriven/")}
    assert outcomes == {none: "ignored", both: "predicted", bad: "quarantined"}
    for one in (trial, result):
        assert (one.predictions, one.ignored, one.quarantined.total(), one.complete) == (1, 1, 1, True)
    assert not ignoring.found().on_failure


def test_a_fault_that_the_source_found_is_not_lost(lab: Lab) -> None:
    record = read(batch(1)).records[0]
    record.fault = Fault(Code.INVALID_ENVELOPE, "/body", "expected a body")
    lab.put("quarantine/1.jsonl", entry(record, record.fault, 0.0))
    lab.put("aws/lambda/mapping/1.json", json.dumps({"payload": {"Records": [redrive.envelope(record)]}}))

    result = lab.run()

    assert result.quarantined == {Code.INVALID_ENVELOPE: 2}
    again, *_ = lab.lines("quarantine/")
    assert (again["code"], again["path"], again["detail"]) == (Code.INVALID_ENVELOPE, "/body", "expected a body")


@pytest.mark.parametrize(
    ("condition", "context"),
    [
        ("RecordAgeExceeded", {}),
        ("RetryAttemptsExhausted", {"responseContext": {"statusCode": 200, "functionError": None}}),
        ("RetryAttemptsExhausted", {"responseContext": {"statusCode": 200, "functionError": "Unhandled"}}),
    ],
)
def test_an_on_failure_object_as_recorded_on_aws_comes_back(lab: Lab, condition: str, context: dict[str, Any]) -> None:
    """Of records that are too old it has no `responseContext`; its name has no suffix."""
    stream = batch(2)
    document = {
        "requestContext": {
            "requestId": "e3b0c442-98fc-4c14-9afb-f4c8996fb924",
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:scorer:live",
            "condition": condition,
            "approximateInvokeCount": 1,
        },
        **context,
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "KinesisBatchInfo": {"shardId": SHARD, "batchSize": 2, "streamArn": STREAM_ARN},
        "payload": json.dumps(stream),
    }
    day = "2023/11/14/2023-11-14T22.13.20-b4e2b6a0-6d7c-4d0a-8f9e-0a1b2c3d4e5f"
    lab.put(f"aws/lambda/2d1d0f5c-5d2a-4c7a-9f5e-0a1b2c3d4e5f/{SHARD}/{day}", json.dumps(document))

    assert [group.reason for group in lab.redrive().survey(EVERYWHERE).groups] == [condition]
    result = lab.run()

    assert (sorted(lab.predicted()), result.complete) == (sorted(ids(stream)), True)
    assert lab.keys("aws/") == []


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "{}", '{"payload": "{}"}', '{"payload": {"Records": [{"eventSource": "aws:kinesis"}]}}', "\xff"],
)
def test_what_cannot_be_read_is_told_and_left(lab: Lab, body: str) -> None:
    lab.put("aws/lambda/mapping/1.json", body)
    lab.put("quarantine/1.jsonl", body)

    result = lab.run()

    assert result.unreadable == ["quarantine: quarantine/1.jsonl", "on-failure: aws/lambda/mapping/1.json"]
    assert not result.complete
    assert len(lab.keys("")) == 2


def test_an_entry_whose_id_is_not_that_of_its_position_is_left(lab: Lab) -> None:
    lab.quarantine(b"{")
    (entry,) = lab.lines("quarantine/")
    lab.put("quarantine/x.jsonl", json.dumps(entry | {"prediction_id": "0" * 64}))

    assert lab.run().unreadable == ["quarantine: quarantine/x.jsonl"]


def test_an_aggregate_that_can_be_taken_apart_by_now_is(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quarantined whole by a scorer that could not; then its user records have the ids that they were due."""
    data = envelopes.aggregate([("alice", json.dumps(envelopes.event(1)).encode()), ("bob", b"{")])
    with monkeypatch.context() as patch:
        patch.setattr("records.kpl._DIGEST_BYTES", 15)
        (whole,) = lab.quarantine(data)

    result = lab.run()

    position = (STREAM_ARN, SHARD, str(FIRST_SEQUENCE))
    assert whole == prediction_id(envelopes.MODEL, position)
    assert lab.predicted() == [prediction_id(envelopes.MODEL, position, 0)]
    assert lab.found().quarantined == {prediction_id(envelopes.MODEL, position, 1): "INVALID_JSON"}
    assert result.quarantined == {"INVALID_JSON": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-11-14", 1699920000.0),
        ("2023-11-14T22:13:20", 1700000000.0),
        ("2023-11-14T22:13:20Z", 1700000000.0),
        ("2023-11-14T23:13:20+01:00", 1700000000.0),
    ],
)
def test_times_are_utc_where_they_name_no_zone(text: str, expected: float) -> None:
    assert seconds(text) == expected


def test_a_time_that_is_none() -> None:
    with pytest.raises(RedriveError, match=r"expected a time .* got 'yesterday'"):
        seconds("yesterday")


def test_a_dry_run_reports_what_would_become_of_each_record_and_changes_nothing(lab: Lab) -> None:
    lab.give_up(batch(3))
    lab.letter()
    lab.quarantine(b"{", first=FIRST_SEQUENCE + 50)
    before, published = lab.found(), len(lab.predicted())

    result = lab.run(dry=True)

    assert (result.predictions, result.quarantined, result.complete) == (4, {"INVALID_JSON": 1}, True)
    assert (lab.found().ids(), len(lab.predicted()), lab.keys("redriven/")) == (before.ids(), published, [])
    assert lab.run().predictions == 4, "the records are all there, for the redrive itself"
