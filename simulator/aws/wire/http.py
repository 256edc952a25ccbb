"""HTTP/1.1 as a server reads and writes it. https://www.rfc-editor.org/rfc/rfc9112"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

# What JSON is full of, and what separates neither fields nor escapes.
_FREQUENT = tuple((b"%%%02X" % ord(text), text.encode()) for text in '":,{}\\/[]+ ')
_BYTES = {b"%02X" % byte: bytes([byte]) for byte in range(256)}
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request; header names in lower case; `path` and `query` as they came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """The path, decoded, without its first slash."""
        return unquote(self.path[1:])

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer. `length`: the Content-Length to send, where it is not the body's."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    length: int | None = None

    def to_bytes(self) -> bytes:
        length = len(self.body) if self.length is None else self.length
        return self._head("" if self.status == 304 else f"Content-Length: {length}\r\n") + self.body

    def chunked(self) -> bytes:
        """The same, with a body in two chunks."""
        middle = len(self.body) // 2 + 1
        parts = [part for part in (self.body[:middle], self.body[middle:]) if part]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        return self._head("Transfer-Encoding: chunked\r\n") + chunks + b"0\r\n\r\n"

    def _head(self, framing: str) -> bytes:
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"HTTP/1.1 {self.status} {_PHRASES[self.status]}\r\n{headers}{framing}\r\n".encode("latin-1")


def form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, in order. `parse_qsl` takes several times as long, and a run decodes megabytes."""
    body = body.replace(b"+", b" ")
    for escape, byte in _FREQUENT:
        body = body.replace(escape, byte)
    return [(_text(name), _text(value)) for name, _, value in [field.partition(b"=") for field in body.split(b"&")]]


def _text(encoded: bytes) -> str:
    if b"%" not in encoded:
        return encoded.decode()
    first, *parts = encoded.split(b"%")
    return (first + b"".join([_BYTES[part[:2]] + part[2:] for part in parts])).decode()


class BadRequest(Exception):
    """Bytes that are no request."""


@lru_cache(maxsize=256)  # most are the same in every request
def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise BadRequest(f"expected a header, got {line!r}")
    return name.lower(), value.strip()


def take_request(received: bytearray) -> HttpRequest | int:
    """Take one whole request off what was received; where more must come, how many bytes there must be at least.

    Raises BadRequest.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return len(received) + 1
    first, *rest = received[:end].decode("latin-1").split("\r\n")
    headers = {}
    for line in rest:
        name, value = _header(line)
        headers[name] = value
    whole = end + 4 + int(headers.get("content-length", 0))
    if len(received) < whole:
        return whole
    parts = first.split(" ")
    if len(parts) != 3 or "host" not in headers:
        raise BadRequest(f"expected a request line and a host, got {first!r}")
    path, _, query = parts[1].partition("?")
    with memoryview(received) as view:
        body = bytes(view[end + 4 : whole])
    request = HttpRequest(parts[0], path, query, headers, body)
    del received[:whole]
    return request
