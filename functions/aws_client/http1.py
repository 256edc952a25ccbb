"""HTTP/1.1, as far as AWS needs it: one request and its answer on a connection.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import io
from collections import namedtuple

from aws_client.connection import ConnectionClosed
from aws_client.errors import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_client.connection import Connection

# Bounds of what a server can make us read before a body begins: AWS's answers have about 20 lines of 100 bytes.
MAX_LINE_BYTES = 16 * 1024
MAX_HEADERS = 100
# Answers that announce others.
MAX_INTERIM_ANSWERS = 10
MAX_CHUNK_DIGITS, MAX_LENGTH_DIGITS = 15, 18
_NO_BODY = (204, 304)
_HEX = frozenset("0123456789abcdefABCDEF")


class Request(namedtuple("Request", ("method", "target", "headers", "body"), defaults=(b"",))):
    """`target` is the path with the query, encoded; the names of `headers` are in lower case."""

    __slots__ = ()
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def head(self) -> bytes:
        """Raises ValueError where a header would end its line."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "user-agent: millrace"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body or self.method in ("POST", "PUT"):
            lines.append(f"content-length: {len(self.body)}")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("expected headers of one line each")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Head(namedtuple("Head", ("status", "reason", "headers", "lasting"))):
    """Status and headers of an answer, names in lower case; `lasting` tells whether the connection may be kept."""

    __slots__ = ()
    status: int
    reason: str
    headers: dict[str, str]
    lasting: bool


class Answer(namedtuple("Answer", ("head", "body"))):
    """An answer whose body is still to come."""

    __slots__ = ()
    head: Head
    body: Body


class Body:
    """An answer's body, received when it is asked for. `length` in bytes; None where only its end will tell.

    `done(whole)` is called once: with True when all of it was read, with False when that failed or was given up.
    """

    def __init__(self, pieces: Iterator[bytes], length: int | None, done: Callable[[bool], None]) -> None:
        self._pieces, self.length, self._done = pieces, length, done
        self._open = True

    def read(self, most: int | None = None) -> bytes:
        """All of it. Raises Unreadable where it is longer than `most` bytes, and TimedOut, ConnectionLost."""
        try:
            whole = self._read(most)
        except BaseException:
            self.close()
            raise
        self._finish(whole=True)
        return whole

    def close(self) -> None:
        """Give up what was not read, and the connection with it."""
        self._finish(whole=False)

    def __del__(self) -> None:
        self.close()

    def _read(self, most: int | None) -> bytes:
        whole, size = io.BytesIO(), 0  # unlike a join of the pieces, its value is no second copy
        for piece in self._pieces:
            size += len(piece)
            if most is not None and size > most:
                raise Unreadable(f"expected a body of at most {most} bytes")
            if size == self.length == len(piece):
                return piece
            whole.write(piece)
        return whole.getvalue()

    def _finish(self, *, whole: bool) -> None:
        if self._open:
            self._open = False
            self._done(whole)


def answer(
    connection: Connection, request: Request, done: Callable[[bool], None], patience: float | None = None
) -> Answer:
    """Read the head of the answer to a request that was sent. Raises NoAnswer.

    done : called when the body was read or given up, with whether the connection can be used again.
    patience : seconds for each piece of the body, where it may be large; else all of it must come in the call's time.
    """
    for _ in range(MAX_INTERIM_ANSWERS):
        head = _head(connection)
        if head.status >= 200:
            break
    else:
        raise Unreadable(f"expected an answer after {MAX_INTERIM_ANSWERS} interim ones")
    pieces, length = _body(connection, request.method, head, patience)
    lasting = head.lasting and (length is not None or "transfer-encoding" in head.headers)
    return Answer(head, Body(pieces, length, lambda whole: done(whole and lasting)))


def _head(connection: Connection) -> Head:
    version, _, rest = connection.line(MAX_LINE_BYTES).decode("latin-1").partition(" ")
    status, _, reason = rest.partition(" ")
    if version not in ("HTTP/1.0", "HTTP/1.1") or len(status) != 3 or not _digits(status):
        raise Unreadable("expected a status line of HTTP/1.1")
    headers = _headers(connection)
    lasting = version == "HTTP/1.1" and "close" not in headers.get("connection", "").lower()
    return Head(int(status), reason, headers, lasting)


def _headers(connection: Connection) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS + 1):
        if not (line := connection.line(MAX_LINE_BYTES)):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name.strip() != name:
            raise Unreadable("expected a header")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise Unreadable(f"expected at most {MAX_HEADERS} headers")


def _body(
    connection: Connection, method: str, head: Head, patience: float | None
) -> tuple[Iterator[bytes], int | None]:
    """How the body comes, and its length where the head tells. Raises Unreadable."""
    encoding, length = head.headers.get("transfer-encoding"), head.headers.get("content-length")
    if length is not None and (not _digits(length) or encoding is not None):
        raise Unreadable("expected one length of the body")
    if method == "HEAD" or head.status in _NO_BODY:
        return iter(()), 0
    if encoding is not None:
        if encoding.lower() != "chunked":
            raise Unreadable("expected a body in chunks or with a length")
        return _chunks(connection, patience), None
    if length is not None:
        return _counted(connection, int(length), patience), int(length)
    return _rest(connection, patience), None


def _counted(connection: Connection, length: int, patience: float | None) -> Iterator[bytes]:
    while length:
        connection.allow(patience)
        piece = connection.some(length)
        length -= len(piece)
        yield piece


def _chunks(connection: Connection, patience: float | None) -> Iterator[bytes]:
    while True:
        connection.allow(patience)
        size = connection.line(MAX_LINE_BYTES).partition(b";")[0].strip().decode("latin-1")
        if not 0 < len(size) <= MAX_CHUNK_DIGITS or not _HEX.issuperset(size):
            raise Unreadable("expected the size of a chunk")
        if not int(size, 16):
            _headers(connection)
            return
        yield from _counted(connection, int(size, 16), patience)
        if connection.line(2):
            raise Unreadable("expected the end of a chunk")


def _rest(connection: Connection, patience: float | None) -> Iterator[bytes]:
    """All that comes until the server closes the connection."""
    while True:
        connection.allow(patience)
        try:
            piece = connection.some(MAX_LINE_BYTES)
        except ConnectionClosed:
            return
        yield piece


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_LENGTH_DIGITS
