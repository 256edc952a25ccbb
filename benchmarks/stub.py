"""AWS as the measured processes see it: Kinesis and S3 on loopback, in a process of its own, as cheap as can be.

A request to put records is answered out of a cache, with every record acknowledged, so that what a client costs is
seen and what the service costs is not. It serves one benchmark: it ends with its parent, or after an hour.
"""

import asyncio
import json
import re
import ssl
import sys
from base64 import b64decode
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from aws_client import cbor
from aws_client.json_answers import CBOR
from records import kpl

LONGEST_SECONDS = 3600
LARGEST_BYTES = 16 * 1024 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *\w+\.(\w+)", re.IGNORECASE)
_UNCHANGED = re.compile(rb"\r\nif-none-match: *([^\r]+)", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect: *100-continue", re.IGNORECASE)


class Stub(asyncio.Protocol):
    """One connection. `buckets` is the folder with S3's objects; `kept` the requests since they were last asked for."""

    def __init__(self, buckets: Path, kept: list[bytes]) -> None:
        self._buckets, self._kept = buckets, kept
        self._received = bytearray()
        self._continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[: end + 2])
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            if length > LARGEST_BYTES:
                self._transport.close()
                return
            if len(self._received) < end + 4 + length:
                if not self._continued and _CONTINUE.search(head):
                    self._continued = True
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            self._continued = False
            self._transport.write(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if target := _TARGET.search(head):
            self._kept.append(body)
            return put_record() if target[1] == b"PutRecord" else put_records(*_asked(head, body))
        method, path, _ = head.split(b" ", 2)
        if path == b"/published":
            answer = json.dumps(published(self._kept)).encode()
            self._kept.clear()
            return http(answer)
        if path == b"/forget":
            self._kept.clear()
            return http(b"{}")
        if method == b"PUT":
            return http(b"", 'ETag: "kept"')
        return self._object(head, path.decode())

    def _object(self, head: bytes, target: str) -> bytes:
        path = self._buckets / unquote(urlsplit(target).path).lstrip("/")
        if not path.is_file():
            return http(b"<Error><Code>NoSuchKey</Code></Error>", status="404 Not Found")
        content = path.read_bytes()
        etag = f'"{md5(content, usedforsecurity=False).hexdigest()}"'
        if (unchanged := _UNCHANGED.search(head)) and unchanged[1].decode() == etag:
            return http(b"", f"ETag: {etag}", status="304 Not Modified")
        return http(content, f"ETag: {etag}", "x-amz-version-id: 1", kind="binary/octet-stream")


def http(body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/x-amz-json-1.1") -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers)
    identity = "x-amzn-RequestId: 00000000-0000-4000-8000-000000000000"
    return "\r\n".join((*lines, identity, "", "")).encode() + body


def _asked(head: bytes, body: bytes) -> tuple[int, bool]:
    """The records of a request, and whether it is in CBOR: there a name is after its length."""
    in_cbor = CBOR.encode() in head
    return body.count(b"\x6cPartitionKey" if in_cbor else b'"PartitionKey"'), in_cbor


@cache
def put_records(count: int, in_cbor: bool) -> bytes:
    """As Kinesis answers when it took them all: sequence numbers of 56 digits."""
    records = [{"SequenceNumber": f"{49 * 10**54 + i}", "ShardId": f"shardId-{i % 4:012}"} for i in range(count)]
    answer = {"FailedRecordCount": 0, "EncryptionType": "KMS", "Records": records}
    return http(cbor.dumps(answer), kind=CBOR) if in_cbor else http(json.dumps(answer).encode())


@cache
def put_record() -> bytes:
    answer = {"SequenceNumber": f"{49 * 10**54}", "ShardId": "shardId-000000000000", "EncryptionType": "KMS"}
    return http(json.dumps(answer).encode())


def published(requests: list[bytes]) -> list[str]:
    """The predictions in requests to Kinesis."""
    found = list[str]()
    for request in requests:
        document = json.loads(request) if request[:1] == b"{" else cbor.loads(request)
        records = document.get("Records", [document])
        for data in (b64decode(data) if isinstance(data := record["Data"], str) else data for record in records):
            bodies = [body for _, body in kpl.deaggregate(data)] if data.startswith(kpl.MAGIC) else [data]
            found += [body.decode() for body in bodies]
    return found


async def serve(buckets: Path, certificate: Path | None = None) -> None:
    """Print the URLs, of HTTP and with a certificate of HTTPS, and answer."""
    loop, kept = asyncio.get_running_loop(), list[bytes]()
    contexts: dict[str, ssl.SSLContext | None] = {"http": None}
    if certificate:
        contexts["https"] = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    servers = {
        scheme: await loop.create_server(lambda: Stub(buckets, kept), "127.0.0.1", 0, ssl=context)
        for scheme, context in contexts.items()
    }
    ports = {scheme: server.sockets[0].getsockname()[1] for scheme, server in servers.items()}
    print(*(f"{scheme}://127.0.0.1:{port}" for scheme, port in ports.items()), flush=True)
    await asyncio.wait_for(loop.run_in_executor(None, sys.stdin.read), LONGEST_SECONDS)


if __name__ == "__main__":
    asyncio.run(serve(*map(Path, sys.argv[1:])))
