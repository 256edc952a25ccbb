"""The server as a process: readiness, releases, limits, keys, its metrics and log, and its end."""

import hashlib
import json
import signal
import socket
import threading
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.fakes import artifacts
from tests.fakes.envelopes import MODEL, event
from tests.fakes.server import StoreServer, served
from tests.fakes.wait import wait_for


@pytest.fixture(scope="module")
def second():
    return artifacts.artifact(version="2", seed=2)


@pytest.fixture
def store():
    with StoreServer() as found:
        yield found


@pytest.fixture
def log(tmp_path):
    return tmp_path / "server.log"


def test_it_is_ready_only_with_a_verified_model(store, artifact, log):
    with served(store.url, MODEL, log) as server:
        wait_for(lambda: server.status("/v2/health/live") == 200)
        assert server.status("/ping") == 503
        refused = server.predict(event())
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) > 0
        store.release(artifact)
        server.ready()
        reply = server.predict(event())
        assert reply.status == 200
        assert reply.json["model"]["version"] == artifact.manifest.version
        assert server.stop() == 0


def test_a_model_that_does_not_verify_never_becomes_ready(store, artifact, log):
    store.release(artifact)
    path = next(path for path in store.objects if path.endswith("model.ubj"))
    store.objects[path] = store.objects[path][:-1] + b"?"
    with served(store.url, MODEL, log) as server:
        wait_for(lambda: "SHA-256" in log.read_text() or "sha256" in log.read_text())
        assert server.status("/ping") == 503
        assert server.stop() == 0


def test_a_release_is_swapped_under_load_without_a_failed_or_mixed_answer(store, artifact, second, log):
    store.release(artifact)
    with served(store.url, MODEL, log) as server:
        server.ready()
        expected = {}
        seen, failed, end = [], [], threading.Event()
        expected["1"] = server.predict(event()).json["score"]

        def load():
            body = json.dumps([event(), event()]).encode()
            with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
                while not end.is_set():
                    connection.request("POST", "/predict", body, {"content-type": "application/json"})
                    response = connection.getresponse()
                    text = response.read()
                    if response.status != 200:
                        failed.append(response.status)
                        continue
                    seen.append({(one["model"]["version"], one["score"]) for one in json.loads(text)["predictions"]})

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            wait_for(lambda: len(seen) > 50)
            store.release(second, at=1_800_000_100.0)
            wait_for(lambda: seen and {version for version, _ in seen[-1]} == {"2"})
        finally:
            end.set()
            for thread in threads:
                thread.join()
        expected["2"] = server.predict(event()).json["score"]
        assert failed == []
        assert all(len(found) == 1 for found in seen)  # both events of a request by one version
        assert set().union(*seen) == set(expected.items())
        assert server.metric('millrace_release_info{champion="2"}') == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_without_losing_a_request(store, artifact, log, number):
    store.release(artifact)
    with served(store.url, MODEL, log) as server:
        server.ready()
        body = json.dumps(event()).encode()
        answered, lost, begun = [], [], threading.Event()

        def load():
            """A client that keeps its connection, and leaves where the server asks for it."""
            with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
                asked_to_leave = False
                while not asked_to_leave:
                    try:
                        connection.request("POST", "/predict", body, {"content-type": "application/json"})
                        response = connection.getresponse()
                        response.read()
                    except OSError as error:
                        lost.append(repr(error))
                        return
                    answered.append(response.status)
                    asked_to_leave = response.headers.get("connection") == "close"
                    if len(answered) > 100:
                        begun.set()

        slow = socket.create_connection(("127.0.0.1", server.port))
        head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        slow.sendall(head.encode() + body[:10])  # a request that is half there when the signal comes
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert begun.wait(20)
        server.process.send_signal(number)
        for thread in threads:
            thread.join()
        assert server.status("/ping") == 503  # still listening: the slow request is not done
        slow.sendall(body[10:])
        assert slow.recv(100).startswith(b"HTTP/1.1 200 OK")
        slow.close()
        assert server.process.wait(30) == 0
        assert lost == []
        assert set(answered) == {200}


def test_keys_protect_everything_but_health_and_metrics(store, artifact, log):
    store.release(artifact)
    hashes = f"shop:{hashlib.sha256(b'right').hexdigest()},till:{hashlib.sha256(b'other').hexdigest()}"
    with served(store.url, MODEL, log, API_KEY_HASHES=hashes) as server:
        server.ready()
        assert server.status("/metrics") == server.status("/v2/health/ready") == 200
        for headers in (
            {},
            {"x_api_key": "wrong"},
            {"authorization": "Bearer wrong"},
            {"authorization": "Basic right"},
        ):
            reply = server.predict(event(), **headers)
            assert (reply.status, reply.json["code"]) == (401, "UNAUTHORIZED")
            assert reply.headers["www-authenticate"].startswith("Bearer")
        assert server.request("GET", f"/v2/models/{MODEL}").status == 401
        ids = {
            server.predict(event(), idempotency_key="one", **headers).json["prediction_id"]
            for headers in ({"x_api_key": "right"}, {"authorization": "bearer right"}, {"x_api_key": "other"})
        }
        assert len(ids) == 2  # the key's name is the caller, and part of the identity


def test_limits(store, artifact, log):
    store.release(artifact)
    limits = {"MAX_BODY_BYTES": "2000", "BODY_SECONDS": "1", "MAX_CONNECTIONS": "8"}
    with served(store.url, MODEL, log, **limits) as server:
        server.ready()
        large = server.request("POST", "/predict", b"x" * 3000, content_type="application/json")
        assert (large.status, large.json["code"], large.headers["connection"]) == (413, "TOO_LARGE", "close")
        with socket.create_connection(("127.0.0.1", server.port)) as chunked:
            chunked.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            chunked.sendall(b"7d0\r\n" + b"x" * 2000 + b"\r\n" + b"7d0\r\n" + b"x" * 2000 + b"\r\n")
            assert chunked.recv(100).startswith(b"HTTP/1.1 413 ")
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf")
            assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
        try:
            wait_for(lambda: server.status("/ping") == 503)
        finally:
            for one in held:
                one.close()
        wait_for(lambda: server.status("/ping") == 200)


def test_a_response_is_sent_as_a_whole(store, artifact, log):
    """So that none is cut where the process is killed: its head and its body arrive together."""
    store.release(artifact)
    body = json.dumps(event()).encode()
    request = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    head = b"HEAD /v2 HTTP/1.1\r\nhost: x\r\n\r\n"
    with served(store.url, MODEL, log) as server, socket.create_connection(("127.0.0.1", server.ready().port)) as one:
        one.settimeout(20)
        for _ in range(200):
            one.sendall(request)
            top, _, rest = one.recv(65536).partition(b"\r\n\r\n")
            assert b"content-length: %d" % len(rest) in top
            assert json.loads(rest)["score"]
        one.sendall(head)
        assert one.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_metrics_and_the_log_have_numbers_and_no_payloads(store, artifact, log):
    store.release(artifact)
    with served(store.url, MODEL, log, SERVICE_NAME="web") as server:
        server.ready()
        marked = event() | {"event_id": "a-secret-id"}
        assert server.predict([marked, event(1)]).status == 200
        assert server.predict({"event_id": "a-secret-id"}).status == 400
        assert server.request("GET", "/nothing").status == 404
        assert server.metric('millrace_requests_total{status="200"}') >= 1
        assert server.metric('millrace_requests_total{status="400"}') == 1
        assert server.metric('millrace_events_total{outcome="predicted"}') == 2
        assert server.metric('millrace_events_total{outcome="rejected"}') == 1
        assert server.metric("millrace_ready") == 1
        assert server.metric("millrace_request_seconds_count") >= 4
        assert server.stop() == 0
        assert "a-secret-id" not in log.read_text()
        line = server.lines[-2]
        assert line["ServiceName"] == "web"
        assert (line["Predictions"], line["Rejected"], line["ClientErrors"], line["Failed"]) == (2, 1, 2, 0)


def test_a_wrong_setting_ends_it_with_the_variable_s_name(store, log):
    with served(store.url, MODEL, log, BATCH_WAIT_MS="soon") as server:
        assert server.process.wait(20) == 2
        assert log.read_text().startswith("error: BATCH_WAIT_MS: expected a whole number")
