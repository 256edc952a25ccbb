import pytest

from records.delivered import Delivered
from sources.errors import RecordsNotPublished, UnknownEventSource
from tests.fakes import envelopes
from tests.fakes.envelopes import read


@pytest.mark.parametrize(
    ("name", "source", "count"),
    [
        ("kinesis", "kinesis", 2),
        ("kinesis_aggregated", "kinesis", 3),
        ("sns", "sns", 1),
        ("sqs_notification", "sns", 2),
        ("sqs", "sqs", 2),
    ],
)
def test_every_recorded_envelope_gives_its_records(recorded, name, source, count):
    records = read(recorded(name)).records
    assert [record.source for record in records] == [source] * count
    assert [record.fault for record in records] == [None] * count
    assert len({record.prediction_id for record in records}) == count


@pytest.mark.parametrize(
    "event",
    [
        {},
        None,
        [],
        {"Records": None},
        {"Records": {}},
        {"Records": [{}]},
        {"Records": ["text"]},
        {"Records": [{"eventSource": "aws:codecommit"}]},
        {"Records": [{"eventSource": ["aws:sqs"]}]},
    ],
    ids=repr,
)
def test_an_unknown_event_source_raises(event):
    with pytest.raises(UnknownEventSource, match="check the trigger"):
        read(event)


def test_an_empty_batch_gives_an_empty_response():
    batch = read({"Records": []})
    assert batch.records == []
    assert batch.respond(Delivered()) == {"batchItemFailures": []}


@pytest.mark.parametrize("name", ["kinesis", "sns", "sqs"])
def test_success_is_an_empty_list_of_failures(recorded, name):
    assert read(recorded(name)).respond(Delivered()) == {"batchItemFailures": []}


def test_kinesis_hears_of_the_lowest_sequence_number_compared_as_an_integer():
    batch = read(envelopes.kinesis(b"{}", b"{}", first=99))  # "100" < "99" as text
    assert batch.respond(Delivered(batch.records[::-1])) == {"batchItemFailures": [{"itemIdentifier": "99"}]}
    assert batch.respond(Delivered(batch.records[1:])) == {"batchItemFailures": [{"itemIdentifier": "100"}]}


def test_kinesis_hears_of_an_aggregated_record_once(recorded):
    batch = read(recorded("kinesis_aggregated"))
    failures = batch.respond(Delivered(batch.records[1:]))["batchItemFailures"]
    assert failures == [{"itemIdentifier": batch.records[0].position}]


@pytest.mark.parametrize("name", ["sqs", "sqs_notification"])
def test_sqs_hears_of_every_message_by_its_own_id(recorded, name):
    event = recorded(name)
    batch = read(event)
    ids = [envelope["messageId"] for envelope in event["Records"]]
    assert batch.respond(Delivered(batch.records)) == {"batchItemFailures": [{"itemIdentifier": i} for i in ids]}
    assert batch.respond(Delivered(batch.records[1:])) == {"batchItemFailures": [{"itemIdentifier": ids[1]}]}


def test_direct_sns_has_no_partial_response_and_raises(recorded):
    batch = read(recorded("sns"))
    with pytest.raises(RecordsNotPublished, match="1 of 1"):
        batch.respond(Delivered(batch.records))
