"""botocore's clients, from Lambda's runtime, in place of those of `aws_client`: SCORER_CLIENT=botocore.

They take longer to import than a batch to score. They are there for what `aws_client` does not know, such as another
source of credentials. Imported only if configured.
"""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import botocore.session
from botocore.config import Config

from aws_client.cbor import loads
from aws_client.endpoints import region_of
from aws_client.errors import TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from typing import Any

# Calls at a time: those of a publisher's wave, the shadow's, and polls of the release.
THREADS = 32


class BotocoreSession:
    """Makes clients that the environment configures, as `aws_client.Session` does."""

    def __init__(self, connect_seconds: float, read_seconds: float, environment: Mapping[str, str]) -> None:
        self._timeouts = {"connect_timeout": connect_seconds, "read_timeout": read_seconds}
        self._region = region_of(environment)
        self._session = botocore.session.Session()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="botocore")

    def client(self, service: str, attempts: int = 1) -> BotocoreClient:
        """The client of `service`; makes no call. attempts : the maximum number when failures are transient."""
        config = Config(
            **self._timeouts,
            max_pool_connections=THREADS,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        client = self._session.create_client(service, region_name=self._region, config=config)
        return BotocoreClient(client, self._threads)


class BotocoreClient:
    """A client of botocore, with the calls in two steps that `aws_client`'s have: begun in a thread, then waited for.

    deadline : by the monotonic clock, when the caller stops waiting for an answer; the call itself ends by its own
    timeouts.
    """

    def __init__(self, client: Any, threads: ThreadPoolExecutor, deadline: float = float("inf")) -> None:
        self._client, self._threads, self._deadline = client, threads, deadline
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Any:
        """The operation of that name; with `begin_` before it, the first of its two steps."""
        begun = name.startswith("begin_")
        call = getattr(self._client, name.removeprefix("begin_"))

        def begin(**arguments: Any) -> PendingCall:
            return PendingCall(self._threads.submit(call, **arguments), self._deadline)

        return begin if begun else lambda **arguments: begin(**arguments)()

    def within(self, seconds: float) -> BotocoreClient:
        """The same client, of which no call is waited for longer than `seconds` from now."""
        return BotocoreClient(self._client, self._threads, min(self._deadline, time.monotonic() + seconds))

    def has_idle(self, **_: str) -> bool:
        """Whether a call can begin at once: it can, in a thread."""
        return True

    def begin_encoded_put_records(
        self, body: bytes | Callable[[], bytes], stream_arn: str = "", cbor: bool = False
    ) -> Callable[[], JsonReply]:
        """PutRecords with the request as `aws_client` sends it; botocore itself sends JSON."""
        encoded = body if isinstance(body, bytes) else body()
        request = loads(encoded) if cbor else json.loads(encoded)
        records = request["Records"]
        if not cbor:
            records = [record | {"Data": base64.b64decode(record["Data"])} for record in records]
        answer = self.begin_put_records(Records=records, StreamARN=request["StreamARN"])
        return lambda: JsonReply(answer())

    @staticmethod
    def answer(reply: JsonReply) -> dict[str, Any]:
        """The response of PutRecords."""
        return reply.members


class JsonReply:
    """A response, with the body that the native engine looks at."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members
        self.body = json.dumps({name: members[name] for name in members if name != "ResponseMetadata"}).encode()


class PendingCall:
    """A call under way. `arrives` and `close` as of `aws_client`'s."""

    def __init__(self, future: Future[dict[str, Any]], deadline: float) -> None:
        self._future, self._deadline = future, deadline

    def arrives(self, seconds: float) -> bool:
        """Whether the answer, or the error, is there within `seconds`."""
        try:
            self._future.exception(seconds)
        except NotYet:
            return False
        return True

    def close(self) -> None:
        """Wait for it no longer; it ends by its own timeouts."""
        self._future.cancel()

    def __call__(self, seconds: float = float("inf")) -> dict[str, Any]:
        """The answer. Raises what botocore raises, and TimedOut."""
        left = min(seconds, self._deadline - time.monotonic())
        try:
            return self._future.result(None if left == float("inf") else max(0.0, left))
        except NotYet:
            raise TimedOut("botocore: no answer in time") from None
