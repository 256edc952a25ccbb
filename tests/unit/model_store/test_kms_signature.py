"""Signatures that KMS verifies: accepted and refused as by the built-in check."""

import base64
import hashlib
import json
from copy import replace

import pytest
from botocore.exceptions import ClientError

from aws_client import Session
from aws_client.errors import ServiceError, Unreadable
from model_store.errors import ArtifactRefused
from model_store.kms_signature import KmsKeys
from model_store.verify import check_bytes
from tests.fakes.http_server import HttpServer, answer
from tests.fakes.signing import FakeKms

ARN = "arn:aws:kms:eu-west-1:123456789012:key/1"
DIGEST = b"d" * 32


@pytest.fixture
def kms():
    return FakeKms()


def new_key(kms):
    return kms.create()["model_store"]["signing_key_arn"]


def signed_by(kms, key_arn, artifact):
    digest = hashlib.sha256(artifact.manifest.to_bytes()).digest()
    made = kms.sign(KeyId=key_arn, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")
    return replace(artifact, signature=made["Signature"])


def test_any_trusted_keys_signature_is_accepted(kms, artifact):
    first, second = new_key(kms), new_key(kms)

    assert KmsKeys(kms, [first, second]).check(signed_by(kms, first, artifact)) == first
    assert KmsKeys(kms, [first, second]).check(signed_by(kms, second, artifact)) == second


def test_the_check_is_one_of_those_of_an_artifact(kms, artifact):
    key = new_key(kms)
    check_bytes(signed_by(kms, key, artifact), KmsKeys(kms, [key]).check)
    with pytest.raises(ArtifactRefused, match="signature"):
        check_bytes(artifact, KmsKeys(kms, [key]).check)


@pytest.mark.parametrize("signature", [None, b"", b"no DER", "another key's", "another manifest's"])
def test_everything_else_is_refused(kms, artifact, newer, signature):
    trusted, other = new_key(kms), new_key(kms)
    if signature == "another key's":
        signature = signed_by(kms, other, artifact).signature
    elif signature == "another manifest's":
        signature = signed_by(kms, trusted, newer).signature

    with pytest.raises(ArtifactRefused, match=f"expected one by a trusted key \\({trusted}\\)"):
        KmsKeys(kms, [trusted]).check(replace(artifact, signature=signature))


def test_a_key_that_cannot_be_used_verifies_nothing(kms, artifact):
    """It is an error of KMS, not an artifact without a signature: the store is asked again."""
    key = new_key(kms)
    signed = signed_by(kms, key, artifact)
    kms.disabled = True
    with pytest.raises(ClientError, match="DisabledException"):
        KmsKeys(kms, [key]).check(signed)


def call(server):
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": server.url,
    }
    return (
        Session(1.0, 3.0, environment=environment)
        .client("kms")
        .verify(KeyId=ARN, Message=DIGEST, MessageType="DIGEST", Signature=b"sig", SigningAlgorithm="ECDSA_SHA_256")
    )


def test_the_call_that_is_sent():
    body = json.dumps({"KeyId": ARN, "SignatureValid": True, "SigningAlgorithm": "ECDSA_SHA_256"}).encode()
    with HttpServer([answer(200, body)]) as server:
        assert call(server)["SignatureValid"] is True

    (asked,) = server.asked
    assert asked.headers["x-amz-target"] == "TrentService.Verify"
    assert "/eu-west-1/kms/aws4_request" in asked.headers["authorization"], "signed for the key's region"
    assert json.loads(asked.body) == {
        "KeyId": ARN,
        "Message": base64.b64encode(DIGEST).decode(),
        "MessageType": "DIGEST",
        "Signature": base64.b64encode(b"sig").decode(),
        "SigningAlgorithm": "ECDSA_SHA_256",
    }


def test_an_error_has_its_code():
    with (
        HttpServer([answer(400, b'{"__type": "KMSInvalidSignatureException"}')]) as server,
        pytest.raises(ServiceError) as raised,
    ):
        call(server)
    assert raised.value.response["Error"]["Code"] == "KMSInvalidSignatureException"


@pytest.mark.parametrize("body", [b"{}", b'{"SignatureValid": "true"}', b"[]"])
def test_an_answer_that_says_nothing_is_none(body):
    with HttpServer([answer(200, body)]) as server, pytest.raises(Unreadable):
        call(server)
