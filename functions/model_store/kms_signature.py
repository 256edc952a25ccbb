"""Signatures of manifests, verified by KMS: for those who need a validated cryptographic module.

The scorer imports this file only where `model_store.verify` is "kms". A verification is one call for each key until one
holds, at a container's start and at each new version.
"""

from __future__ import annotations

import hashlib

from aws_client.errors import error_code
from model_store.errors import ArtifactRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from model_store.artifact import Artifact

# Of a signature that is another key's, and of bytes that are no signature.
_DOES_NOT_HOLD = ("KMSInvalidSignatureException", "ValidationException")


class KmsKeys:
    """The keys by any of which an artifact may be signed.

    kms : a KMS client of `aws_client`, botocore or boto3. key_arns : asymmetric keys, ECC_NIST_P256.
    """

    def __init__(self, kms: Any, key_arns: Sequence[str]) -> None:
        self._kms, self._key_arns = kms, key_arns

    def check(self, artifact: Artifact) -> str:
        """The ARN of the key that signed the manifest.

        Raises ArtifactRefused where it is unsigned or wrongly signed, and what the client raises where KMS does not
        answer: then nothing is verified, and the version is not loaded.
        """
        trusted = ", ".join(self._key_arns)
        if artifact.signature is None:
            raise ArtifactRefused("signature", f"expected one by a trusted key ({trusted}), found none")
        digest = hashlib.sha256(artifact.manifest.to_bytes()).digest()
        for key_arn in self._key_arns:
            if self._holds(key_arn, digest, artifact.signature):
                return key_arn
        raise ArtifactRefused(
            "signature", f"expected one by a trusted key ({trusted}), got another, or another manifest"
        )

    def _holds(self, key_arn: str, digest: bytes, signature: bytes) -> bool:
        # KMS takes at most 4,096 bytes as they are, and a manifest has more: it gets the digest.
        try:
            answer = self._kms.verify(
                KeyId=key_arn,
                Message=digest,
                MessageType="DIGEST",
                Signature=signature,
                SigningAlgorithm="ECDSA_SHA_256",
            )
        except self._kms.exceptions.ClientError as error:
            if error_code(error) in _DOES_NOT_HOLD:
                return False
            raise
        return answer["SignatureValid"] is True
