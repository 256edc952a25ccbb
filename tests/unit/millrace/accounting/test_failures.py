import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from millrace.accounting.account import Found
from millrace.accounting.failures import Failures, on_failure_ids
from millrace.accounting.prediction import prediction
from millrace.stack import Stack
from records.identity import prediction_id
from sources.errors import UnknownEventSource
from tests.fakes import envelopes
from tests.fakes.envelopes import FIRST_SEQUENCE, MODEL, SHARD, STREAM_ARN, TOPIC_ARN
from tests.fakes.stack import prediction_document, stack

Client = Callable[[str], Any]
Put = Callable[[str, str], object]

KINESIS_ID = prediction_id(MODEL, (STREAM_ARN, SHARD, str(FIRST_SEQUENCE)))
SNS_ID = prediction_id(MODEL, (TOPIC_ARN, "10000000-0000-4000-8000-000000000000"))


@pytest.fixture
def running(aws: Client) -> Stack:
    return stack(aws)


@pytest.fixture
def put(aws: Client) -> Put:
    """Puts an object into the failure store."""
    s3 = aws("s3")
    return lambda key, body: s3.put_object(Bucket="failures", Key=key, Body=body.encode())


def found(running: Stack) -> Found:
    everything = Found()
    Failures(running).add_to(everything)
    return everything


def test_a_prediction_is_read_whole() -> None:
    arrival = datetime(2026, 1, 2, 3, 4, 5, 250_000, UTC).timestamp()

    result = prediction(prediction_document("id"), arrival + 1.5)

    assert (result.prediction_id, result.event_id) == ("id", "event of id")
    assert (result.version, result.variant) == ("7", "champion")
    assert (result.score, result.label, result.path) == (0.25, "yes", "event_stream")
    assert (result.arrived_at, result.latency) == (arrival, 1.5)


def test_of_many_scores_the_largest_counts() -> None:
    assert prediction(prediction_document("id", score=None, scores=[0.2, 0.7, 0.1]), 0.0).score == 0.7


def test_a_label_may_be_missing() -> None:
    assert prediction(prediction_document("id", label=None).decode(), 0.0).label is None


@pytest.mark.parametrize(
    ("source", "path"), [("kinesis", "event_stream"), ("sns", "event_topic"), ("sqs", "event_queue")]
)
def test_the_source_tells_the_way_in(source: str, path: str) -> None:
    document = prediction_document("id", source={"type": source, "arrived_at": "2026-01-02T03:04:05.250Z"})

    assert prediction(document, 0.0).path == path


@pytest.mark.parametrize("encode", [lambda event: event, json.dumps], ids=["object", "string"])
@pytest.mark.parametrize("member", ["payload", "requestPayload"])
def test_the_records_of_a_batch_that_was_given_up(member: str, encode: Callable[[Any], Any]) -> None:
    event = envelopes.kinesis({"event_id": "a"}, b"\xff")

    ids = on_failure_ids({"requestContext": {}, member: encode(event)}, MODEL)

    assert ids == [KINESIS_ID, prediction_id(MODEL, (STREAM_ARN, SHARD, str(FIRST_SEQUENCE + 1)))]


def test_an_asynchronous_invocation_that_was_given_up() -> None:
    assert on_failure_ids({"requestPayload": envelopes.sns("{}")}, MODEL) == [SNS_ID]


def test_an_on_failure_document_without_its_batch_is_an_error() -> None:
    """A batch that nobody can name must not pass as settled."""
    with pytest.raises(UnknownEventSource):
        on_failure_ids({"requestContext": {"condition": "RetryAttemptsExhausted"}}, MODEL)


def test_an_empty_failure_store(running: Stack) -> None:
    assert found(running).ids() == set()


def test_quarantine_is_listed_to_its_end(running: Stack, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    """More objects than one answer of S3 lists, some with several lines."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "5")
    for number in range(12):
        put(f"quarantine/2026/01/02/{number}.jsonl", json.dumps({"prediction_id": f"{number}", "code": "NOT_UTF8"}))
    lines = [json.dumps({"prediction_id": key, "code": "INVALID_JSON"}) for key in ("x", "y")]
    put("quarantine/2026/01/03/0.jsonl", "\n".join(lines) + "\n")

    quarantined = found(running).quarantined

    assert len(quarantined) == 14
    assert (quarantined["11"], quarantined["x"], quarantined["y"]) == ("NOT_UTF8", "INVALID_JSON", "INVALID_JSON")


def test_each_version_of_an_object_is_fetched_once(running: Stack, put: Put, aws: Client) -> None:
    failures = Failures(running)
    put("quarantine/1.jsonl", json.dumps({"prediction_id": "x", "code": "NOT_UTF8"}))
    failures.add_to(Found())
    put("quarantine/2.jsonl", json.dumps({"prediction_id": "y", "code": "NOT_UTF8"}))
    fetched: list[str] = []
    fetch = failures._objects.read
    failures._objects.read = lambda key, etag="": fetched.append(key) or fetch(key, etag)  # type: ignore[method-assign, func-returns-value]

    everything = Found()
    failures.add_to(everything)

    assert everything.quarantined == {"x": "NOT_UTF8", "y": "NOT_UTF8"}
    assert fetched == ["quarantine/2.jsonl"]


def test_what_was_redriven_is_not_there_any_more(running: Stack, put: Put, aws: Client) -> None:
    """An event is seen in one place only, also by whoever watched it move."""
    everything, failures = Found(), Failures(running)
    put("quarantine/1.jsonl", json.dumps({"prediction_id": "x", "code": "NOT_UTF8"}))
    put("aws/lambda/mapping/1.json", json.dumps({"payload": json.dumps(envelopes.kinesis(b"x", b"y"))}))
    failures.add_to(everything)
    aws("s3").delete_object(Bucket="failures", Key="quarantine/1.jsonl")
    put("aws/lambda/mapping/1.json", json.dumps({"payload": json.dumps(envelopes.kinesis(b"x"))}))

    failures.add_to(everything)

    assert everything.quarantined == {}
    assert everything.on_failure == {KINESIS_ID}


def test_the_on_failure_store(running: Stack, put: Put) -> None:
    put("aws/lambda/mapping/1.json", json.dumps({"payload": json.dumps(envelopes.kinesis(b"x"))}))
    put("aws/lambda/async/2.json", json.dumps({"requestPayload": envelopes.sns("{}")}))
    put("other/3.json", "not ours")

    everything = found(running)

    assert everything.on_failure == {KINESIS_ID, SNS_ID}
    assert everything.quarantined == {}


def test_dead_letters_are_looked_at_and_left(aws: Client, running: Stack) -> None:
    """Twelve: more than one answer of SQS brings."""
    sqs, url = aws("sqs"), running.outputs["sources"]["event_topic"]["dead_letter_queue_url"]
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(envelopes.notification("{}", number)))

    assert SNS_ID in found(running).dead_letters
    assert len(found(running).dead_letters) == 12, "shown again at once"
