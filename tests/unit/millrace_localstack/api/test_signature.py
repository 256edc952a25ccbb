"""Signatures are verified as AWS does: what botocore signs is valid, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from millrace_localstack.plugin.api.signature import (
    SignatureMissing,
    SignatureRefused,
    SignedRequest,
    SigningKey,
    verify,
)

URL = "http://127.0.0.1:4566/_aws/execute-api/a1b2/live/v2/models/m%C3%B6del/infer?b=2&a=1%202"
BODY = b'{"features": [1, \xff]}'
KEYS = {"ASIAGIVEN": SigningKey("secret", "session"), "test": SigningKey("test")}


def signed(
    key: str = "ASIAGIVEN", secret: str = "secret", token: str = "session", service: str = "execute-api"
) -> SignedRequest:
    headers = {"Host": "127.0.0.1:4566", "Content-Type": "application/json"}
    request = AWSRequest(method="POST", url=URL, data=BODY, headers=headers)
    SigV4Auth(Credentials(key, secret, token or None), service, "us-east-1").add_auth(request)
    return SignedRequest("POST", URL, dict(request.headers), BODY)


def verified(request: SignedRequest, now: datetime | None = None) -> str:
    return verify(request, "execute-api", "us-east-1", KEYS.get, now)


@pytest.mark.parametrize(("key", "secret", "token"), [("ASIAGIVEN", "secret", "session"), ("test", "test", "")])
def test_what_botocore_signs_is_valid(key: str, secret: str, token: str) -> None:
    assert verified(signed(key, secret, token)) == key


def test_headers_by_any_case() -> None:
    one = signed()

    assert verified(replace(one, headers={name.upper(): value for name, value in one.headers.items()}))


@pytest.mark.parametrize("header", ["", "Basic dGVzdDp0ZXN0", "Bearer a.b.c"])
def test_an_unsigned_request(header: str) -> None:
    with pytest.raises(SignatureMissing):
        verified(SignedRequest("POST", URL, {"Host": "127.0.0.1:4566", "Authorization": header}, BODY))


def with_header(name: str, change: Callable[[str], str]) -> Callable[[SignedRequest], SignedRequest]:
    def changed(one: SignedRequest) -> SignedRequest:
        return replace(one, headers={**one.headers, name: change(one.headers.get(name, ""))})

    return changed


CHANGES: dict[str, Callable[[SignedRequest], SignedRequest]] = {
    "method": lambda one: replace(one, method="PUT"),
    "path": lambda one: replace(one, url=one.url.replace("/infer", "/other")),
    "query": lambda one: replace(one, url=one.url.replace("a=1", "a=2")),
    "body": lambda one: replace(one, body=one.body + b" "),
    "signed header": with_header("Content-Type", lambda _: "text/csv"),
    "host": with_header("Host", lambda _: "other.example"),
    "signature": with_header("Authorization", lambda text: text[:-4] + "0000"),
    "key": with_header("Authorization", lambda text: text.replace("ASIAGIVEN", "ASIAOTHER")),
    "another's key": with_header("Authorization", lambda text: text.replace("ASIAGIVEN", "test")),
    "session's token": with_header("X-Amz-Security-Token", lambda _: "another"),
    "date": with_header("X-Amz-Date", lambda _: "20200101T000000Z"),
    "no date": with_header("X-Amz-Date", lambda _: "yesterday"),
    "digest that the body does not have": with_header("X-Amz-Content-SHA256", lambda _: "0" * 64),
    "no signed headers": with_header("Authorization", lambda text: text.replace("SignedHeaders", "Headers")),
    "host not signed": with_header("Authorization", lambda text: text.replace(";host;", ";")),
    "short scope": with_header("Authorization", lambda text: text.replace("/aws4_request", "")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_request_that_was_changed_is_refused(change: str) -> None:
    one = signed()
    assert verified(one)

    with pytest.raises(SignatureRefused):
        verified(CHANGES[change](one))


def test_a_wrong_secret_is_refused() -> None:
    with pytest.raises(SignatureRefused, match="does not match the signature you provided"):
        verified(signed(secret="guessed"))


def test_a_signature_for_another_service_or_region_is_refused() -> None:
    with pytest.raises(SignatureRefused, match="scoped to correct service"):
        verified(signed(service="lambda"))
    with pytest.raises(SignatureRefused, match="scoped to correct service"):
        verify(signed(), "execute-api", "eu-west-1", KEYS.get)


@pytest.mark.parametrize(("minutes", "valid"), [(4, True), (-4, True), (6, False), (-6, False)])
def test_a_signature_holds_for_five_minutes(minutes: int, valid: bool) -> None:
    one, now = signed(), datetime.now(UTC) + timedelta(minutes=minutes)

    if valid:
        assert verified(one, now)
    else:
        with pytest.raises(SignatureRefused, match="Signature expired"):
            verified(one, now)
