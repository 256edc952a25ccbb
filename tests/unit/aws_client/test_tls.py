import subprocess
import sys

import pytest

from aws_client.connection import Network, connect
from aws_client.endpoints import Origin
from aws_client.errors import NotConfigured, NotConnected
from aws_client.http1 import Request
from aws_client.pool import Pool
from aws_client.tls import Trust
from tests.fakes.certificates import Authority
from tests.fakes.http_server import HttpServer, answer, closing, silent

GET = Request("GET", "/", {"host": "test"})
OK = answer(200, b"ok")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def ask():
    """Asks a server over TLS, twice, so that the connection is used again."""
    pools = []

    def send(server, trust, host="127.0.0.1"):
        pools.append(Pool(trust, 1.0, 3.0))
        origin = Origin("https", host, server.port)
        return [pools[-1].send(origin, GET).body.read() for _ in range(2)]

    yield send
    for pool in pools:
        pool.close()


def test_a_certificate_of_the_named_bundle_is_trusted(authority, ask):
    with HttpServer([OK, OK], authority.server("127.0.0.1")) as server:
        assert ask(server, Trust({"AWS_CA_BUNDLE": str(authority.file)})) == [b"ok", b"ok"]
        assert server.connections == 1


def test_a_connection_that_was_closed_when_it_is_used_again_is_replaced(authority, ask):
    with HttpServer([OK, closing(), OK], authority.server("127.0.0.1")) as server:
        assert ask(server, Trust({"AWS_CA_BUNDLE": str(authority.file)})) == [b"ok", b"ok"]
        assert [asked.connection for asked in server.asked] == [0, 0, 1]


def test_a_host_of_another_name_is_refused(authority, ask):
    trust = Trust({"AWS_CA_BUNDLE": str(authority.file)})
    with HttpServer([], authority.server("kinesis.example")) as server:
        with pytest.raises(NotConnected, match="IP address mismatch"):
            ask(server, trust)
        with pytest.raises(NotConnected, match="Hostname mismatch"):
            ask(server, trust, "localhost")
        assert server.asked == [], "nothing was said to it"


@pytest.mark.parametrize("environment", [{}, {"AWS_CA_BUNDLE": "another"}], ids=["system", "another bundle"])
def test_an_unknown_authority_is_refused(authority, ask, tmp_path, environment):
    if environment:
        environment = {"AWS_CA_BUNDLE": str(Authority(tmp_path, "Another CA").file)}
    with (
        HttpServer([], authority.server("127.0.0.1")) as server,
        pytest.raises(NotConnected, match="unable to get local issuer certificate"),
    ):
        ask(server, Trust(environment))


def test_a_certificate_that_expired_is_refused(authority, ask):
    with (
        HttpServer([], authority.server("127.0.0.1", days_ago=2)) as server,
        pytest.raises(NotConnected, match="certificate has expired"),
    ):
        ask(server, Trust({"AWS_CA_BUNDLE": str(authority.file)}))


def test_a_server_without_tls_is_refused(ask):
    with HttpServer([]) as server, pytest.raises(NotConnected, match=f"127.0.0.1:{server.port}"):
        ask(server, Trust({}))


def test_amazons_roots_do_where_they_are_brought_along(authority, ask, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")  # the system has nothing to add
    with HttpServer([OK, OK], authority.server("127.0.0.1")) as server:
        assert ask(server, Trust({}, roots=authority.file)) == [b"ok", b"ok"]
        assert server.connections == 1


def test_where_they_do_not_do_the_system_is_asked_and_from_then_on_at_once(authority, ask, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    trust = Trust({}, roots=Authority(tmp_path, "Another CA").file)
    with HttpServer([OK] * 4, authority.server("127.0.0.1")) as server:
        assert ask(server, trust) == [b"ok", b"ok"]
        assert server.connections == 2, "the first was refused"
        assert ask(server, trust) == [b"ok", b"ok"]
        assert server.connections == 3


def test_a_named_bundle_is_the_only_one(authority, ask, tmp_path):
    trust = Trust({"AWS_CA_BUNDLE": str(Authority(tmp_path, "Another CA").file)}, roots=authority.file)
    with HttpServer([], authority.server("127.0.0.1")) as server, pytest.raises(NotConnected):
        ask(server, trust)


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_bundle_that_is_none_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)
    trust = Trust({"AWS_CA_BUNDLE": f"{tmp_path}/bundle.pem"})
    with HttpServer([]) as server, pytest.raises(NotConfigured, match=r"bundle\.pem"):
        connect(Origin("https", "127.0.0.1", server.port), 1.0, trust, Network())


def test_without_tls_nothing_is_imported_for_it():
    late = ("ssl", "urllib.parse", "xml", "http", "email")
    code = f"import sys, aws_client; print([name for name in {late} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_server_sends_of_itself_is_no_answer(authority):
    """With TLS 1.3 the session tickets make the socket readable before there is an answer."""
    with HttpServer([silent(), OK], authority.server("127.0.0.1")) as server:
        pool = Pool(Trust({"AWS_CA_BUNDLE": str(authority.file)}), 1.0, 3.0)
        origin = Origin("https", "127.0.0.1", server.port)
        first = pool.begin(origin, GET)
        assert not first.arrives(0.2)
        assert not first.arrives(0.0)
        first.close()
        second = pool.begin(origin, GET)
        assert second.arrives(3.0)
        assert second.answer_within(3.0).body.read() == b"ok"
        pool.close()
