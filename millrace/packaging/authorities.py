"""The certificate authorities of AWS's own hosts, picked out of a bundle by their fingerprints.

https://www.amazontrust.com/repository/ lists them. Any bundle will do: a certificate is the one that its SHA-256 says,
whoever passed it on.
"""

import hashlib
import re
import ssl
from pathlib import Path

from millrace.errors import UserError

AMAZON = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e": "Amazon Root CA 1",
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4": "Amazon Root CA 2",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4": "Amazon Root CA 3",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092": "Amazon Root CA 4",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5": "Starfield Services Root CA - G2",
}
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def amazon(bundle: Path) -> str:
    """Amazon's roots out of a bundle in PEM, as PEM in the order above. Raises UserError where one is missing."""
    found = {_fingerprint(certificate): certificate for certificate in _CERTIFICATE.findall(bundle.read_text())}
    if missing := [name for fingerprint, name in AMAZON.items() if fingerprint not in found]:
        raise UserError(f"{bundle.name}: expected {', '.join(missing)}; lock a bundle that has all of Amazon's roots")
    return "".join(f"{found[fingerprint]}\n" for fingerprint in AMAZON)


def _fingerprint(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
