"""Signatures of manifests: ECDSA over P-256 with SHA-256, verified with public keys and nothing else.

A signature is what AWS KMS answers: r and s in DER. What is signed are the manifest's canonical bytes, which hold the
model's name, version and SHA-256, so one signature vouches for the whole artifact. The scorer imports this file only
where signing is on.
"""

from __future__ import annotations

import base64
import hashlib

from model_store import p256
from model_store.errors import ArtifactRefused, SigningKeyInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from model_store.artifact import Artifact

# Everything that precedes the coordinates in a SubjectPublicKeyInfo (RFC 5480) of an uncompressed P-256 key.
_KEY_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_PEM_BEGIN, _PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"

# A sequence of two integers of at most 33 bytes, each with two bytes before it.
MAX_SIGNATURE_BYTES = 72


class PublicKey:
    """A P-256 public key. `fingerprint` is the SHA-256 of its DER form, in hexadecimal."""

    def __init__(self, der: bytes) -> None:
        """Read a SubjectPublicKeyInfo in DER. Raises SigningKeyInvalid for any other curve or form of key."""
        x, y = int.from_bytes(der[-64:-32]), int.from_bytes(der[-32:])
        if der[:-64] != _KEY_PREFIX or not p256.on_curve(x, y):
            raise SigningKeyInvalid(
                "expected a P-256 public key (SubjectPublicKeyInfo in DER, uncompressed), as `aws kms get-public-key` "
                f"gives it for ECC_NIST_P256, got {len(der)} bytes that are none"
            )
        self.point = (x, y)
        self.fingerprint = hashlib.sha256(der).hexdigest()

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature (DER) is this key's, of this message."""
        numbers = read_signature(signature)
        digest = int.from_bytes(hashlib.sha256(message).digest())
        return numbers is not None and p256.holds(self.point, digest, *numbers)


class PublicKeys:
    """The public keys by any of which an artifact may be signed."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self.keys = tuple(keys)

    @classmethod
    def read(cls, text: str) -> Self:
        """One key or more, in base64 DER or as PEM, separated by commas or white space. Raises SigningKeyInvalid."""
        keys = [PublicKey(_decode(word)) for word in _words(text)]
        if not keys:
            raise SigningKeyInvalid("expected at least one public key, got none")
        return cls(keys)

    def signer(self, message: bytes, signature: bytes) -> PublicKey | None:
        """The key whose signature it is, or None where it is no known key's."""
        return next((key for key in self.keys if key.signed(message, signature)), None)

    def check(self, artifact: Artifact) -> PublicKey:
        """The key that signed the manifest. Raises ArtifactRefused where it is unsigned or wrongly signed."""
        trusted = ", ".join(key.fingerprint[:12] for key in self.keys)
        if artifact.signature is None:
            raise ArtifactRefused("signature", f"expected one by a trusted key ({trusted}), found none")
        key = self.signer(artifact.manifest.to_bytes(), artifact.signature)
        if key is None:
            raise ArtifactRefused(
                "signature", f"expected one by a trusted key ({trusted}), got another, or another manifest"
            )
        return key


def read_signature(der: bytes) -> tuple[int, int] | None:
    """r and s; None unless it is DER to the letter: shortest forms only, nothing negative, nothing behind."""
    if not 8 <= len(der) <= MAX_SIGNATURE_BYTES:
        return None
    length = der[3]
    r, s = int.from_bytes(der[4 : 4 + length]), int.from_bytes(der[6 + length :])
    return (r, s) if der == write_signature(r, s) else None


def write_signature(r: int, s: int) -> bytes:
    """ECDSA-Sig-Value (RFC 3279) in DER of two numbers, none negative."""
    body = b"".join(
        b"\x02" + bytes([size := number.bit_length() // 8 + 1]) + number.to_bytes(size) for number in (r, s)
    )
    return b"\x30" + bytes([len(body)]) + body


def _words(text: str) -> list[str]:
    """The base64 of each key: a PEM's lines joined, its frame taken off."""
    if _PEM_BEGIN not in text:
        return text.replace(",", " ").split()
    return ["".join(block.split(_PEM_END)[0].split()) for block in text.split(_PEM_BEGIN)[1:]]


def _decode(word: str) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except ValueError:
        raise SigningKeyInvalid("expected public keys in base64, got text that is not") from None
