"""What the adapter adds to botocore's clients: two steps, in a thread, and a wait that ends."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from aws_client.errors import TimedOut, is_failed_call, may_pass
from scorer.botocore_clients import BotocoreClient, BotocoreSession


class Slow:
    """A client whose calls answer when they may."""

    exceptions = SimpleNamespace(ClientError=RuntimeError)

    def __init__(self):
        self.may, self.calls = threading.Event(), []

    def get_object(self, **arguments):
        self.calls.append(arguments)
        assert self.may.wait(10)
        return {"ETag": '"1"'}

    def put_object(self, **arguments):
        raise self.exceptions.ClientError("no")


@pytest.fixture
def slow():
    slow = Slow()
    yield slow
    slow.may.set()


@pytest.fixture
def client(slow):
    with ThreadPoolExecutor(4) as threads:
        yield BotocoreClient(slow, threads)
        slow.may.set()


def test_calls_that_are_begun_are_under_way_together(slow, client):
    pending = [client.begin_get_object(Key=str(i)) for i in range(3)]
    assert not any(one.arrives(0.0) for one in pending)
    slow.may.set()
    assert [one() for one in pending] == [{"ETag": '"1"'}] * 3
    assert all(one.arrives(0.0) for one in pending)


def test_an_answer_that_does_not_come_in_time_is_a_failed_call(client):
    with pytest.raises(TimedOut) as raised:
        client.begin_get_object(Key="a")(0.01)
    assert is_failed_call(raised.value)
    assert may_pass(raised.value)


def test_within_bounds_calls_of_one_step_too(client):
    began = time.monotonic()
    with pytest.raises(TimedOut):
        client.within(0.01).get_object(Key="a")
    assert time.monotonic() - began < 9


def test_an_error_comes_with_the_answer(client):
    pending = client.begin_put_object(Key="a")
    assert pending.arrives(5.0)
    with pytest.raises(client.exceptions.ClientError):
        pending()


def test_a_session_makes_no_call_and_takes_the_attempts(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    session = BotocoreSession(1.0, 2.0, {**os.environ, "AWS_REGION": "eu-central-1"})
    config = session.client("s3", attempts=3)._client.meta.config
    assert config.retries["total_max_attempts"] == 3
    assert (config.connect_timeout, config.read_timeout, config.region_name) == (1.0, 2.0, "eu-central-1")
