"""Clients that send what is no HTTP, or less than they announce, or slowly, or much: bytes on a socket."""

import gzip
import json
import re
import select
import socket
import time
from contextlib import ExitStack, closing, suppress

import pytest

from tests.fakes import artifacts
from tests.fakes.envelopes import MODEL, event
from tests.fakes.server import StoreServer, served
from tests.fakes.wait import wait_for

BODY = json.dumps(event()).encode()
LIMITS = {"BODY_SECONDS": "3", "KEEP_ALIVE_SECONDS": "2", "MAX_BODY_BYTES": "100000", "MAX_REQUESTS": "20"}
KEY = {"PUBLIC_PAGE": "true"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with StoreServer() as store:
        store.release(artifacts.artifact())
        with served(store.url, MODEL, tmp_path_factory.mktemp("server") / "log", **LIMITS, **KEY) as found:
            yield found.ready()
            assert found.stop() == 0
            errors = [line for line in found.lines if line["level"] == "ERROR"]
            assert errors == []


LENGTH = len(BODY)


def head(*lines, method="POST", target="/predict", length=LENGTH):
    fixed = [f"{method} {target} HTTP/1.1", "host: x", *([] if length is None else [f"content-length: {length}"])]
    return "\r\n".join([*fixed, *lines, "", ""]).encode("latin-1")


CHUNKED = "transfer-encoding: chunked"
IN_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (LENGTH, BODY)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UPGRADED = head("upgrade: h2c", "connection: upgrade, http2-settings", "http2-settings: AAMAAABkAAQAAP__")


def connected(server):
    found = socket.create_connection(("127.0.0.1", server.port))
    found.settimeout(20)
    return closing(found)


def answer(sock):
    """The status and what follows the head, of one response; None where the connection is closed without one."""
    received = b""
    while b"\r\n\r\n" not in received.removeprefix(CONTINUE):
        part = sock.recv(65536)
        if not part:
            assert received == b""
            return None
        received += part
    top, _, body = received.removeprefix(CONTINUE).partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", top)[1])
    while len(body) < length:
        body += sock.recv(65536)
    return int(top.split(b" ")[1]), body


def sent(server, *parts):
    with connected(server) as sock:
        for part in parts:
            sock.sendall(part)
        return answer(sock)


def test_a_body_after_an_upgrade_is_no_request_of_its_own(server):
    """A client could otherwise send a request that a proxy which passes the header on does not see."""
    hidden = head(method="GET", target="/v2", length=None)
    with connected(server) as sock:
        sock.sendall(head("upgrade: h2c", "connection: upgrade", length=len(hidden)) + hidden)
        assert answer(sock)[0] == 400
        assert answer(sock) is None


@pytest.mark.parametrize("at", [0, 10, len(BODY) - 1])
def test_a_body_after_an_upgrade_may_come_later(server, at):
    with connected(server) as sock:
        sock.sendall(UPGRADED + BODY[:at])
        assert server.status("/ping") == 200  # the server, which has one loop, has read what came before
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(1)
        sock.settimeout(20)
        sock.sendall(BODY[at:])
        assert answer(sock)[0] == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # TLS
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (head("a b: c"), 400),
        (head("x: a\0b"), 400),
        (head("content-length: 5"), 400),
        (head("content-length: -1", length=None), 400),
        (head("content-length: 99999999999999999999999", length=None), 400),
        (head(CHUNKED), 400),  # with a length, too
        (head("transfer-encoding: gzip, chunked, identity", length=None) + b"0\r\n\r\n", 400),
        (head(CHUNKED, length=None) + b"zz\r\n", 400),
        (head(CHUNKED, length=None) + IN_CHUNKS, 200),
        (head() + BODY, 200),
        (UPGRADED + BODY, 200),
        (head("upgrade: websocket", "connection: upgrade") + BODY + head() + BODY, 200),
        (head("upgrade: x", "connection: upgrade", CHUNKED, length=None) + IN_CHUNKS, 200),
        (head("upgrade: x", "connection: upgrade", method="GET", target="/v2", length=None), 200),
        (head("upgrade: x", "connection: upgrade", CHUNKED, length=None) + b"zz\r\n", 400),
        (head("expect: 100-continue", method="GET", target="/v2", length=None), 200),
        (head(target="/%ff%fe%00") + BODY, 404),
        (head(target="/predict?attributions=%ff") + BODY, 400),
        (head(target="/predict?" + "a=b&" * 10_000) + BODY, 200),
        (head(target="/predict?attributions=true%0d%0ax:%20y") + BODY, 400),
        (head("content-type: application/json\r\n\tx") + BODY, 400),
        (head("idempotency-key: \xff\xfe") + BODY, 400),
        (head("accept: \xff") + BODY, 406),
        (head(*[f"x-{i}: y" for i in range(2000)]) + BODY, 200),
        (head(method="BREW"), 400),
        (head(method="DELETE", length=None), 405),
        (head(method="OPTIONS", length=None), 405),
    ],
    ids=lambda value: str(value[:60]) if isinstance(value, bytes) else None,
)
def test_bytes_that_are_a_request_and_bytes_that_are_none(server, request_, status):
    found = sent(server, request_)
    assert found is not None
    assert found[0] == status, found
    if status >= 400:
        problem = json.loads(found[1])
        assert (problem["status"], bool(problem["code"])) == (status, True)
    assert server.predict(event()).status == 200


def test_two_requests_at_once_are_answered_in_their_order(server):
    with connected(server) as sock:
        other = json.dumps({"features": {}}).encode()
        sock.sendall(head() + BODY + head(length=len(other)) + other + head(method="GET", target="/v2", length=None))
        received = b""
        while received.count(b"HTTP/1.1 ") < 3 or b"binary_tensor_data" not in received:
            received += sock.recv(65536)
    assert [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400", b"200"]


HALF_BODIES = (
    (head(length=100),),  # nothing of the body
    (head(length=100), b"half"),
    (head(CHUNKED, length=None),),
    (head(CHUNKED, length=None), b"5\r\nha"),
    (UPGRADED,),
)
NO_REQUESTS = (b"", b"P", b"\r\n", b"POST /predict HTTP/1.1\r\nhost: x\r\n", head()[:-2])


def at_once(server, requests):
    """What comes on connections on which all of this is sent."""
    with ExitStack() as stack:
        socks = [stack.enter_context(connected(server)) for _ in requests]
        for sock, parts in zip(socks, requests, strict=True):
            for part in parts:
                sock.sendall(part)
        return [answer(sock) for sock in socks]


def test_a_body_that_does_not_come_is_waited_for_no_longer_than_set(server):
    for status, body in at_once(server, HALF_BODIES):
        assert (status, json.loads(body)["code"]) == (408, "BODY_TIMEOUT")
    wait_for(lambda: server.metric("millrace_requests_in_flight") <= 1)


def test_a_body_that_trickles_is_not_waited_for_longer(server):
    with connected(server) as sock:
        sock.sendall(head(length=1000))
        found = None
        for _ in range(100):
            try:
                sock.sendall(b" ")
                sock.settimeout(0.1)
                found = answer(sock)
                break
            except TimeoutError:
                continue
    assert found is not None
    assert found[0] == 408


def test_a_connection_on_which_no_request_comes_is_closed(server):
    assert at_once(server, [(part,) for part in NO_REQUESTS]) == [None] * len(NO_REQUESTS)


def test_a_connection_is_closed_when_nothing_follows_its_response(server):
    with connected(server) as sock:
        sock.sendall(head() + BODY)
        assert answer(sock)[0] == 200
        sock.sendall(b"\r\n")  # no request
        assert answer(sock) is None


def test_a_client_that_does_not_read_its_response_is_left(server):
    several = json.dumps([event(i) for i in range(300)]).encode()
    with closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.connect(("127.0.0.1", server.port))
        sock.settimeout(20)
        for _ in range(40):  # more than the buffers of both ends hold
            sock.sendall(head(length=len(several)) + several)
            if server.metric("millrace_requests_in_flight") > 1:
                break
        wait_for(lambda: server.metric("millrace_requests_in_flight") <= 1)


def test_what_a_client_leaves_half_done_is_forgotten(server):
    before = server.metric('millrace_events_total{outcome="failed"}')
    for part in (head(length=1000) + b"x", head() + BODY, b"PO"):
        with connected(server) as sock:
            sock.sendall(part)
    wait_for(lambda: server.metric("millrace_requests_in_flight") <= 1)
    assert server.metric('millrace_events_total{outcome="failed"}') == before
    assert server.predict(event()).status == 200


def test_more_requests_than_are_served_at_a_time_are_refused_and_health_is_not(server):
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(25)]
    try:
        began = time.monotonic()
        for one in held:
            one.sendall(head(length=100) + b"x")
        wait_for(lambda: server.predict(event()).status == 429 or time.monotonic() - began > 5)
        assert server.status("/ping") == server.status("/v2/health/live") == 200
    finally:
        for one in held:
            one.close()
    wait_for(lambda: server.predict(event()).status == 200)


def test_a_body_is_not_read_where_none_belongs(server):
    """Health and page are served without a key: nobody fills the memory through them."""
    with connected(server) as sock:
        sock.sendall(head(method="GET", target="/ping", length=90_000))
        assert answer(sock)[0] == 200
    assert sent(server, head(target="/ping", length=90_000))[0] == 405


ENDLESS = {
    "one header": (b"GET /ping HTTP/1.1\r\nx: ", b"y" * 4096),
    "headers": (b"GET /ping HTTP/1.1\r\n", b"x: y\r\n" * 500),
    "a target": (b"GET /", b"y" * 4096),
    "spaces": (b"GET /ping HTTP/1.1\r\nx:", b" " * 4096),
    "trailers": (head(CHUNKED, length=None) + b"1\r\n \r\n0\r\n", b"x: y\r\n" * 500),
    "an extension of a chunk": (head(CHUNKED, length=None) + b"1;", b"y" * 4096),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_head_without_an_end_is_refused(server, what):
    """Without a key: it would fill the memory before its time is over."""
    first, more = ENDLESS[what]
    with connected(server) as sock:
        sock.sendall(first)
        for _ in range(40):
            sock.sendall(more)
            assert server.status("/ping") == 200  # what was sent is read
            if select.select([sock], [], [], 0)[0]:
                break
        status, body = answer(sock)
        assert answer(sock) is None
    assert (status, json.loads(body)["code"]) == (431, "TOO_LARGE")


def test_a_large_head_that_ends_is_a_request(server):
    with connected(server) as sock:
        sock.sendall(b"POST /predict HTTP/1.1\r\nx: " + b"y" * 30_000)
        assert server.predict(event()).status == 200
        sock.sendall(b"\r\n" + head().partition(b"\r\n")[2] + BODY)
        assert answer(sock)[0] == 200


def test_requests_without_number_on_one_connection_are_not_queued(server):
    one = head(method="GET", target="/v2", length=None)
    with connected(server) as sock:
        sock.sendall(one * 2000)
        received = b""
        with suppress(ConnectionError):
            while part := sock.recv(1 << 20):
                received += part
    assert received.count(b"HTTP/1.1 ") < 200
    assert server.predict(event()).status == 200


def test_a_bomb_is_not_inflated(server):
    bomb = gzip.compress(b" " * 20_000_000)
    status, body = sent(server, head("content-encoding: gzip", length=len(bomb)) + bomb)
    assert (status, json.loads(body)["code"]) == (413, "TOO_LARGE")
