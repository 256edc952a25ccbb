"""Raw events: Lambda's runtime client passes on the event's JSON, and the native engine reads it in place.

The client's own decoder makes a dictionary and a dozen strings of each record, which takes longer than any of the
scorer's stages. Functions can replace its marshaller:
https://github.com/aws/aws-lambda-python-runtime-interface-client, `BaseLambdaRuntimeClient.marshaller`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CLIENT = "awslambdaric.lambda_runtime_client"


def enable() -> bool:
    """Make the runtime client pass raw events. False if there is no client whose marshaller can be replaced."""
    client = sys.modules.get(CLIENT)
    owner = getattr(client, "BaseLambdaRuntimeClient", None) or getattr(client, "LambdaRuntimeClient", None)
    theirs = getattr(owner, "marshaller", None)
    if owner is None or not hasattr(theirs, "unmarshal_request"):
        return False
    owner.marshaller = _raw(type(theirs))()
    return True


def _raw(theirs: type) -> type:
    class Marshaller(theirs):  # type: ignore[misc]
        """The client's marshaller, except for reading requests."""

        def unmarshal_request(self, request: Any, content_type: str = "application/json") -> Any:
            if isinstance(request, str):
                request = request.encode()
            return request if isinstance(request, bytes) else super().unmarshal_request(request, content_type)

    return Marshaller
