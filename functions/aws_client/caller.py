"""What the clients share: signing, sending and retrying a request, and errors in botocore's shape."""

from __future__ import annotations

import math
import time
from collections import namedtuple

from aws_client.errors import CallFailed, ServiceError, may_pass
from aws_client.http1 import Request
from aws_client.sigv4 import sign
from resilience.backoff import full_jitter, uniform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aws_client.credentials import Credentials
    from aws_client.endpoints import Origin
    from aws_client.http1 import Answer, Body, Head
    from aws_client.pool import PendingAnswer, Pool

# Limit of a response that is read as a whole. The largest, PutRecords' for 500 records, has a tenth of this.
MAX_ANSWER_BYTES = 1024 * 1024
# The longest backoff between two attempts, as in the SDKs' standard mode.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
LONGEST_PAUSE_SECONDS = 20.0


class ApiCall(
    namedtuple(
        "ApiCall",
        ("operation", "origin", "region", "headers", "method", "path", "query", "body", "streamed"),
        defaults=("POST", "/", "", b"", False),
    )
):
    """One operation: the request, its host, and the region that it is signed for. `path` and `query` are encoded.

    body : bytes, or a function that returns them; then they are kept only until they are sent.
    """

    __slots__ = ()
    operation: str
    origin: Origin
    region: str
    headers: dict[str, str]
    method: str
    path: str
    query: str
    body: bytes | Callable[[], bytes]
    streamed: bool


class Reply(namedtuple("Reply", ("head", "body", "stream"), defaults=(None,))):
    """AWS's response. `body` was read, except when a streamed call succeeded: then `stream` has the unread body."""

    __slots__ = ()
    head: Head
    body: bytes
    stream: Body | None

    def metadata(self) -> dict[str, Any]:
        """`ResponseMetadata`."""
        headers = self.head.headers
        request_id = headers.get("x-amzn-requestid") or headers.get("x-amz-request-id", "")
        return {"HTTPStatusCode": self.head.status, "HTTPHeaders": headers, "RequestId": request_id}


class PendingReply:
    """A call in flight, which can be waited for a little at a time. It is sent once: nothing is retried."""

    def __init__(self, pending: PendingAnswer, read: Callable[[Answer], Reply]) -> None:
        self._pending, self._read = pending, read
        self._open = True

    def arrives(self, seconds: float) -> bool:
        """Whether the reply, or an error, arrives within `seconds`; 0 only looks. If not, it can be asked again."""
        return self._pending.arrives(seconds)

    def __call__(self, seconds: float) -> Reply:
        """The reply; what is missing of it must arrive within `seconds`. Raises CallFailed."""
        self._open = False
        return self._read(self._pending.answer_within(seconds))

    def close(self) -> None:
        """Abandon the call, and close its connection."""
        if self._open:
            self._open = False
            self._pending.close()

    def __del__(self) -> None:
        self.close()


class Caller:
    """Calls one service, each operation up to `attempts` times. Thread-safe.

    explain : returns the code and the message of an error response. credentials : read for each call: they can change.
    now : seconds since the epoch, for signatures. end : when, by the pool's clock, every call must have ended.
    """

    def __init__(
        self,
        service: str,
        pool: Pool,
        explain: Callable[[Reply], tuple[str, str]],
        credentials: Callable[[], Credentials],
        attempts: int = 1,
        random: Callable[[], float] = uniform,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        end: float = math.inf,
    ) -> None:
        self._service, self._pool, self._explain, self._credentials = service, pool, explain, credentials
        self._attempts, self._random, self._sleep, self._now, self._end = attempts, random, sleep, now, end

    def within(self, seconds: float) -> Caller:
        """The same, except that all its calls, retries and pauses included, end within `seconds` from now."""
        end = min(self._end, self._pool.clock() + seconds)
        parts = self._service, self._pool, self._explain, self._credentials, self._attempts
        return Caller(*parts, self._random, self._sleep, self._now, end)

    def has_idle(self, origin: Origin) -> bool:
        """Whether a call needs no new connection."""
        return self._pool.has_idle(origin)

    def __call__(self, call: ApiCall) -> Reply:
        """Call, and retry transient failures with full jitter. Raises CallFailed."""
        for attempt in range(self._attempts - 1):
            try:
                return self._once(call)
            except CallFailed as error:
                pause = full_jitter(attempt, 1.0, LONGEST_PAUSE_SECONDS, self._random)
                if not may_pass(error) or self._pool.clock() + pause >= self._end:
                    raise
            self._sleep(pause)
        return self._once(call)

    def _once(self, call: ApiCall) -> Reply:
        return self.begin(call)()

    def begin(self, call: ApiCall) -> Callable[[], Reply]:
        """Send the request once; the returned function waits for the reply. Both raise CallFailed.

        Several calls can be in flight at the same time.
        """
        pending = self._send(call)
        return lambda: self._reply(call, pending.answer())

    def ask(self, call: ApiCall) -> PendingReply:
        """As `begin`, for a caller that does other work until the reply arrives. Raises CallFailed."""
        return PendingReply(self._send(call), lambda answer: self._reply(call, answer))

    def _send(self, call: ApiCall) -> PendingAnswer:
        body, remake = (call.body(), call.body) if callable(call.body) else (call.body, None)
        request = self._signed(call, body)
        return self._pool.begin(call.origin, request, streamed=call.streamed, remake=remake, end=self._end)

    def _reply(self, call: ApiCall, answer: Answer) -> Reply:
        if 200 <= answer.head.status < 300:
            if call.streamed:
                return Reply(answer.head, b"", answer.body)
            return Reply(answer.head, answer.body.read(MAX_ANSWER_BYTES))
        refusal = Reply(answer.head, answer.body.read(MAX_ANSWER_BYTES))
        code, message = self._explain(refusal)
        error = {"Code": code or str(answer.head.status), "Message": message or answer.head.reason}
        raise ServiceError({"Error": error, "ResponseMetadata": refusal.metadata()}, call.operation)

    def _signed(self, call: ApiCall, body: bytes) -> Request:
        headers = sign(
            self._credentials(),
            call.region,
            self._service,
            method=call.method,
            path=call.path,
            query=call.query,
            headers={"host": call.origin.authority, **call.headers},
            body=body,
            now=self._now(),
        )
        target = f"{call.path}?{call.query}" if call.query else call.path
        return Request(call.method, target, headers, body)


class Exceptions:
    """Like `exceptions` of botocore's clients: the class of AWS's error responses."""

    ClientError = ServiceError
