"""Events as they came: Lambda's runtime client hands over the JSON, and the native engine reads it in place.

The client's own reading makes a dictionary and a dozen strings of each record, and takes longer than any of the
scorer's stages. It lets functions put another marshaller in the place of its own:
https://github.com/aws/aws-lambda-python-runtime-interface-client, `BaseLambdaRuntimeClient.marshaller`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CLIENT = "awslambdaric.lambda_runtime_client"


def ask_for_them() -> bool:
    """Ask the runtime client that runs this function for raw events; whether there is one that has a place for that."""
    client = sys.modules.get(CLIENT)
    owner = getattr(client, "BaseLambdaRuntimeClient", None) or getattr(client, "LambdaRuntimeClient", None)
    theirs = getattr(owner, "marshaller", None)
    if owner is None or not hasattr(theirs, "unmarshal_request"):
        return False
    owner.marshaller = _raw(type(theirs))()
    return True


def _raw(theirs: type) -> type:
    class Marshaller(theirs):  # type: ignore[misc]
        """The client's own, but for reading: what it writes, and how it fails, stays as it is."""

        def unmarshal_request(self, request: Any, content_type: str = "application/json") -> Any:
            if isinstance(request, str):
                request = request.encode()
            return request if isinstance(request, bytes) else super().unmarshal_request(request, content_type)

    return Marshaller
