"""Credentials from a container's endpoint, as ECS, EKS and SnapStart give them: on a real server, with refresh."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aws_client.container_credentials import REFRESH_SECONDS, RETRY_SECONDS
from aws_client.credentials import Credentials, source
from aws_client.errors import CredentialsUnavailable, NotConfigured, may_pass
from aws_client.pool import Pool
from aws_client.tls import Trust
from tests.fakes.http_server import HttpServer, answer, closing

BEGIN = datetime(2026, 11, 28, tzinfo=UTC).timestamp()
HOUR = 3600.0
FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN, TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"


def keys(number: int, expires: float) -> bytes:
    expiration = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    members = {"AccessKeyId": f"AKID{number}", "SecretAccessKey": "s", "Token": "t", "Expiration": expiration}
    return answer(200, json.dumps(members | {"RoleArn": "arn:aws:iam::123456789012:role/r"}).encode())


class Clock:
    now = BEGIN

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def found(environment: dict[str, str], clock: Clock):
    return source(environment, Pool(Trust(environment), 1.0, 3.0), clock)


def test_they_are_fetched_once_and_again_before_they_expire(clock):
    with HttpServer([keys(1, BEGIN + HOUR), keys(2, BEGIN + 2 * HOUR)]) as server:
        current = found({FULL: f"{server.url}/v1/creds?id=1", TOKEN: "Basic abc"}, clock)
        assert current() == current() == Credentials("AKID1", "s", "t")
        clock.now = BEGIN + HOUR - REFRESH_SECONDS - 1
        assert current().access_key == "AKID1"
        clock.now += 1
        assert current().access_key == "AKID2"
    assert [(asked.method, asked.target) for asked in server.asked] == [("GET", "/v1/creds?id=1")] * 2
    assert {asked.headers["authorization"] for asked in server.asked} == {"Basic abc"}


def test_the_ones_at_hand_serve_until_they_expire(clock):
    failing = answer(500, b"{}")
    with HttpServer([keys(1, BEGIN + HOUR), failing, closing(), closing(), failing]) as server:
        current = found({FULL: server.url}, clock)
        current()
        clock.now = BEGIN + HOUR - REFRESH_SECONDS
        assert current().access_key == "AKID1"
        clock.now += RETRY_SECONDS - 1
        assert current().access_key == "AKID1"
        assert len(server.asked) == 2, "a failed refresh is not repeated at once"
        clock.now = BEGIN + HOUR - 1
        assert current().access_key == "AKID1"
        clock.now = BEGIN + HOUR + RETRY_SECONDS
        with pytest.raises(CredentialsUnavailable, match="container's credentials, got HTTP 500") as raised:
            current()
    assert may_pass(raised.value)


def test_the_token_in_a_file_is_read_for_each_request(clock, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("first\n")
    with HttpServer([keys(1, BEGIN + HOUR), keys(2, BEGIN + 2 * HOUR)]) as server:
        current = found({FULL: server.url, TOKEN_FILE: str(file), TOKEN: "not this"}, clock)
        current()
        file.write_text("second")
        clock.now = BEGIN + HOUR
        current()
    assert [asked.headers["authorization"] for asked in server.asked] == ["first", "second"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"AccessKeyId":"a"}',
        b'{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"soon"}',
        b'{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":1}',
        b"\xff",
        b"[" * 50_000,
    ],
)
def test_another_answer_is_no_credentials_and_is_never_quoted(clock, body):
    with HttpServer([answer(200, body)]) as server, pytest.raises(CredentialsUnavailable) as raised:
        found({FULL: server.url}, clock)()
    assert (
        str(raised.value) == "expected AccessKeyId, SecretAccessKey, Token and Expiration from the container's endpoint"
    )


def test_an_answer_without_an_end_is_refused(clock):
    with HttpServer([answer(200, b" " * 100_000)]) as server, pytest.raises(CredentialsUnavailable):
        found({FULL: server.url}, clock)()


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({FULL: "http://example.com/creds"}, "expected https, or a host of the container"),
        ({FULL: "http://10.0.0.1/creds"}, "expected https, or a host of the container"),
        ({FULL: "http://127.0.0.1.example.com/"}, "expected https, or a host of the container"),
        ({FULL: "creds"}, "expected an endpoint like http://host:port in AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ({FULL: "http://localhost/", TOKEN_FILE: "/nowhere/token"}, f"expected a readable file in {TOKEN_FILE}"),
        ({FULL: "http://localhost/", TOKEN: "a\r\nx: b"}, f"expected a token of one line in {TOKEN}"),
    ],
)
def test_where_they_may_not_be_fetched_from(clock, environment, message):
    with pytest.raises(NotConfigured, match=message):
        found(environment, clock)()


def test_keys_in_the_environment_go_first(clock):
    environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", FULL: "http://localhost:1/"}
    assert found(environment, clock)() == Credentials("a", "b")


def test_the_relative_uri_is_on_ecss_host(clock):
    asked = []

    class Recording(Pool):
        def send(self, origin, request, *, streamed=False):
            asked.append((origin.scheme, origin.authority, request.target))
            raise CredentialsUnavailable("no ECS here")

    environment = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1", FULL: "http://localhost/"}
    with pytest.raises(CredentialsUnavailable):
        source(environment, Recording(Trust(environment), 1.0, 3.0), clock)()
    assert asked == [("http", "169.254.170.2", "/v2/credentials/1")]


def test_a_client_signs_with_them(clock, environment, scripted):
    put = answer(200, b'{"FailedRecordCount":0,"Records":[]}')
    with HttpServer([keys(7, 4e9)]) as container:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            del environment[name]
        environment[FULL] = container.url
        server, session, _ = scripted(put)
        session.client("kinesis").put_records(StreamARN="s", Records=[{"Data": b"", "PartitionKey": "k"}])
    (asked,) = server.asked
    assert "Credential=AKID7/" in asked.headers["authorization"]
    assert asked.headers["x-amz-security-token"] == "t"
