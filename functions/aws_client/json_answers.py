"""Responses of the services with a JSON protocol, which answer in CBOR where they are asked in it.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

import json

from aws_client.errors import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from aws_client.caller import Reply


# The content type of requests and answers in CBOR.
CBOR = "application/x-amz-cbor-1.1"


def members(reply: Reply) -> dict[str, Any]:
    """The members of a successful response. Raises Unreadable."""
    try:
        answer = _loads(reply)
    except (ValueError, RecursionError):  # neither JSON nor CBOR, no Unicode, or nested too deep
        answer = None
    if not isinstance(answer, dict):
        raise Unreadable("expected a JSON object")
    return answer


def _loads(reply: Reply) -> Any:
    if not reply.head.headers.get("content-type", "").startswith(CBOR):
        return json.loads(reply.body)
    from aws_client import cbor  # imported only if configured

    return cbor.loads(reply.body)


def entries(answer: dict[str, Any], member: str) -> list[dict[str, Any]]:
    """A member that is a list of flat objects; empty if it is absent. Raises Unreadable."""
    found = answer.get(member)
    if found is None:
        return []
    # Comparing sets of types is five times as fast as checking each value; a PutRecords response has 1,000.
    if not isinstance(found, list) or not {type(entry) for entry in found} <= {dict}:
        raise Unreadable(f"expected a list of objects in {member}")
    if {type(value) for entry in found for value in entry.values()} & {list, dict}:
        raise Unreadable(f"expected flat objects in {member}")
    return found


def explain(reply: Reply) -> tuple[str, str]:
    """Code and message of an error; empty if there are none."""
    try:
        error = members(reply)
    except Unreadable:
        return "", ""
    # The code may have a namespace before a `#` (com.amazonaws.kinesis#…) and a URL after a colon.
    code = str(error.get("__type", "")).partition(":")[0].rpartition("#")[2]
    return code, str(error.get("message") or error.get("Message") or "")
