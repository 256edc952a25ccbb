"""Tokens: what the issuer signed for us and is still valid, and nothing else. Keys: cached, bounded, failing closed."""

import base64
import json
import time
from collections.abc import Callable
from copy import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from authorizer import handler, keys
from authorizer.keys import KeySet, KeysUnavailable, UnknownKey, keys_of
from authorizer.settings import AuthorizerSettings
from authorizer.tokens import TokenRefused, claims
from records.settings import ConfigInvalid
from tests.fakes.http_server import HttpServer, answer, closing, silent

SETTINGS = AuthorizerSettings("https://id.example/jwks.json", "https://id.example", "predictions")
METHOD = "arn:aws:execute-api:us-east-1:000000000000:a1b2/live/POST/v2/models/m/infer"
RSA, EC, ED = (
    rsa.generate_private_key(65537, 2048),
    ec.generate_private_key(ec.SECP256R1()),
    ed25519.Ed25519PrivateKey.generate(),
)
SIGNERS: dict[str, Any] = {"RS256": RSA, "PS256": RSA, "ES256": EC, "EdDSA": ED}


def jwk(algorithm: str, key_id: str = "", **members: Any) -> dict[str, Any]:
    public = SIGNERS[algorithm].public_key()
    kind = jwt.algorithms.get_default_algorithms()[algorithm]
    return {**kind.to_jwk(public, as_dict=True), "kid": key_id or algorithm, "alg": algorithm, **members}  # type: ignore[attr-defined]


JWKS = json.dumps({"keys": [jwk(name) for name in SIGNERS]}).encode()


def token(algorithm: str = "ES256", key: Any = None, headers: dict[str, Any] | None = None, **members: Any) -> str:
    said = {"iss": "https://id.example", "aud": "predictions", "sub": "u1", "exp": time.time() + 60, **members}
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, key or SIGNERS[algorithm], algorithm, headers=headers or {"kid": algorithm})


class Issuer:
    """What is at the address of the keys, and how often it was read."""

    def __init__(self, *documents: bytes | Exception) -> None:
        self.documents, self.reads, self.now = list(documents), 0, 1000.0
        self.keys = KeySet("https://id.example/jwks.json", self.read, lambda: self.now)

    def read(self, url: str) -> bytes:
        self.reads += 1
        found = self.documents.pop(0) if len(self.documents) > 1 else self.documents[0]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_valid_token(algorithm: str) -> None:
    assert claims(f"Bearer {token(algorithm)}", SETTINGS, Issuer(JWKS).keys)["sub"] == "u1"


def unsigned() -> str:
    said = {"iss": "https://id.example", "aud": "predictions", "sub": "u1", "exp": 2**33}
    both = ({"alg": "none", "kid": "ES256"}, said)
    part = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in both]
    return ".".join([*part, ""])


def with_the_public_key_as_secret() -> str:
    """HMAC with what everyone knows."""
    import hashlib
    import hmac

    head, said, _ = token("RS256").split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"RS256"}').rstrip(b"=").decode()
    mac = hmac.new(jwk("RS256")["n"].encode(), f"{head}.{said}".encode(), hashlib.sha256).digest()
    return f"{head}.{said}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


REFUSED: dict[str, Callable[[], str]] = {
    "expired": lambda: token(exp=time.time() - 31),
    "not yet valid": lambda: token(nbf=time.time() + 60),
    "without an end": lambda: token(exp=None),
    "of another issuer": lambda: token(iss="https://evil.example"),
    "for another audience": lambda: token(aud="payments"),
    "without an audience": lambda: token(aud=None),
    "without a subject": lambda: token(sub=None),
    "of a key that is not the issuer's": lambda: token(key=ec.generate_private_key(ec.SECP256R1())),
    "of an unknown key": lambda: token(headers={"kid": "unknown"}),
    "without a key id": lambda: token(headers={"typ": "JWT"}),
    "unsigned": unsigned,
    "signed with the public key": with_the_public_key_as_secret,
    "of one key, by another's algorithm": lambda: token("PS256", headers={"kid": "RS256"}),
    "changed": lambda: token()[:-6] + "AAAAAA",
    "no token": lambda: "a.b.c",
    "too long": lambda: token(more="x" * 9000),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_token_that_is_refused(kind: str) -> None:
    with pytest.raises(TokenRefused) as caught:
        claims(f"Bearer {REFUSED[kind]()}", SETTINGS, Issuer(JWKS).keys)
    assert "eyJ" not in str(caught.value)  # nothing of the token is logged


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "bEaReR   "])
def test_the_scheme_may_be_in_any_case(scheme: str) -> None:
    assert claims(f"{scheme}{token()}", SETTINGS, Issuer(JWKS).keys)["sub"] == "u1"


@pytest.mark.parametrize(
    "header",
    ["", "Basic dTpw", "bearer", "Bearer  ", f"Token {token()}", f"Bearer{token()}", token(), f" Bearer {token()}"],
)
def test_a_header_without_a_token(header: str) -> None:
    with pytest.raises(TokenRefused):
        claims(header, SETTINGS, Issuer(JWKS).keys)


@pytest.mark.parametrize("audience", [["payments", "predictions"], ["predictions"], "predictions"])
def test_the_audience_is_one_of_those_that_the_token_names(audience: Any) -> None:
    assert claims(f"Bearer {token(aud=audience)}", SETTINGS, Issuer(JWKS).keys)["aud"] == audience


@pytest.mark.parametrize("audience", [[], ["predictions-2"], ["prediction"], {"predictions": 1}, 7, [["predictions"]]])
def test_no_other_audience_is_ours(audience: Any) -> None:
    with pytest.raises(TokenRefused):
        claims(f"Bearer {token(aud=audience)}", SETTINGS, Issuer(JWKS).keys)


def test_a_critical_extension_that_is_not_known_is_refused() -> None:
    sent = token(headers={"kid": "ES256", "crit": ["x-must"], "x-must": 1})
    with pytest.raises(TokenRefused):
        claims(f"Bearer {sent}", SETTINGS, Issuer(JWKS).keys)


@pytest.mark.parametrize("segment", ["[" * 3000, '{"kid":' + "1" * 5000 + "}", '{"kid":["ES256"]}', "null", "\ud800"])
def test_a_head_that_is_nonsense(segment: str) -> None:
    head = base64.urlsafe_b64encode(segment.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()
    _, said, mark = token().split(".")
    with pytest.raises(TokenRefused):
        claims(f"Bearer {head}.{said}.{mark}", SETTINGS, Issuer(JWKS).keys)


@pytest.mark.parametrize(
    ("members", "allowed"),
    [({"scope": "read predict"}, True), ({"scp": ["predict"]}, True), ({"scope": "predictions"}, False), ({}, False)],
)
def test_a_scope(members: dict[str, Any], allowed: bool) -> None:
    settings = replace(SETTINGS, scope="predict")
    if allowed:
        claims(f"Bearer {token(**members)}", settings, Issuer(JWKS).keys)
    else:
        with pytest.raises(TokenRefused, match="scope"):
            claims(f"Bearer {token(**members)}", settings, Issuer(JWKS).keys)


def test_keys_are_read_once_and_again_after_ten_minutes() -> None:
    issuer = Issuer(JWKS)
    for seconds in (0.0, 1.0, 599.0):
        issuer.now = 1000.0 + seconds
        issuer.keys.key("ES256")
    assert issuer.reads == 1
    issuer.now = 1601.0
    issuer.keys.key("ES256")
    assert issuer.reads == 2


def test_a_new_key_is_found_and_made_up_ids_do_not_have_the_issuer_asked_without_end() -> None:
    rotated = json.dumps({"keys": [jwk("ES256", "new")]}).encode()
    issuer = Issuer(JWKS, rotated)
    issuer.keys.key("ES256")
    issuer.now += 31
    assert issuer.keys.key("new")
    for number in range(100):
        with pytest.raises(UnknownKey):
            issuer.keys.key(f"made up {number}")
    assert issuer.reads == 2


def test_an_issuer_that_is_down() -> None:
    issuer = Issuer(TimeoutError("timed out"))
    for _ in range(3):
        with pytest.raises(KeysUnavailable, match="TimeoutError: timed out"):
            issuer.keys.key("ES256")
    assert issuer.reads == 1
    issuer.documents, issuer.now = [JWKS], issuer.now + 31
    assert issuer.keys.key("ES256")


@pytest.mark.parametrize("document", [b"[" * 200_000, b"null", b'{"keys": null}', b"\xff", b'{"keys": [1e999]}'])
def test_an_issuer_that_sends_nonsense(document: bytes) -> None:
    issuer = Issuer(document, JWKS)
    with pytest.raises(KeysUnavailable):
        issuer.keys.key("ES256")
    issuer.now += 31
    assert issuer.keys.key("ES256")


def test_a_key_that_the_issuer_withdrew_counts_for_ten_minutes() -> None:
    issuer = Issuer(JWKS, json.dumps({"keys": [jwk("RS256")]}).encode())
    issuer.keys.key("ES256")
    issuer.now += keys.KEPT_SECONDS + 1
    with pytest.raises(UnknownKey):
        issuer.keys.key("ES256")


def test_known_keys_outlast_a_short_failure_only() -> None:
    issuer = Issuer(JWKS, OSError("down"))
    issuer.keys.key("ES256")
    issuer.now += keys.TRUSTED_SECONDS - 1
    assert issuer.keys.key("ES256")
    issuer.now += 2
    with pytest.raises(KeysUnavailable):
        issuer.keys.key("ES256")


def test_keys_are_read_from_one_address() -> None:
    with HttpServer([answer(body=JWKS)]) as server:
        assert keys.read(f"{server.url}/a/jwks.json?v=1") == JWKS
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("GET", "/a/jwks.json?v=1")


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (answer(302, location="http://127.0.0.1:1/jwks.json"), ValueError),
        (answer(500), ValueError),
        (answer(body=b" " * (keys.MOST_BYTES + 1)), ValueError),
        (closing(b"no HTTP"), OSError),
        (closing(b""), OSError),
        (silent(b"HTTP/1.1 200 OK\r\n"), OSError),
    ],
    ids=["redirect", "error", "too long", "no HTTP", "closed", "silence"],
)
def test_what_is_not_read_as_keys(step: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "TIMEOUT_SECONDS", 0.2)
    with HttpServer([step]) as server, pytest.raises(error):
        keys.read(server.url)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"keys": {}}',
        b'{"keys": []}',
        json.dumps({"keys": [jwk("ES256", use="enc")]}).encode(),
        json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]}).encode(),
        json.dumps({"keys": [{**jwk("ES256"), "kid": 3}]}).encode(),
        json.dumps({"keys": [jwk("ES256", str(number)) for number in range(101)]}).encode(),
    ],
)
def test_what_is_no_set_of_keys(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        keys_of(document)


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "XYZ", "kid": "a"},
        {"kty": "RSA", "kid": "a", "n": "!!", "e": 5},
        {"kty": "EC", "kid": "a", "crv": ["P-256"], "x": "AA", "y": "AA"},
        {"kty": "RSA", "kid": "a", "alg": ["RS256"], "n": "AQAB", "e": "AQAB"},
        {"kty": {}, "kid": "a"},
        {"kid": "a"},
        "text",
        None,
    ],
)
def test_a_key_that_is_not_known_hides_no_other(other: Any) -> None:
    found = keys_of(json.dumps({"keys": [other, jwk("ES256")]}).encode())

    assert list(found) == ["ES256"]


def decide(header: str, issuer: Issuer) -> dict[str, Any]:
    event = {"type": "TOKEN", "authorizationToken": header, "methodArn": METHOD}
    return handler.decide(event, SETTINGS, issuer.keys)


def test_a_decision_is_about_the_whole_stage() -> None:
    found = decide(f"Bearer {token()}", Issuer(JWKS))

    (statement,) = found["policyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": "arn:aws:execute-api:us-east-1:000000000000:a1b2/live/*/*",
    }
    assert (found["principalId"], found["context"]) == ("u1", {"iss": "https://id.example", "sub": "u1"})


def test_a_refusal_is_the_word_that_the_gateway_knows() -> None:
    with pytest.raises(handler.Unauthorized, match=r"^Unauthorized$"):
        decide("Bearer a.b.c", Issuer(JWKS))


def test_without_keys_nobody_is_let_in() -> None:
    with pytest.raises(KeysUnavailable):
        decide(f"Bearer {token()}", Issuer(OSError("down")))


ENVIRONMENT = {"JWKS_URL": SETTINGS.keys_url, "JWT_ISSUER": SETTINGS.issuer, "JWT_AUDIENCE": SETTINGS.audience}


def test_settings() -> None:
    assert AuthorizerSettings.from_environment(ENVIRONMENT) == SETTINGS
    assert AuthorizerSettings.from_environment({**ENVIRONMENT, "JWT_SCOPE": "predict"}).scope == "predict"


@pytest.mark.parametrize("missing", ENVIRONMENT)
def test_a_setting_that_is_missing(missing: str) -> None:
    with pytest.raises(ConfigInvalid, match=missing):
        AuthorizerSettings.from_environment({**ENVIRONMENT, missing: ""})


def test_keys_without_tls_are_refused() -> None:
    with pytest.raises(ConfigInvalid, match="JWKS_URL: expected an address with https://"):
        AuthorizerSettings.from_environment({**ENVIRONMENT, "JWKS_URL": "http://id.example/jwks.json"})
