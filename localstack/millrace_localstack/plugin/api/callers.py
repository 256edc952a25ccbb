"""Who signs requests, and what they may do.

Keys of sessions are roles', as everywhere here. `test` is the account's administrator, who may do everything; other
keys have no secret that anyone gave out.
"""

from dataclasses import dataclass
from typing import Any

from millrace_localstack.plugin.api.signature import SignedRequest, SigningKey, verify
from millrace_localstack.plugin.iam import caller as principals
from millrace_localstack.plugin.iam import stores
from millrace_localstack.plugin.iam.enforcement import DECISIONS
from millrace_localstack.plugin.iam.policy import Permission, Principal

ADMINISTRATOR = "test"


@dataclass(frozen=True)
class RequestSigner:
    """Who signed a request. `principal`: None for the administrator."""

    key: str
    account: str
    arn: str
    principal: Principal | None


def signer(request: Any, service: str, account: str, region: str) -> RequestSigner:
    """Who signed an HTTP request. Raises SignatureMissing, SignatureRefused."""
    from rolo.request import get_full_raw_path, restore_payload

    signed = SignedRequest(
        method=request.method,
        url=f"http://{request.headers['Host']}{get_full_raw_path(request)}",
        headers=dict(request.headers),
        body=restore_payload(request),
    )
    key = verify(signed, service, region, lambda name: _key(name, account))
    session = stores.session_of(key, account)
    if session is None:
        return RequestSigner(key, account, f"arn:aws:iam::{account}:root", None)
    return RequestSigner(key, account, session.arn, principals.session(session.arn, region))


def _key(name: str, account: str) -> SigningKey | None:
    if name == ADMINISTRATOR:
        return SigningKey(ADMINISTRATOR)
    session = stores.session_of(name, account)
    return SigningKey(str(session.secret_access_key), str(session.session_token)) if session else None


def refusal(who: Principal | None, wanted: Permission) -> str | None:
    """AWS's words for why a caller may not; None if it may, as the administrator, and everyone with IAM=off."""
    from millrace_localstack.plugin.patches import iam

    if who is None or not iam.applied():
        return None
    reason = DECISIONS.reason(who, wanted)
    if reason is None:
        return None
    return f"User: {who.arn} is not authorized to perform: {wanted.action} on resource: {wanted.resource} {reason}"
