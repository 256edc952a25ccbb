"""A client whose calls are made in one step, as botocore's are, with the two steps of `aws_client`'s clients."""

import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple


class JsonReply(NamedTuple):
    """An answer in the form in which the native engine looks at it."""

    body: bytes
    answer: dict[str, Any]


class TwoSteps:
    """The call is made, and fails, when it is begun."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("begin_"):
            return getattr(self._client, name)
        call = getattr(self._client, name.removeprefix("begin_"))

        def begin(**arguments: Any) -> Callable[[], Any]:
            answer = call(**arguments)
            return lambda: answer

        return begin

    def begin_put_records_json(self, body: Callable[[], bytes], stream_arn: str) -> Callable[[], JsonReply]:
        request = json.loads(body())
        assert request["StreamARN"] == stream_arn
        records = [record | {"Data": base64.b64decode(record["Data"])} for record in request["Records"]]
        answer = self._client.put_records(StreamARN=stream_arn, Records=records)
        return lambda: JsonReply(json.dumps(answer, default=str).encode(), answer)

    @staticmethod
    def answer(reply: JsonReply) -> dict[str, Any]:
        return reply.answer
