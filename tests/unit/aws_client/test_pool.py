"""Requests over real sockets: what a server may answer, and what becomes of the connection."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aws_client.endpoints import Origin
from aws_client.errors import ConnectionLost, NotConnected, TimedOut, Unreadable
from aws_client.http1 import MAX_HEADERS, MAX_INTERIM_ANSWERS, MAX_LINE_BYTES, Request
from aws_client.pool import MAX_IDLE, Pool
from aws_client.tls import Trust
from tests.fakes.http_server import HttpServer, Step, answer, closing, silent
from tests.fakes.wait import wait_for

GET = Request("GET", "/", {"host": "test"})
OK = answer(200, b"ok")


@pytest.fixture
def serve():
    """Starts a server by its script; `send(request)` asks it, and reads the body."""
    opened = []

    class Client:
        def __init__(self, *script, read_seconds=3.0):
            self.server = HttpServer(script).__enter__()
            self.pool = Pool(Trust({}), 1.0, read_seconds)
            opened.append(self)

        def send(self, request=GET, **more):
            sent = self.pool.send(Origin("http", "127.0.0.1", self.server.port), request, **more)
            return sent.head.status, sent.body.read()

    yield Client
    for client in opened:
        client.pool.close()
        client.server.__exit__()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(OK, (200, b"ok"), id="with a length"),
        pytest.param(answer(500, b""), (500, b""), id="empty"),
        pytest.param(b"HTTP/1.1 204 \r\n\r\n", (204, b""), id="no content"),
        pytest.param(answer(304), (304, b""), id="not modified"),
        pytest.param(answer(304, etag="x"), (304, b""), id="not modified, with headers"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length:2\r\n\r\nok", (200, b"ok"), id="no reason, no space"),
        pytest.param(b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok", (200, b"ok"), id="bare line feeds"),
        pytest.param(
            answer(200, b"2\r\nok\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", transfer_encoding="chunked"),
            (200, b"ok0123456789"),
            id="chunked",
        ),
        pytest.param(
            answer(200, b"1\r\nx\r\n0\r\nchecksum: 1\r\n\r\n", transfer_encoding="Chunked"), (200, b"x"), id="trailers"
        ),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, b"ok"), id="after an interim answer"),
    ],
)
def test_an_answer_is_read_to_its_end_and_the_connection_kept(serve, raw, expected):
    client = serve(raw, OK)
    assert client.send() == expected
    assert client.send() == (200, b"ok")
    assert [asked.connection for asked in client.server.asked] == [0, 0]


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(closing(b"HTTP/1.1 200 OK\r\n\r\nall of it"), id="no length"),
        pytest.param(answer(200, b"all of it", connection="Close"), id="connection: close"),
        pytest.param(answer(200, b"all of it").replace(b"HTTP/1.1", b"HTTP/1.0"), id="HTTP/1.0"),
    ],
)
def test_a_connection_that_ends_with_its_answer_is_not_kept(serve, step):
    client = serve(step, OK)
    assert client.send() == (200, b"all of it")
    assert client.send() == (200, b"ok")
    assert [asked.connection for asked in client.server.asked] == [0, 1]


def test_head_has_a_length_and_no_body(serve):
    client = serve(answer(200, b"").replace(b"content-length: 0", b"content-length: 5"), OK)
    assert client.send(GET._replace(method="HEAD")) == (200, b"")
    assert client.send() == (200, b"ok")
    assert client.server.connections == 1


def test_what_is_sent_is_what_was_asked(serve):
    client = serve(OK)
    client.send(Request("POST", "/path?a=b", {"host": "test", "x-amz-target": "T"}, b"\x00body"))
    (asked,) = client.server.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/path?a=b", b"\x00body")
    expected = {"host": "test", "x-amz-target": "T", "content-length": "5", "user-agent": "millrace"}
    assert asked.headers == expected


def test_an_empty_put_says_that_it_is_empty(serve):
    client = serve(OK)
    client.send(Request("PUT", "/", {"host": "test"}))
    assert client.server.asked[0].headers["content-length"] == "0"


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\n", "\r"])
def test_a_header_cannot_bring_another_line(value):
    with pytest.raises(ValueError, match="one line"):
        Request("GET", "/", {"host": value}).head()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"SSH-2.0-OpenSSH\r\n", id="another protocol"),
        pytest.param(b"HTTP/2 200 OK\r\n\r\n", id="another version"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="a short status"),
        pytest.param(b"HTTP/1.1 2x0 OK\r\n\r\n", id="a status that is no number"),
        pytest.param(b"\x00\xff\n\n", id="noise"),
        pytest.param(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", id="no header"),
        pytest.param(b"HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n", id="a folded header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nname : b\r\n\r\n", id="a space in a name"),
        pytest.param(b"HTTP/1.1 200 " + b"x" * (MAX_LINE_BYTES + 1), id="a line without end"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * (MAX_HEADERS + 1) + b"\r\n", id="too many headers"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * MAX_INTERIM_ANSWERS, id="interim answers only"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\nok", id="a length that is no number"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 30 + b"\r\n\r\n", id="an absurd length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok", id="two lengths"),
        pytest.param(
            answer(200, b"0\r\n\r\n", transfer_encoding="chunked", content_length="2"), id="length and chunks"
        ),
        pytest.param(answer(200, b"", transfer_encoding="gzip, chunked"), id="another coding"),
        pytest.param(answer(200, b"+2\r\nok\r\n0\r\n\r\n", transfer_encoding="chunked"), id="a chunk's sign"),
        pytest.param(answer(200, b"\r\n", transfer_encoding="chunked"), id="a chunk without size"),
        pytest.param(answer(200, b"f" * 16 + b"\r\n", transfer_encoding="chunked"), id="an absurd chunk"),
        pytest.param(
            answer(200, b"2\r\nokay\r\n0\r\n\r\n", transfer_encoding="chunked"), id="a longer chunk than told"
        ),
    ],
)
def test_what_is_not_http_is_unreadable_and_its_connection_not_kept(serve, raw):
    client = serve(raw, OK)
    with pytest.raises(Unreadable):
        client.send()
    assert client.send() == (200, b"ok")
    assert client.server.connections == 2


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((), id="at once"),
        pytest.param((b"HTTP/1.1 200 OK\r\ncont",), id="in the head"),
        pytest.param((answer(200, b"12345")[:-2],), id="in the body"),
        pytest.param((answer(200, b"5\r\n123", transfer_encoding="chunked"),), id="in a chunk"),
        pytest.param((answer(200, b"1\r\nx\r\n", transfer_encoding="chunked"),), id="between chunks"),
    ],
)
def test_an_answer_that_was_cut_off_is_none(serve, pieces):
    client = serve(closing(*pieces))
    with pytest.raises(ConnectionLost):
        client.send()
    assert len(client.server.asked) == 1


def test_an_idle_connection_that_the_server_closed_is_replaced(serve):
    client = serve(closing(OK), OK)
    client.send()
    (connection,) = client.pool._idle[Origin("http", "127.0.0.1", client.server.port)]
    deadline = time.monotonic() + 10
    while connection.usable:
        assert time.monotonic() < deadline
    assert client.send() == (200, b"ok")
    assert len(client.server.asked) == 2


def test_a_connection_that_is_closed_when_it_is_used_again_is_replaced_once(serve):
    """As after a sleep of the container: the server's farewell comes when the request is on its way."""
    client = serve(OK, closing(), OK, closing(), closing())
    client.send()
    assert client.send() == (200, b"ok")
    assert [asked.connection for asked in client.server.asked] == [0, 0, 1]
    with pytest.raises(ConnectionLost):
        client.send()
    assert len(client.server.asked) == 5, "the new one was not replaced again"


def test_an_answer_that_broke_off_is_not_asked_for_again(serve):
    client = serve(OK, closing(b"HTTP/1.1 2"))
    client.send()
    with pytest.raises(ConnectionLost):
        client.send()
    assert len(client.server.asked) == 2


def test_what_nobody_asked_for_ends_a_connection(serve):
    client = serve(OK + b"HTTP/1.1 500 Smuggled\r\n\r\n", OK)
    client.send()
    assert client.send() == (200, b"ok")
    assert client.server.connections == 2


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200",), (answer(200, b"12345")[:-2],)], ids=repr)
def test_an_answer_that_does_not_come_in_time_is_none(serve, pieces):
    client = serve(silent(*pieces), read_seconds=0.2)
    started = time.monotonic()
    with pytest.raises(TimedOut):
        client.send()
    assert 0.15 < time.monotonic() - started < 3


def test_an_answer_that_comes_byte_by_byte_gets_no_more_time():
    """A bound on each read alone would let a call run on past the end of the invocation."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:

        def drip():
            connected, _ = listener.accept()
            with connected:
                connected.recv(65536)
                connected.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                connected.settimeout(0.05)
                while True:
                    try:
                        if not connected.recv(1):
                            return
                    except TimeoutError:
                        connected.sendall(b"x")
                    except OSError:
                        return

        dripping = threads.submit(drip)
        pool, started = Pool(Trust({}), 1.0, 0.4), time.monotonic()
        with pytest.raises(TimedOut):
            pool.send(Origin("http", "127.0.0.1", listener.getsockname()[1]), GET).body.read()
        assert time.monotonic() - started < 5
        dripping.result()


def test_a_large_body_has_time_for_each_of_its_pieces(serve):
    client = serve(Step((answer(200, b"x" * 1_000_000)[:-1], b"x")))
    assert client.send(streamed=True) == (200, b"x" * 1_000_000)


def test_a_body_beyond_the_limit_is_not_read(serve):
    client = serve(answer(200, b"12345"))
    sent = client.pool.send(Origin("http", "127.0.0.1", client.server.port), GET)
    with pytest.raises(Unreadable, match="at most 4 bytes"):
        sent.body.read(4)


@pytest.mark.parametrize("give_up", [lambda body: body.close(), lambda body: body.__del__()], ids=["closed", "let go"])
def test_a_body_that_is_given_up_takes_its_connection_along(serve, give_up):
    client = serve(answer(200, b"12345"), OK)
    give_up(client.pool.send(Origin("http", "127.0.0.1", client.server.port), GET).body)
    assert client.send() == (200, b"ok")
    assert client.server.connections == 2


def test_a_refusal_is_read_though_the_server_took_not_all_of_the_request():
    """A server that has had enough answers, and closes; what is still being sent then fails."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:

        def refuse():
            connected, _ = listener.accept()
            with connected:
                connected.recv(1000)
                connected.sendall(answer(503, b"slow down"))
                connected.shutdown(socket.SHUT_WR)
                while connected.recv(65536):
                    pass

        refused = threads.submit(refuse)
        pool = Pool(Trust({}), 1.0, 3.0)
        request = Request("PUT", "/", {"host": "test"}, b"x" * 5_000_000)
        sent = pool.send(Origin("http", "127.0.0.1", listener.getsockname()[1]), request)
        assert (sent.head.status, sent.body.read()) == (503, b"slow down")
        pool.close()
        refused.result()


def test_a_server_that_takes_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pool, started = Pool(Trust({}), 1.0, 0.3), time.monotonic()
        request = Request("PUT", "/", {"host": "test"}, b"x" * 20_000_000)
        with pytest.raises(TimedOut, match="could not be sent"):
            pool.send(Origin("http", "127.0.0.1", listener.getsockname()[1]), request)
        assert time.monotonic() - started < 3


def test_calls_at_once_have_connections_of_their_own_and_only_some_are_kept(serve):
    count = MAX_IDLE + 4
    client = serve(*[OK] * (3 * count))
    origin = Origin("http", "127.0.0.1", client.server.port)
    bodies = [client.pool.send(origin, GET).body for _ in range(count)]
    assert client.server.connections == count
    assert [body.read() for body in bodies] == [b"ok"] * count
    assert len(client.pool._idle[origin]) == MAX_IDLE
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: client.send(), range(count))) == {(200, b"ok")}
    assert client.server.connections == count, "those that were kept did"


def test_nobody_listening_is_no_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotConnected, match=f"127.0.0.1:{port}: ConnectionRefusedError"):
        Pool(Trust({}), 1.0, 3.0).send(Origin("http", "127.0.0.1", port), GET)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".invalid", "."])
def test_a_name_without_address_is_no_connection(host):
    with pytest.raises(NotConnected):
        Pool(Trust({}), 1.0, 3.0).send(Origin("http", host, 80), GET)


def test_all_addresses_of_a_name_together_have_the_time_to_connect(monkeypatch):
    """One each would take twenty seconds."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # A full backlog: further connections are neither taken nor refused.
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(address)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 50
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        started = time.monotonic()
        with pytest.raises(NotConnected, match="TimeoutError"):
            Pool(Trust({}), 0.4, 3.0).send(Origin("http", "many.example", 80), GET)
        assert time.monotonic() - started < 10
        for sock in waiting:
            sock.close()


def test_requests_are_on_their_way_together_and_their_answers_read_in_any_order(serve):
    client = serve(*[answer(200, b"%d" % i) for i in range(3)])
    asked = [client.pool.begin(Origin("http", "127.0.0.1", client.server.port), GET) for _ in range(3)]
    assert sorted(one.answer().body.read() for one in reversed(asked)) == [b"0", b"1", b"2"]
    assert client.server.connections == 3


def test_an_answer_that_came_in_time_counts_though_it_is_read_late(serve):
    """Another one was waited for until the time of all was over."""
    client = serve(answer(200, b"x" * 10_000), silent(), read_seconds=0.3)
    origin = Origin("http", "127.0.0.1", client.server.port)
    asked = client.pool.begin(origin, GET)
    wait_for(lambda: not asked._connection.usable)  # its answer is there, by the first step of the script
    with pytest.raises(TimedOut):
        client.pool.begin(origin, GET).answer()
    assert asked.answer().body.read() == b"x" * 10_000


def test_a_stale_connection_is_replaced_though_other_requests_are_on_their_way(serve):
    client = serve(answer(200, b"ok", connection="close"), *[OK] * 3)
    origin = Origin("http", "127.0.0.1", client.server.port)
    client.send()
    asked = [client.pool.begin(origin, GET) for _ in range(2)]
    assert [one.answer().body.read() for one in asked] == [b"ok"] * 2


def test_a_body_that_can_be_made_again_is_not_kept_and_sent_again_all_the_same(serve):
    """The server takes the request on a connection that was idle, and closes it without a byte."""
    client = serve(OK, closing(), OK)
    origin, made = Origin("http", "127.0.0.1", client.server.port), []
    client.send()
    request = Request("POST", "/", {"host": "test"}, b"body")
    asked = client.pool.begin(origin, request, remake=lambda: made.append(1) or b"body")
    assert made == []
    assert asked.answer().body.read() == b"ok"
    assert (made, [one.body for one in client.server.asked]) == ([1], [b"", b"body", b"body"])
