"""AWS at the level of bytes: our client and botocore's signatures against it, and how each fault shows."""

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from simulator import Buckets, CallFaults, World
from simulator.aws.wire import (
    Endpoint,
    Exchange,
    KinesisService,
    Network,
    S3Service,
    Service,
    SnsService,
    SqsService,
    WireFaults,
)
from simulator.aws.wire.http import HttpAnswer, HttpRequest, form, take_request
from simulator.aws.wire.signature import signature_error
from simulator.world import iso

SECRET = "secret"
HOST = "service.example"


class Heard:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def unconnected(self, failure: str) -> None:
        self.events.append(failure)

    def sent(self, exchange: Exchange) -> None:
        self.events.append("sent")

    def serving(self, exchange: Exchange) -> None:
        self.events.append("serving")

    def spoiled(self, exchange: Exchange) -> None:
        self.events.append("spoiled")

    def acknowledged(self, exchange: Exchange) -> None:
        self.events.append("acknowledged")


class Wire:
    """A host, and a client that speaks bytes to it."""

    def __init__(self, make: Callable[["Wire"], Service], faults: CallFaults, wire: WireFaults) -> None:
        self.world, self.heard = World(1), Heard()
        self.took: list[bytes] = []
        self.service = make(self)
        self.endpoint = Endpoint(self.world, self.service, SECRET, self.heard, faults, wire)
        self.network = Network(self.world, {HOST: self.endpoint})
        self.sock = self.connected()

    def connected(self) -> Any:
        (family, kind, protocol, _, address), *_ = self.network.addresses(HOST, 443)
        sock = self.network.socket(family, kind, protocol)
        sock.settimeout(1.0)
        sock.connect(address)
        return sock

    def send(self, body: bytes, headers: dict[str, str], method: str = "POST", path: str = "/") -> None:
        whole = signed(self.service.name, method, path, body, headers, self.world.now)
        while whole:
            whole = whole[self.sock.send(whole) :]

    def read(self, seconds: float = 3.0) -> bytes:
        """All that comes within `seconds`."""
        received = b""
        self.sock.settimeout(seconds)
        try:
            while piece := self.sock.recv(65536):
                received += piece
        except TimeoutError:
            pass
        return received


def signed(service: str, method: str, path: str, body: bytes, headers: dict[str, str], now: float) -> bytes:
    """The bytes of a request that botocore signed."""
    request = AWSRequest(method, f"https://{HOST}{path}", data=body, headers=headers)
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials("id", SECRET), service, "eu-central-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: _at(now))
        auth.add_auth(request)
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode() + body


def _at(now: float) -> Any:
    return datetime.fromtimestamp(now, UTC).replace(tzinfo=None)


def kinesis(wire: Wire) -> Service:
    return KinesisService(wire.world, lambda entry, data: wire.took.append(data))


def put(*bodies: str) -> bytes:
    entries = [{"Data": base64.b64encode(body.encode()).decode(), "PartitionKey": "k"} for body in bodies]
    return json.dumps({"StreamARN": "arn", "Records": entries}).encode()


TARGET = {"x-amz-target": "Kinesis_20131202.PutRecords"}


def open_wire(make: Callable[[Wire], Service] = kinesis, *, faults: CallFaults | None = None, **wire: Any) -> Wire:
    return Wire(make, faults or CallFaults(), WireFaults(**wire))


def always(failure: str) -> Wire:
    faults: dict[str, Any] = {failure: 1.0}
    return open_wire(**faults)


def test_a_request_takes_effect_and_is_answered() -> None:
    wire = open_wire()
    wire.send(put("a", "b"), TARGET)
    answer = wire.read()
    assert answer.partition(b" ")[2].startswith(b"200 OK") or b"HTTP/1.1 103" in answer
    assert wire.took == [b"a", b"b"]
    assert wire.heard.events == ["sent", "serving", "acknowledged"]


def test_what_has_taken_effect_is_off_the_agenda() -> None:
    wire = open_wire()
    wire.send(put("a"), TARGET)
    wire.read()
    before = wire.world.now
    wire.world.run()
    assert (wire.took, wire.world.now) == ([b"a"], before)


def test_it_takes_effect_though_nobody_waits() -> None:
    wire = open_wire()
    wire.send(put("a"), TARGET)
    wire.sock.close()
    wire.world.run()
    assert wire.took == [b"a"]
    assert "acknowledged" not in wire.heard.events


@pytest.mark.parametrize("failure", ["truncated", "miscounted", "reset_after"])
def test_it_took_effect_and_the_client_is_not_told(failure: str) -> None:
    wire = always(failure)
    wire.send(put("a"), TARGET)
    try:
        wire.read()
    except ConnectionResetError:
        assert failure == "reset_after"
    assert wire.took == [b"a"]
    assert "acknowledged" not in wire.heard.events


@pytest.mark.parametrize("failure", ["error_body", "reset_before"])
def test_it_took_no_effect(failure: str) -> None:
    wire = always(failure)
    wire.send(put("a"), TARGET)
    if failure == "reset_before":
        with pytest.raises(ConnectionResetError):
            wire.read()
    else:
        assert b" 200 OK" in wire.read()
    assert wire.took == []
    assert "acknowledged" not in wire.heard.events


def test_a_late_answer_comes_on_the_same_connection() -> None:
    wire = open_wire(faults=CallFaults(late_timeout=1.0))
    wire.send(put("a"), TARGET)
    assert wire.read(3.0) == b""
    assert wire.took == [b"a"]
    assert b" 200 OK" in wire.read(10.0)


def test_a_stray_answer_is_on_the_idle_connection() -> None:
    wire = open_wire(stray=1.0)
    wire.send(put("a"), TARGET)
    wire.sock.settimeout(1.0)
    wire.sock.recv(65536)
    assert wire.network.readable(wire.sock)


def test_a_half_closed_connection_fails_the_next_request() -> None:
    wire = open_wire(half_closed=1.0)
    wire.send(put("a"), TARGET)
    wire.sock.settimeout(1.0)
    wire.sock.recv(65536)
    wire.world.pass_time(6.0)
    wire.send(put("b"), TARGET)
    with suppress(ConnectionResetError):
        assert wire.read() == b""
    assert wire.took == [b"a"]


def test_contradictory_answers_commit_what_they_do_not_deny() -> None:
    """Of records that failed, the answer has no sequence number; a count that is wrong is never acknowledged."""
    told = 0
    for seed in range(20):
        wire = open_wire(contradictory=1.0)
        wire.service.may_chunk = False
        wire.world.random.seed(seed)
        wire.send(put("a", "b", "c"), TARGET)
        answer = json.loads(wire.read().rpartition(b"\r\n\r\n")[2])
        acknowledged = "acknowledged" in wire.heard.events
        kept = sum("SequenceNumber" in result for result in answer["Records"])
        wrong = answer["FailedRecordCount"] != 3 - kept or len(answer["Records"]) != 3
        assert (kept == len(wire.took) and (wrong or kept == 3)) if acknowledged else wrong
        told += acknowledged
    assert 0 < told < 20


def test_refused_connections() -> None:
    wire = open_wire()
    wire.endpoint.wire = WireFaults(unreachable=1.0)
    with pytest.raises(ConnectionRefusedError):
        wire.connected()
    assert wire.heard.events == ["unreachable"]


def test_an_unknown_host_is_not_found() -> None:
    with pytest.raises(OSError, match="elsewhere"):
        open_wire().network.addresses("elsewhere", 443)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda request: request, ""),
        (lambda request: _with(request, body=b"other"), "SignatureDoesNotMatch"),
        (lambda request: _with(request, path="/other"), "SignatureDoesNotMatch"),
        (lambda request: _with(request, headers={"host": HOST}), "MissingAuthenticationToken"),
    ],
)
def test_a_signature_is_checked(change: Callable[[HttpRequest], HttpRequest], error: str) -> None:
    request = take_request(bytearray(signed("kinesis", "POST", "/", b"{}", TARGET, 1_700_000_000.0)))
    assert isinstance(request, HttpRequest)
    assert signature_error(change(request), "kinesis", SECRET, 1_700_000_000.0) == error
    assert signature_error(request, "kinesis", SECRET, 1_700_001_000.0) == "RequestTimeTooSkewed"


def _with(request: HttpRequest, **members: Any) -> HttpRequest:
    return replace(request, **members)


def test_what_is_badly_signed_is_refused_and_counted() -> None:
    wire = open_wire()
    whole = signed("kinesis", "POST", "/", put("a"), TARGET, wire.world.now).replace(b"Signature=", b"Signature=0")
    while whole:
        whole = whole[wire.sock.send(whole) :]
    assert b" 403 " in wire.read()
    assert (wire.took, wire.endpoint.counts["refused"]) == ([], 1)


def test_messages() -> None:
    def sns(wire: Wire) -> Service:
        return SnsService(wire.world, lambda when, key, body: wire.took.append(body))

    wire = open_wire(sns)
    fields = "Action=PublishBatch&PublishBatchRequestEntries.member.1.Id=0&PublishBatchRequestEntries.member.1.Message="
    wire.send((fields + "%7B%22a%22%3A+1%2526%7D").encode(), {"content-type": "application/x-www-form-urlencoded"})
    assert b"<Successful><member><Id>0</Id>" in wire.read()
    assert wire.took == [b'{"a": 1%26}']

    def sqs(wire: Wire) -> Service:
        return SqsService(wire.world, lambda when, key, body: wire.took.append(body))

    wire = open_wire(sqs)
    body = json.dumps({"QueueUrl": "u", "Entries": [{"Id": "0", "MessageBody": "x"}]}).encode()
    wire.send(body, {"x-amz-target": "AmazonSQS.SendMessageBatch"})
    wire.read()
    assert wire.took == [b"x"]


def test_objects() -> None:
    def s3(wire: Wire) -> Service:
        return S3Service(wire.world, Buckets(wire.world), "bucket")

    wire = open_wire(s3)
    wire.send(b"body", {}, "PUT", "/a%20b/c")
    assert b"ETag" in wire.read()
    wire.send(b"", {}, "GET", "/a%20b/c")
    assert wire.read().endswith(b"\r\n\r\nbody")
    wire.send(b"", {}, "GET", "/missing")
    assert b"<Code>NoSuchKey</Code>" in wire.read()
    assert wire.endpoint.counts["refused"] == 0


def test_a_request_comes_in_pieces() -> None:
    whole = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nokGET"
    received = bytearray()
    for byte in whole[:-4]:
        assert isinstance(take_request(received), int)
        received.append(byte)
    received += whole[-4:]
    request = take_request(received)
    assert isinstance(request, HttpRequest)
    assert (request.body, bytes(received)) == (b"ok", b"GET")


def test_chunks() -> None:
    assert HttpAnswer(200, {}, b"abc").chunked().endswith(b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    assert HttpAnswer(200, {}, b"").chunked().endswith(b"\r\n\r\n0\r\n\r\n")


def test_a_form_is_decoded_as_the_library_does() -> None:
    fields = [("a&b", "c=d%25+ \u00e9"), ("e", '{"x": "%2B"}')]
    assert form(urlencode(fields).encode()) == fields == parse_qsl(urlencode(fields))


def test_a_day_has_its_key() -> None:
    """Requests on both sides of midnight are well signed."""
    for now in (1_700_006_399.0, 1_700_006_401.0):
        request = take_request(bytearray(signed("kinesis", "POST", "/", b"{}", TARGET, now)))
        assert isinstance(request, HttpRequest)
        assert signature_error(request, "kinesis", SECRET, now) == "", iso(now)
