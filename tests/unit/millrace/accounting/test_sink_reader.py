import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from millrace.accounting import sink_reader
from millrace.accounting.prediction import Prediction
from millrace.accounting.sink_reader import SinkReader
from millrace.errors import UserError
from millrace.stack import Stack
from tests.fakes.stack import prediction_document, stack
from tests.fakes.wait import wait_for

Client = Callable[[str], Any]
Publish = Callable[..., None]

# Partition keys whose MD5 lies in the first and in the second half.
KEYS = ("a", "b")


@pytest.fixture
def running(aws: Client) -> Stack:
    return stack(aws)


class Seen:
    """Takes what a reader delivers."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.latest: Prediction | None = None

    def __call__(self, predictions: Sequence[Prediction]) -> None:
        self.ids += [prediction.prediction_id for prediction in predictions]
        self.latest = predictions[-1]


@pytest.fixture
def publish(aws: Client) -> Publish:
    """Puts predictions into the sink, over all its shards."""
    kinesis = aws("kinesis")

    def put(*keys: str, body: bytes | None = None) -> None:
        for number, key in enumerate(keys):
            data = prediction_document(key) if body is None else body
            kinesis.put_record(StreamName="predictions", Data=data, PartitionKey=KEYS[number % len(KEYS)])

    return put


def test_predictions_of_every_shard_are_read_as_they_arrive(running: Stack, publish: Publish) -> None:
    seen, before = Seen(), time.time()
    publish("too early")

    with SinkReader(running, seen) as reader:
        publish("a", "b", "c", "d")
        wait_for(lambda: len(seen.ids) >= 4)
        reader.check()

    assert sorted(seen.ids) == ["a", "b", "c", "d"]
    assert seen.latest is not None
    assert before - 1 <= seen.latest.published_at <= time.time() + 1


def test_from_the_start_the_older_ones_come_too(running: Stack, publish: Publish) -> None:
    seen = Seen()
    publish("old", "older")

    with SinkReader(running, seen, since=0.0):
        publish("new")
        wait_for(lambda: len(seen.ids) >= 3)

    assert sorted(seen.ids) == ["new", "old", "older"]


def test_deliveries_come_one_at_a_time(running: Stack, publish: Publish) -> None:
    under_way, most = [0], [0]

    def slow(predictions: Sequence[Prediction]) -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        threading.Event().wait(0.05)  # long enough for the other thread to come in
        under_way[0] -= 1
        delivered.extend(predictions)

    delivered: list[Prediction] = []
    publish(*map(str, range(8)))
    with SinkReader(running, slow, since=0.0):
        wait_for(lambda: len(delivered) == 8)

    assert most == [1]


def test_what_ends_a_reading_thread_is_raised_by_check(running: Stack, publish: Publish) -> None:
    with SinkReader(running, Seen()) as reader:
        publish("x", body=b"no prediction")
        wait_for(lambda: reader.error is not None)
        with pytest.raises(UserError, match="expected predictions, got 1 records of another kind"):
            reader.check()


def test_it_closes_promptly(running: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for its next look."""
    monkeypatch.setattr(sink_reader, "PAUSE_SECONDS", 600.0)
    before = set(threading.enumerate())
    with SinkReader(running, Seen()):
        assert set(threading.enumerate()) - before
        began = time.monotonic()

    assert time.monotonic() - began < 60
    assert set(threading.enumerate()) <= before


def test_an_interrupted_opening_leaves_no_thread(running: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    before, reader = set(threading.enumerate()), SinkReader(running, Seen())

    def fails() -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(reader._reader, "open", fails)
    with pytest.raises(ConnectionError, match="gone"):
        reader.__enter__()

    assert set(threading.enumerate()) <= before


def test_another_type_of_sink_cannot_be_watched(running: Stack) -> None:
    running.outputs["prediction_sink"]["type"] = "sqs"

    with pytest.raises(UserError, match="can be read next to its consumers, got type sqs"):
        SinkReader(running, Seen())
