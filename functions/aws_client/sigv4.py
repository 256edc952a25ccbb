"""AWS Signature Version 4.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_client.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Each character and its escape; "%" first: the others' escapes contain it.
_ESCAPES = [("%", "%25"), *[(chr(b), f"%{b:02X}") for b in range(128) if chr(b) not in _UNRESERVED and chr(b) != "%"]]


def sign(
    credentials: Credentials,
    region: str,
    service: str,
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
) -> dict[str, str]:
    """The headers plus those of the signature: all names in lower case, all headers signed.

    path, query : encoded as in the request; the query in the order of `encode_query`.
    headers : including `host`; names in lower case.
    now : seconds since the epoch.

    S3 expects the path encoded once, and the body's digest as a header. Other services expect the path encoded twice;
    it must not contain empty or dotted segments.
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    digest = hashlib.sha256(body).hexdigest()
    signed = dict(headers) | {"x-amz-date": timestamp}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    if service == "s3":
        signed["x-amz-content-sha256"] = digest
    elif path != "/":
        path = encode(path, safe="/")

    ordered = sorted(signed)
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in ordered)
    names = ";".join(ordered)
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"

    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_key, timestamp[:8], region, service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"{credentials.access_key}/{scope}"
    signed["authorization"] = f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return signed


def encode(text: str, safe: str = "") -> str:
    """Percent-encode UTF-8 as the signature requires.

    `str.replace` for each special character: form bodies have hundreds of kilobytes, and a loop over bytes would take
    tens of milliseconds.
    """
    if text.isascii() and text.isalnum():  # an entry's id, a name
        return text
    escapes = _ESCAPES
    if not text.isascii():  # then one character a byte
        text = text.encode().decode("latin-1")
        escapes = escapes + [(chr(b), f"%{b:02X}") for b in range(128, 256)]
    for character, escape in escapes:
        if character in text and character not in safe:
            text = text.replace(character, escape)
    return text


def encode_query(parameters: Iterable[tuple[str, str]]) -> str:
    """A query string in canonical form: sorted by encoded name, then by value."""
    return "&".join(f"{name}={value}" for name, value in sorted((encode(n), encode(v)) for n, v in parameters))


@lru_cache(maxsize=16)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    """The key of a day, region and service; valid for that day, so it is cached."""
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
