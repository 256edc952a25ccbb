"""The operations of the API: each takes the caller's account and the request, and gives the answer.

Requests have been validated against the API's model (`validation.py`), so that what it requires is there.
"""

from collections.abc import Callable
from typing import Any

from millrace_localstack.plugin.kinesis import account
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.errors import invalid_argument
from millrace_localstack.plugin.kinesis.stream import Stream

type Request = dict[str, Any]
type Answer = dict[str, Any] | None
type Operation = Callable[[KinesisAccount, Request], Answer]


def stream_of(caller: KinesisAccount, request: Request) -> Stream:
    """By StreamARN, StreamName, or both."""
    arn, name = request.get("StreamARN"), request.get("StreamName")
    if arn is None and name is None:
        raise invalid_argument("Must provide either StreamName or StreamARN.")
    if arn is None:
        return caller.stream(str(name))
    stream = account.stream_of_arn(arn)
    if name is not None and name != stream.name:
        raise invalid_argument(f"StreamARN {arn} and StreamName {name} are of different streams.")
    return stream
