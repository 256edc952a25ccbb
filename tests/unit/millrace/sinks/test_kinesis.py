"""Reading predictions from a Kinesis sink, with AWS in memory."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from botocore.exceptions import ClientError

from millrace.sinks.kinesis import KinesisPredictionReader
from millrace.stack import Stack
from tests.fakes.answers import refused
from tests.fakes.stack import prediction_document, stack

Client = Callable[[str], Any]
# Partition keys whose MD5 is in the first and in the second half.
KEYS = ("a", "b")


@pytest.fixture
def running(aws: Client) -> Stack:
    return stack(aws)


class ReadPredictions:
    """Takes what a reader reports."""

    def __init__(self) -> None:
        self.updates: list[Any] = []

    def __call__(self, update: Any) -> None:
        self.updates.append(update)

    @property
    def ids(self) -> list[str]:
        return [one.prediction_id for update in self.updates for one in update.predictions]


def put(kinesis: Any, *ids: str, data: bytes | None = None) -> None:
    for number, key in enumerate(ids):
        body = data or prediction_document(key)
        kinesis.put_record(StreamName="predictions", Data=body, PartitionKey=KEYS[number % len(KEYS)])


@pytest.mark.usefixtures("running")
def test_predictions_of_every_shard_are_read_from_now_on(aws: Client) -> None:
    kinesis, told = aws("kinesis"), ReadPredictions()
    put(kinesis, "too early")
    sink = KinesisPredictionReader(kinesis, "predictions")

    sink(told)
    put(kinesis, "1", "2", "3", "4")
    sink(told)
    sink(told)

    assert sorted(told.ids) == ["1", "2", "3", "4"]


@pytest.mark.usefixtures("running")
def test_from_an_earlier_time_the_older_ones_come_too(aws: Client) -> None:
    kinesis, told = aws("kinesis"), ReadPredictions()
    put(kinesis, "old", "older")

    KinesisPredictionReader(kinesis, "predictions", since=time.time() - 60)(told)

    assert sorted(told.ids) == ["old", "older"]


@pytest.mark.usefixtures("running")
def test_aggregated_predictions_are_single_ones(aws: Client) -> None:
    kinesis, told, aggregator = aws("kinesis"), ReadPredictions(), RecordAggregator()
    for key in ("1", "2", "3"):
        aggregator.add_user_record("a", prediction_document(key))
    sink = KinesisPredictionReader(kinesis, "predictions")
    sink(told)

    put(kinesis, "x", data=aggregator.clear_and_get().get_contents()[2])
    sink(told)

    assert told.ids == ["1", "2", "3"]


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("body", [b"no prediction", b"7", b"{}", b"\xf3\x89\x9a\xc2 damaged, and long enough"])
def test_what_is_no_prediction_is_counted_and_passed_over(aws: Client, body: bytes) -> None:
    kinesis, told = aws("kinesis"), ReadPredictions()
    sink = KinesisPredictionReader(kinesis, "predictions")
    sink(told)

    put(kinesis, "x", data=body)
    put(kinesis, "good")
    sink(told)

    assert told.ids == ["good"]
    assert sum(update.unreadable for update in told.updates) == 1


@pytest.mark.usefixtures("running")
def test_the_shards_that_follow_a_split_are_read_from_their_beginning(aws: Client) -> None:
    kinesis, told = aws("kinesis"), ReadPredictions()
    sink = KinesisPredictionReader(kinesis, "predictions")
    sink(told)
    (first, _) = kinesis.list_shards(StreamName="predictions")["Shards"]
    put(kinesis, "before")
    kinesis.split_shard(StreamName="predictions", ShardToSplit=first["ShardId"], NewStartingHashKey="1" + 30 * "0")
    put(kinesis, "after", "after too")

    for _ in range(3):
        sink(told)

    assert sorted(told.ids) == ["after", "after too", "before"]


@pytest.mark.usefixtures("running")
def test_an_iterator_that_expired_is_renewed_where_it_was(aws: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    kinesis, told = aws("kinesis"), ReadPredictions()
    sink = KinesisPredictionReader(kinesis, "predictions")
    sink(told)
    put(kinesis, "1", "2")
    sink(told)
    put(kinesis, "3", "4")
    read = kinesis.get_records

    def expired(**request: Any) -> Any:
        raise refused("GetRecords", "ExpiredIteratorException")

    monkeypatch.setattr(kinesis, "get_records", expired)
    sink(told)
    monkeypatch.setattr(kinesis, "get_records", read)
    sink(told)

    assert sorted(told.ids) == ["1", "2", "3", "4"]


@pytest.mark.usefixtures("running")
def test_a_shard_that_is_throttled_loses_nothing_and_keeps_none_from_the_others(
    aws: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinesis, told = aws("kinesis"), ReadPredictions()
    sink = KinesisPredictionReader(kinesis, "predictions")
    sink(told)
    put(kinesis, "1", "2")
    read, asked = kinesis.get_records, []

    def throttled(**request: Any) -> Any:
        asked.append(request["ShardIterator"])
        if request["ShardIterator"] == min(sink._iterators.values()):
            raise refused("GetRecords", "ProvisionedThroughputExceededException", "Rate exceeded")
        return read(**request)

    monkeypatch.setattr(kinesis, "get_records", throttled)
    with pytest.raises(ClientError, match="Rate exceeded"):
        sink(told)
    assert len(asked) == 2
    assert len(told.ids) == 1

    monkeypatch.setattr(kinesis, "get_records", read)
    sink(told)
    assert sorted(told.ids) == ["1", "2"]
