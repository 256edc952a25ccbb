"""The HTTP server in a process of its own, with a model store on loopback; for its tests and those of the image."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import md5
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

from model_store.artifact import Artifact
from model_store.release import Pointer, Release
from records.timestamps import timestamp
from tests.fakes.in_thread import LoopbackServer, in_thread
from tests.fakes.ports import held_port
from tests.fakes.wait import wait_for

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "models"


class StoreServer:
    """S3 as the server reads it: objects of a dictionary, with ETags. url : of the endpoint."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = outer.objects.get(self.path.partition("?")[0])
                etag = f'"{md5(body or b"").hexdigest()}"'
                if body is not None and self.headers.get("if-none-match") == etag:
                    self._answer(304, b"", etag)
                elif body is None:
                    self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", etag)
                else:
                    self._answer(200, body, etag)

            def _answer(self, status: int, body: bytes, etag: str) -> None:
                self.send_response(status)
                self.send_header("ETag", etag)
                self.send_header("x-amz-version-id", "1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = LoopbackServer(Handler)
        self._running, self.url = in_thread(server), server.url

    def __enter__(self) -> Self:
        self._running.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.__exit__(None, None, None)

    def release(self, artifact: Artifact, *, at: float = 1_800_000_000.0, **members: Any) -> None:
        """Have the store hold an artifact, and a release whose champion it is."""
        folder = f"/{BUCKET}/models/{artifact.manifest.name}"
        version = artifact.manifest.version
        self.objects[f"{folder}/{version}/manifest.json"] = artifact.manifest.to_bytes()
        self.objects[f"{folder}/{version}/{artifact.manifest.file.name}"] = artifact.model
        pointer = Pointer(version, artifact.manifest.digest(), "1", "1")
        self.objects[f"{folder}/release.json"] = Release(pointer, timestamp(at), **members).to_bytes()


class Reply:
    """status, headers (names in lower case) and body of a response."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ServerProcess:
    """`python -m scorer.server` on a port of loopback. lines : of its log so far."""

    def __init__(
        self, store: str, model: str, log: Path, port: int, command: list[str] | None = None, **settings: str
    ) -> None:
        self.port = port
        self.log = log
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "functions"),
            "AWS_ENDPOINT_URL": store,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "MODEL_BUCKET": BUCKET,
            "MODEL_NAME": model,
            "RELEASE_POLL_SECONDS": "1",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "HEALTH_ROUTES": "true",
            "METRICS_ROUTE": "true",
            **({} if "API_KEY_HASHES" in settings else {"ANONYMOUS": "true"}),
            **settings,
        }
        with log.open("w") as file:
            self.process = subprocess.Popen(
                command or [sys.executable, "-m", "scorer.server"],
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
            )

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """headers : names with _ for -. Raises OSError."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, found, response.read())
        finally:
            connection.close()

    def predict(self, event: Any, **headers: str) -> Reply:
        named = {"content_type": "application/json"} | headers
        return self.request("POST", "/predict", json.dumps(event).encode(), **named)

    def status(self, path: str) -> int:
        """0 while nothing listens."""
        try:
            return self.request("GET", path).status
        except OSError:
            return 0

    def ready(self) -> Self:
        wait_for(lambda: self.status("/ping") == 200 or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def metric(self, line: str) -> float:
        """The value of a line of Prometheus' text, by name and labels; 0 where it is not there."""
        text = self.request("GET", "/metrics").body.decode()
        return float(next((found.rpartition(" ")[2] for found in text.splitlines() if found.startswith(f"{line} ")), 0))

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """The exit code."""
        self.process.send_signal(with_signal)
        return self.process.wait(30)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def served(store: str, model: str, log: Path, **settings: str) -> Iterator[ServerProcess]:
    """A server, ended whatever happens."""
    with held_port() as port:
        server = ServerProcess(store, model, log, port, **settings)
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
