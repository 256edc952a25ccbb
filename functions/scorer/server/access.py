"""API keys: who may call the server.

The server has the keys' SHA-256 only. Looking up the hash of what was sent takes as long for any wrong key.
"""

from __future__ import annotations

import hashlib

from http_api.errors import RequestRefused
from http_api.messages import ANONYMOUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER, AUTHORIZATION, BEARER = "x-api-key", "authorization", "bearer "


def caller(headers: Mapping[str, str], key_names: Mapping[bytes, str]) -> str:
    """The name of the key that a request was sent with; ANONYMOUS where the server has none. Raises RequestRefused."""
    if not key_names:
        return ANONYMOUS
    key = headers.get(HEADER, "")
    if not key and headers.get(AUTHORIZATION, "")[: len(BEARER)].lower() == BEARER:
        key = headers[AUTHORIZATION][len(BEARER) :].strip()
    name = key_names.get(hashlib.sha256(key.encode("latin-1", "replace")).digest())
    if name is None:
        detail = "expected an API key in X-Api-Key, or as a bearer token"
        raise RequestRefused(401, "UNAUTHORIZED", detail, headers={"www-authenticate": 'Bearer realm="millrace"'})
    return name
