"""A client whose calls are made in one step, as botocore's are, with the two steps of `aws_client`'s clients."""

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import cbor2
from botocore.exceptions import ClientError


class JsonReply(NamedTuple):
    """An answer in the form in which the native engine looks at it."""

    body: bytes
    answer: dict[str, Any]


class Answered:
    """A call whose answer, or error, is there: `answer` returns or raises it."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def arrives(self, seconds: float) -> bool:
        return True

    def close(self) -> None:
        pass

    def __call__(self, seconds: float = 0.0) -> Any:
        return self._answer()


class TwoSteps:
    """The call is made, and fails, when it is begun; an error of the service comes with the answer."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("begin_"):
            return getattr(self._client, name)
        call = getattr(self._client, name.removeprefix("begin_"))

        def begin(**arguments: Any) -> Callable[[], Any]:
            try:
                answer = call(**arguments)
            except ClientError as error:
                return Answered(partial(_raise, error))
            return Answered(lambda: answer)

        return begin

    def within(self, seconds: float) -> "TwoSteps":
        """Its calls have their own timeouts."""
        return self

    def has_idle(self, **bucket: str) -> bool:
        return True

    def begin_encoded_put_records(
        self, body: Callable[[], bytes], stream_arn: str, cbor: bool
    ) -> Callable[[], JsonReply]:
        request = cbor2.loads(body()) if cbor else json.loads(body())
        assert request["StreamARN"] == stream_arn
        records = request["Records"]
        if not cbor:
            records = [record | {"Data": base64.b64decode(record["Data"])} for record in records]
        answer = self._client.put_records(StreamARN=stream_arn, Records=records)
        encoded = cbor2.dumps(answer, default=str) if cbor else json.dumps(answer, default=str).encode()
        return lambda: JsonReply(encoded, answer)

    @staticmethod
    def answer(reply: JsonReply) -> dict[str, Any]:
        return reply.answer


def _raise(error: Exception) -> Any:
    raise error
