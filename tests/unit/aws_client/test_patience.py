"""Calls that are awaited a little at a time, and calls that all end by a time; over real sockets."""

import time
from contextlib import suppress

import pytest

from aws_client.connection import Network
from aws_client.errors import CallFailed, ConnectionLost, NotConnected, TimedOut
from tests.fakes.garbage import left
from tests.fakes.http_server import answer, closing, silent
from tests.fakes.wait import look_until_true

OBJECT = answer(200, b"body", etag='"1"')
SHORT = 0.2
LONG = 30.0  # a timeout that no test waits for


@pytest.fixture
def asking(scripted):
    """Starts a server by its script, and a client of it."""

    def start(*script, **more):
        loop = scripted(*script, **more)
        return loop, loop.session.client("s3", attempts=3)

    return start


def ask(s3):
    return s3.begin_get_object(Bucket="b", Key="k")


def test_an_answer_is_collected_when_it_is_there(asking):
    loop, s3 = asking(OBJECT, OBJECT)
    pending = ask(s3)
    assert pending.arrives(3.0)
    assert pending.arrives(0.0)
    found = pending(3.0)
    assert (found["ETag"], found["Body"].read()) == ('"1"', b"body")
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == b"body"
    assert loop.server.connections == 1


def test_waiting_in_vain_loses_nothing(asking):
    _, s3 = asking(silent(), read_seconds=0.1)
    pending = ask(s3)
    began = time.monotonic()
    assert not any(pending.arrives(seconds) for seconds in (0.0, 0.1, 0.0))
    assert time.monotonic() - began < 3
    pending.close()


def test_no_other_call_uses_a_connection_whose_answer_is_still_to_come(asking):
    loop, s3 = asking(OBJECT, silent(), OBJECT)
    s3.get_object(Bucket="b", Key="k")["Body"].read()
    pending = ask(s3)
    assert look_until_true(lambda: len(loop.server.asked) == 2, 30)  # or the next call could get its step of the script
    assert not s3.has_idle(Bucket="b")
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == b"body"
    assert [asked.connection for asked in loop.server.asked] == [0, 0, 1]
    pending.close()


@pytest.mark.parametrize("first", [(), (b"HTTP/1.1 200 OK\r\n",), (OBJECT[:-2],)], ids=["nothing", "a line", "half"])
def test_a_connection_on_which_a_call_timed_out_is_never_used_again(asking, first):
    loop, s3 = asking(silent(*first), OBJECT)
    pending = ask(s3)
    with pytest.raises(TimedOut):
        pending(SHORT)["Body"].read()
    assert look_until_true(lambda: loop.server.asked, 30)  # or the next call could get its step of the script
    assert not s3.has_idle(Bucket="b")
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == b"body"
    assert [asked.connection for asked in loop.server.asked] == [0, 1]


def test_a_call_that_is_given_up_leaves_no_connection(asking):
    _, s3 = asking(silent(), OBJECT)
    ask(s3).close()
    ask(s3)  # forgotten: no warning of an open socket
    assert not s3.has_idle(Bucket="b")


def test_an_error_of_the_service_comes_with_the_answer(asking):
    _, s3 = asking(answer(304))
    pending = ask(s3)
    with pytest.raises(s3.exceptions.ClientError, match="304"):
        pending(3.0)


def test_a_closed_connection_is_an_answer_that_is_lost_and_nothing_is_sent_again(asking):
    loop, s3 = asking(OBJECT, closing())
    s3.get_object(Bucket="b", Key="k")["Body"].read()
    pending = ask(s3)
    assert pending.arrives(3.0)
    with pytest.raises(ConnectionLost):
        pending(3.0)
    assert len(loop.server.asked) == 2


def test_whether_a_connection_is_open_is_told_without_a_request(asking):
    loop, s3 = asking(OBJECT)
    assert not s3.has_idle(Bucket="b")
    s3.get_object(Bucket="b", Key="k")["Body"].read()
    assert s3.has_idle(Bucket="b")
    assert s3.has_idle(Bucket="b")
    assert len(loop.server.asked) == 1


@pytest.mark.parametrize(
    "script",
    [
        pytest.param((silent(),) * 3, id="no answer"),
        pytest.param((silent(OBJECT[:-2]),) * 3, id="half a body"),
        pytest.param((answer(503),) * 3, id="errors, with pauses between attempts"),
        pytest.param((OBJECT, silent(), silent()), id="on a kept connection"),
    ],
)
def test_within_a_time_everything_ends(asking, script):
    """Attempts, pauses, connections and bodies, all together."""
    loop, s3 = asking(*script, read_seconds=LONG)
    if script[0] == OBJECT:
        s3.get_object(Bucket="b", Key="k")["Body"].read()
    bounded, began = s3.within(SHORT), time.monotonic()
    with pytest.raises(CallFailed):
        bounded.get_object(Bucket="b", Key="k")["Body"].read()
    assert time.monotonic() - began < LONG / 4  # far below a read timeout; on a busy machine
    assert sum(loop.slept) < SHORT


def test_a_call_without_time_for_another_attempt_leaves_no_error_behind(asking):
    _, s3 = asking(*(answer(503),) * 2)

    def call() -> None:
        with suppress(CallFailed):
            s3.within(SHORT).get_object(Bucket="b", Key="k")

    assert "ServiceError" not in left(call)


def test_a_time_that_is_over_opens_no_connection(asking):
    loop, s3 = asking(OBJECT)
    with pytest.raises(NotConnected, match="no time is left"):
        s3.within(-1.0).get_object(Bucket="b", Key="k")
    assert loop.server.connections == 0


def test_a_bound_ends_with_its_call(asking, monkeypatch):
    """The next call on the same connection has all its time, also when that of the first one is over."""
    passed = 0.0
    monkeypatch.setattr(Network, "clock", staticmethod(lambda: time.monotonic() + passed))
    loop, s3 = asking(OBJECT, OBJECT, read_seconds=LONG)
    s3.within(LONG).get_object(Bucket="b", Key="k")["Body"].read()
    passed = 2 * LONG
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == b"body"
    assert [asked.connection for asked in loop.server.asked] == [0, 0]


def test_the_tighter_bound_holds(asking):
    _, s3 = asking(silent(), read_seconds=LONG)
    began = time.monotonic()
    with pytest.raises(CallFailed):
        s3.within(SHORT).within(60.0).get_object(Bucket="b", Key="k")
    assert time.monotonic() - began < LONG / 4
