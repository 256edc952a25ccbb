"""Signature Version 4 of a request, verified. Knows nothing of LocalStack.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
In the header Authorization only: a presigned URL counts as unsigned.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
MOST_SKEW = timedelta(minutes=5)
DOES_NOT_MATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class SignatureMissing(Exception):
    """The request has no signature."""


class SignatureRefused(Exception):
    """The signature is not valid; the message is AWS's."""


@dataclass(frozen=True)
class SigningKey:
    """A key that was given out. token : of a session; empty for a key without."""

    secret: str
    token: str = ""


@dataclass(frozen=True)
class SignedRequest:
    """headers : by any case. url : as the client has it, with the raw path and query."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Claimed:
    """What the header Authorization says."""

    key: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str


def verify(
    request: SignedRequest,
    service: str,
    region: str,
    key_of: Callable[[str], SigningKey | None],
    now: datetime | None = None,
) -> str:
    """The id of the key that a request is signed with. Raises SignatureMissing, SignatureRefused."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    claimed = _claimed(headers.get("authorization", ""))
    if (claimed.service, claimed.region) != (service, region):
        raise SignatureRefused(f"Credential should be scoped to correct service: '{service}' and region: '{region}'.")
    _check_date(headers.get("x-amz-date", ""), claimed.day, now or datetime.now(UTC))
    found = key_of(claimed.key)
    if found is None or not hmac.compare_digest(found.token, headers.get("x-amz-security-token", "")):
        raise SignatureRefused("The security token included in the request is invalid.")
    if not {"host", "x-amz-date"} <= set(claimed.signed):
        raise SignatureRefused("'Host' and 'X-Amz-Date' must be signed headers.")
    digest = hashlib.sha256(request.body).hexdigest()
    if headers.get("x-amz-content-sha256", digest) != digest:
        raise SignatureRefused(DOES_NOT_MATCH)
    if not hmac.compare_digest(_signature(request, headers, claimed, found.secret), claimed.signature):
        raise SignatureRefused(DOES_NOT_MATCH)
    return claimed.key


def _claimed(header: str) -> Claimed:
    if not header.startswith(ALGORITHM):
        raise SignatureMissing
    parts = dict(part.strip().split("=", 1) for part in header.removeprefix(ALGORITHM).split(",") if "=" in part)
    scope = parts.get("Credential", "").split("/")
    if len(scope) != 5 or scope[-1] != "aws4_request" or not parts.get("Signature") or not parts.get("SignedHeaders"):
        raise SignatureRefused(
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters."
        )
    key, day, region, service, _ = scope
    return Claimed(key, day, region, service, tuple(parts["SignedHeaders"].split(";")), parts["Signature"])


def _check_date(text: str, day: str, now: datetime) -> None:
    try:
        at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureRefused("Date must be in ISO-8601 'basic format'.") from None
    if not text.startswith(day):
        raise SignatureRefused("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.")
    if abs(now - at) > MOST_SKEW:
        raise SignatureRefused(f"Signature expired: {text} is not within 5 minutes of the time here.")


def _signature(request: SignedRequest, headers: Mapping[str, str], claimed: Claimed, secret: str) -> str:
    signed = {name: headers.get(name, "") for name in claimed.signed}
    own = AWSRequest(method=request.method, url=request.url, data=request.body, headers=signed)
    own.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(claimed.key, secret), claimed.service, claimed.region)
    return str(signer.signature(signer.string_to_sign(own, signer.canonical_request(own)), own))
