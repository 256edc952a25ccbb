"""Signing manifests with the stack's KMS key, whose private half never leaves KMS, and finding who signed one."""

import hashlib
from collections.abc import Mapping
from typing import Any

from millrace.errors import UserError
from model_store.artifact import Artifact
from model_store.signature import PublicKeys


class KmsSigner:
    """Signs with one key of KMS what verifies with the keys that the scorer trusts.

    Parameters
    ----------
    kms : a KMS client of botocore or boto3.
    key_arn : an asymmetric key, ECC_NIST_P256, for SIGN_VERIFY.
    keys : the trusted public keys, that key's among them.
    """

    def __init__(self, kms: Any, key_arn: str, keys: PublicKeys) -> None:
        self._kms, self._key_arn, self._keys = kms, key_arn, keys

    def signature(self, message: bytes, present: bytes | None) -> bytes:
        """A trusted signature of the message: the present one where it holds, or a new one. Raises UserError."""
        if present is not None and self._keys.signer(message, present):
            return present
        # KMS takes at most 4,096 bytes as they are, and a manifest has more: it gets the digest.
        # https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
        answer = self._kms.sign(
            KeyId=self._key_arn,
            Message=hashlib.sha256(message).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        signature: bytes = answer["Signature"]
        if self._keys.signer(message, signature) is None:
            raise UserError(
                f"expected a signature that the scorer trusts, {self._key_arn} gave another: "
                "deploy the stack again, so that its outputs name the public keys that there are"
            )
        return signature


def signer(outputs: Mapping[str, Any], kms: Any) -> KmsSigner | None:
    """What signs for a stack, by its Terraform outputs; None where signing is off. `kms()` makes the client."""
    keys = public_keys(outputs)
    return None if keys is None else KmsSigner(kms(), outputs["model_store"]["signing_key_arn"], keys)


def public_keys(outputs: Mapping[str, Any]) -> PublicKeys | None:
    """The keys that a stack's scorer trusts, by its Terraform outputs; None where signing is off."""
    keys = outputs["model_store"].get("public_keys")
    return PublicKeys.read(",".join(keys)) if keys else None


def state(artifact: Artifact, keys: PublicKeys | None) -> str:
    """One phrase on an artifact's signature, for a person: by whom, or what is wrong with it."""
    if artifact.signature is None:
        return "unsigned" if keys is None else "unsigned, and would be refused"
    if keys is None:
        return "signed, not checked: signing is off"
    key = keys.signer(artifact.manifest.to_bytes(), artifact.signature)
    return f"signed by {key.fingerprint[:12]}" if key else "wrongly signed, and would be refused"
