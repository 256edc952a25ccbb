"""The part of HTTP/1.1 that AWS needs: one request and its response on a connection.

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

# Limits of a response's head: AWS's responses have about 20 lines of 100 bytes.
MAX_LINE_BYTES = 16 * 1024
MAX_HEADERS = 100
# Limit of 1xx responses.
MAX_INTERIM_ANSWERS = 10
MAX_CHUNK_DIGITS, MAX_LENGTH_DIGITS = 15, 18
_NO_BODY = (204, 304)
_HEX = frozenset("0123456789abcdefABCDEF")


class Request(namedtuple("Request", ("method", "target", "headers", "body"), defaults=(b"",))):
    """target : path and query, encoded. headers : names in lower case."""

    __slots__ = ()
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def head(self) -> bytes:
        """Raises ValueError if a header contains a line break."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "user-agent: millrace"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body or self.method in ("POST", "PUT"):
            lines.append(f"content-length: {len(self.body)}")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("expected headers of one line each")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Head(namedtuple("Head", ("status", "reason", "headers", "lasting"))):
    """Status and headers of a response, names in lower case; `lasting` means that the connection can be reused."""

    __slots__ = ()
    status: int
    reason: str
    headers: dict[str, str]
    lasting: bool


class Answer(namedtuple("Answer", ("head", "body"))):
    """A response whose body was not read yet."""

    __slots__ = ()
    head: Head
    body: Body


class Body:
    """A response's body, received when it is read. `length` in bytes; None if it is not known in advance.

    `done(whole)` is called once: with True when the whole body was read, with False when reading failed or was aborted.
    """

    def __init__(self, pieces: Iterator[bytes], length: int | None, done: Callable[[bool], None]) -> None:
        self._pieces, self.length, self._done = pieces, length, done
        self._open = True

    def read(self, most: int | None = None) -> bytes:
        """Read the whole body. Raises Unreadable if it is longer than `most` bytes, and TimedOut, ConnectionLost."""
        try:
            whole = self._read(most)
        except BaseException:
            self.close()
            raise
        self._finish(whole=True)
        return whole

    def close(self) -> None:
        """Discard what was not read, and close the connection."""
        self._finish(whole=False)

    def __del__(self) -> None:
        self.close()

    def _read(self, most: int | None) -> bytes:
        whole, size = io.BytesIO(), 0  # unlike joining the pieces, `getvalue` makes no second copy
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
    connection: Connection, request: Request, done: Callable[[bool], None], piece_seconds: float | None = None
) -> Answer:
    """Read the head of the response to a request that was sent. Raises NoAnswer.

    done : called when the body was read or discarded; its argument says whether the connection can be reused.
    piece_seconds : timeout for each piece of a body that may be large; None: the call's deadline includes the body.
    """
    for _ in range(MAX_INTERIM_ANSWERS):
        head = _head(connection)
        if head.status >= 200:
            break
    else:
        raise Unreadable(f"expected a final response, got {MAX_INTERIM_ANSWERS} interim ones")
    pieces, length = _body(connection, request.method, head, piece_seconds)
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
    connection: Connection, method: str, head: Head, piece_seconds: float | None
) -> tuple[Iterator[bytes], int | None]:
    """The pieces of the body, and its length if the head has it. Raises Unreadable."""
    encoding, length = head.headers.get("transfer-encoding"), head.headers.get("content-length")
    if length is not None and (not _digits(length) or encoding is not None):
        raise Unreadable("expected one numeric content-length, or transfer-encoding")
    if method == "HEAD" or head.status in _NO_BODY:
        return iter(()), 0
    if encoding is not None:
        if encoding.lower() != "chunked":
            raise Unreadable("expected a chunked body or one with a length")
        return _chunks(connection, piece_seconds), None
    if length is not None:
        return _counted(connection, int(length), piece_seconds), int(length)
    return _rest(connection, piece_seconds), None


def _counted(connection: Connection, length: int, piece_seconds: float | None) -> Iterator[bytes]:
    while length:
        connection.allow(piece_seconds)
        piece = connection.some(length)
        length -= len(piece)
        yield piece


def _chunks(connection: Connection, piece_seconds: float | None) -> Iterator[bytes]:
    while True:
        connection.allow(piece_seconds)
        size = connection.line(MAX_LINE_BYTES).partition(b";")[0].strip().decode("latin-1")
        if not 0 < len(size) <= MAX_CHUNK_DIGITS or not _HEX.issuperset(size):
            raise Unreadable("expected the size of a chunk")
        if not int(size, 16):
            _headers(connection)
            return
        yield from _counted(connection, int(size, 16), piece_seconds)
        if connection.line(2):
            raise Unreadable("expected the end of a chunk")


def _rest(connection: Connection, piece_seconds: float | None) -> Iterator[bytes]:
    """Everything until the server closes the connection."""
    while True:
        connection.allow(piece_seconds)
        try:
            piece = connection.some(MAX_LINE_BYTES)
        except ConnectionClosed:
            return
        yield piece


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_LENGTH_DIGITS
