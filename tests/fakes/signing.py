"""Key pairs in memory, and a KMS that holds them: signed with OpenSSL, which knows nothing of the code under test."""

import base64
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.s3 import client_error


class FakeKey:
    """An ECDSA key; also a signer for the model store, which signs anew whatever lies there."""

    def __init__(self, secret: int, curve: ec.EllipticCurve | None = None) -> None:
        self.private = ec.derive_private_key(secret, curve or ec.SECP256R1())

    @property
    def der(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def base64(self) -> str:
        """As Terraform's aws_kms_public_key gives it."""
        return base64.b64encode(self.der).decode()

    @property
    def pem(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def uncompressed(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))

    def verified(self, digest: bytes, signature: bytes) -> bool:
        try:
            self.private.public_key().verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            return False
        return True

    def sign_digest(self, digest: bytes) -> bytes:
        return self.private.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))

    def signature(self, message: bytes, present: bytes | None) -> bytes:
        return self.sign(message)


class FakeKms:
    """As much of a KMS client as signing needs. (moto hashes what is a digest already.)"""

    def __init__(self) -> None:
        self._keys: dict[str, FakeKey] = {}
        self.disabled = False

    def create(self) -> dict[str, Any]:
        """A new key; a stack's outputs in which it signs and is trusted."""
        key = FakeKey(1000 + len(self._keys))
        arn = f"arn:aws:kms:eu-central-1:123456789012:key/{len(self._keys)}"
        self._keys[arn] = key
        return {"model_store": {"bucket": "models", "signing_key_arn": arn, "public_keys": [key.base64]}}

    @property
    def exceptions(self) -> Any:
        return SimpleNamespace(ClientError=ClientError)

    def verify(
        self,
        *,
        KeyId: str,  # noqa: N803 - KMS's names
        Message: bytes,  # noqa: N803
        MessageType: str,  # noqa: N803
        Signature: bytes,  # noqa: N803
        SigningAlgorithm: str,  # noqa: N803
    ) -> dict[str, Any]:
        if self.disabled:
            raise client_error("DisabledException", 400, "Verify")
        if (MessageType, SigningAlgorithm, len(Message)) != ("DIGEST", "ECDSA_SHA_256", 32):
            raise client_error("ValidationException", 400, "Verify")
        if not self._keys[KeyId].verified(Message, Signature):
            raise client_error("KMSInvalidSignatureException", 400, "Verify")
        return {"KeyId": KeyId, "SignatureValid": True, "SigningAlgorithm": SigningAlgorithm}

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:  # noqa: N803 - KMS's names
        if self.disabled:
            raise client_error("DisabledException", 400, "Sign")
        if (MessageType, SigningAlgorithm, len(Message)) != ("DIGEST", "ECDSA_SHA_256", 32):
            raise client_error("ValidationException", 400, "Sign")
        return {
            "KeyId": KeyId,
            "Signature": self._keys[KeyId].sign_digest(Message),
            "SigningAlgorithm": SigningAlgorithm,
        }
