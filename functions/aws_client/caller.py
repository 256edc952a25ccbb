"""What the clients share: signing a request, sending it, trying again, and errors in botocore's shape."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aws_client.credentials import Credentials
from aws_client.endpoints import Origin
from aws_client.errors import CallFailed, ServiceError, may_pass
from aws_client.http1 import Answer, Body, Head, Request
from aws_client.pool import Pool
from aws_client.sigv4 import sign
from resilience.backoff import full_jitter

# Of an answer that is read whole: the largest, PutRecords' of 500 records, has a tenth of this.
MAX_ANSWER_BYTES = 1024 * 1024
# The longest pause between two attempts, as in the SDKs' standard mode.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
LONGEST_PAUSE_SECONDS = 20.0


class ApiCall(NamedTuple):
    """One operation: what to ask, where, signed for which region. `path` and `query` are encoded.

    body : or what makes it, whenever it is asked; then it is kept only until it was sent.
    """

    operation: str
    origin: Origin
    region: str
    headers: dict[str, str]
    method: str = "POST"
    path: str = "/"
    query: str = ""
    body: bytes | Callable[[], bytes] = b""
    streamed: bool = False


class Reply(NamedTuple):
    """AWS's answer: `body` has been read, but where the call is streamed and went well, there it is in `stream`."""

    head: Head
    body: bytes
    stream: Body | None = None

    def metadata(self) -> dict[str, Any]:
        """`ResponseMetadata`."""
        headers = self.head.headers
        request_id = headers.get("x-amzn-requestid") or headers.get("x-amz-request-id", "")
        return {"HTTPStatusCode": self.head.status, "HTTPHeaders": headers, "RequestId": request_id}


class Caller:
    """Makes the calls of one service, each up to `attempts` times; several threads may do so at once.

    explain : code and message of an answer that is an error.
    now : seconds since the epoch, for signatures.
    """

    def __init__(
        self,
        service: str,
        pool: Pool,
        explain: Callable[[Reply], tuple[str, str]],
        environment: Mapping[str, str],
        attempts: int = 1,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._service, self._pool, self._explain, self._environment = service, pool, explain, environment
        self._attempts, self._random, self._sleep, self._now = attempts, random, sleep, now

    def __call__(self, call: ApiCall) -> Reply:
        """Raises CallFailed. Tries again what may pass, after pauses with full jitter."""
        for attempt in range(self._attempts - 1):
            try:
                return self._once(call)
            except CallFailed as error:
                if not may_pass(error):
                    raise
            self._sleep(full_jitter(attempt, 1.0, LONGEST_PAUSE_SECONDS, self._random))
        return self._once(call)

    def _once(self, call: ApiCall) -> Reply:
        return self.begin(call)()

    def begin(self, call: ApiCall) -> Callable[[], Reply]:
        """Make the call once, in two steps: what is given waits for the reply. Either raises CallFailed.

        Between the two others can be begun: they are in flight together.
        """
        body, remake = (call.body(), call.body) if callable(call.body) else (call.body, None)
        asked = self._pool.ask(call.origin, self._signed(call, body), streamed=call.streamed, remake=remake)
        return lambda: self._reply(call, asked.answer())

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
        """Credentials are read for each call: there may be others."""
        headers = sign(
            Credentials.from_environment(self._environment),
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
    """As `exceptions` of botocore's clients: the class of AWS's own answers."""

    ClientError = ServiceError
