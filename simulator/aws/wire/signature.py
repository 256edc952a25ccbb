"""Checks a request's signature as AWS does, from the request alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

from .http import HttpRequest

MOST_SKEW_SECONDS = 15 * 60
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)"
)


def signature_error(request: HttpRequest, service: str, secret: str, now: float) -> str:
    """The error code that AWS answers with; empty where the signature is good. `now`: epoch seconds."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    when = request.headers.get("x-amz-date", "")
    if found is None or not when:
        return "MissingAuthenticationToken"
    _, day, region, signed_for, names, signature = found.groups()
    if abs(_seconds(when) - now) > MOST_SKEW_SECONDS:
        return "RequestTimeTooSkewed"
    digest = hashlib.sha256(request.body).hexdigest()
    if service == "s3" and request.headers.get("x-amz-content-sha256") != digest:
        return "XAmzContentSHA256Mismatch"
    path = request.path if service == "s3" else quote(request.path)
    headers = "".join(f"{name}:{request.headers.get(name, '')}\n" for name in names.split(";"))
    canonical = f"{request.method}\n{path}\n{request.query}\n{headers}\n{names}\n{digest}"
    scope = f"{when[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.digest(_key(secret, when[:8], region, service), text.encode(), "sha256").hex()
    good = signature == expected and (day, signed_for) == (when[:8], service) and "host" in names.split(";")
    return "" if good else "SignatureDoesNotMatch"


@lru_cache(maxsize=64)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=64)
def _seconds(when: str) -> float:
    return datetime.strptime(when, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
