"""An HTTP server on the loopback that answers by a script, byte for byte, and notes what it was asked."""

import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self


class Asked(NamedTuple):
    """A request as it came in; names of headers in lower case. `connection` counts connections from 0."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Step(NamedTuple):
    """What is sent for one request, whole or in pieces, and what comes after it: nothing, closing, or silence."""

    pieces: tuple[bytes, ...]
    then: str = ""


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A well-formed answer; headers by names with underscores."""
    lines = [f"HTTP/1.1 {status} Some Reason"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [] if "transfer_encoding" in headers or status == 304 else [f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def closing(*pieces: bytes) -> Step:
    """Answers, and closes the connection."""
    return Step(pieces, "close")


def silent(*pieces: bytes) -> Step:
    """Sends so much, and then nothing more until the server ends."""
    return Step(pieces, "wait")


class HttpServer:
    """Serves one step of the script a request, in the order of the requests; `tls` wraps its connections."""

    def __init__(self, script: Iterable[Step | bytes], tls: ssl.SSLContext | None = None) -> None:
        self._script, self._tls = iter(script), tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.asked: list[Asked] = []
        self.connections = 0
        self._ended, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with socket.create_connection(("127.0.0.1", self.port)):  # wakes `accept`
            self._threads[0].join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            connected, _ = self._listener.accept()
            if self._ended.is_set():
                connected.close()
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connected, self.connections)))
            self.connections += 1
            self._threads[-1].start()

    def _serve(self, connected: socket.socket, number: int) -> None:
        connected.settimeout(0.05)  # to look whether the server ends
        try:
            with self._secured(connected) as secured:
                received = _Received(secured, self._ended)
                while asked := received.request(number):
                    with self._lock:
                        self.asked.append(asked)
                        step = next(self._script)
                    step = Step((step,)) if isinstance(step, bytes) else step
                    secured.settimeout(10)
                    for piece in step.pieces:
                        secured.sendall(piece)
                    if step.then == "close":
                        return
                    if step.then == "wait":
                        self._ended.wait(10)
                        return
                    secured.settimeout(0.05)
        except OSError:  # the client went away, or trusts us not
            pass
        finally:
            connected.close()

    @contextmanager
    def _secured(self, connected: socket.socket) -> Iterator[socket.socket]:
        if self._tls is None:
            yield connected
            return
        connected.settimeout(10)
        with self._tls.wrap_socket(connected, server_side=True) as secured:
            secured.settimeout(0.05)
            yield secured


class _Received:
    """Reads requests off a connection."""

    def __init__(self, connected: socket.socket, ended: threading.Event) -> None:
        self._connected, self._ended = connected, ended
        self._buffer = b""

    def request(self, number: int) -> Asked | None:
        """The next one; None where the connection, or the server, ends."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            if not self._more():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Asked(method, target, headers, body, number)

    def _more(self) -> bool:
        while not self._ended.is_set():
            try:
                received = self._connected.recv(65536)
            except TimeoutError:
                continue
            self._buffer += received
            return bool(received)
        return False
