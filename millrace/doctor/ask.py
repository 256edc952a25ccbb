"""Asking AWS: the only place where the doctor calls anything. Every call reads; no call changes a thing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# An endpoint that does not answer is reported within seconds.
PATIENCE = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 2})


@dataclass(frozen=True, slots=True)
class Known[T]:
    value: T


@dataclass(frozen=True, slots=True)
class Denied:
    """The caller may not: the IAM action that is missing."""

    action: str


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such thing, in AWS's words."""

    what: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: no connection, no credentials, or an error of the service."""

    why: str


type Answer[T] = Known[T] | Denied | Absent | Failed

_DENIED = re.compile("AccessDenied|NotAuthorized|AuthorizationError|UnauthorizedOperation|Forbidden|^403$")
_ABSENT = re.compile("NotFound|NoSuch|NonExistent|DoesNotExist|^404$")
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
# Where the action's name is not the operation's. Service Authorization Reference, "Actions, resources, and condition
# keys for Amazon S3" and the others: https://docs.aws.amazon.com/service-authorization/latest/reference/
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}
# Where the service's name in actions is not that of its client.
_SERVICES = {"stepfunctions": "states"}


class Ask:
    """Makes calls. `client` gives the client of a service: it is asked once for each."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = cache(client)

    def __call__(self, service: str, operation: str, **arguments: Any) -> Answer[dict[str, Any]]:
        """The answer of an operation, in boto3's spelling: `ask("lambda", "get_alias", FunctionName=…)`."""
        return answered(lambda: getattr(self._client(service), operation)(**arguments), service)


def answered[T](call: Callable[[], T], service: str) -> Answer[T]:
    """What a call gave, or why it gave nothing. `service` names the action where AWS's message does not."""
    try:
        return Known(call())
    except ClientError as error:
        return _refused(error, service)
    except BotoCoreError as error:
        return Failed(str(error))


def action(service: str, operation: str) -> str:
    """The IAM action that an operation needs: `action("s3", "HeadObject")` is `s3:GetObject`."""
    plain = f"{_SERVICES.get(service, service)}:{operation}"
    return _ACTIONS.get(plain, plain)


def is_denied(error: ClientError) -> bool:
    """Whether the caller lacks a permission."""
    return _DENIED.search(error.response["Error"].get("Code", "")) is not None


def _refused(error: ClientError, service: str) -> Denied | Absent | Failed:
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if is_denied(error):
        named = _ACTION.search(message)
        return Denied(named[1] if named else action(service, error.operation_name))
    if _ABSENT.search(code):
        return Absent(message or code)
    return Failed(f"{code}: {message}")
