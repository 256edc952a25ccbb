"""An identity provider on the loopback: it signs tokens, and has its public keys at an address."""

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.fakes.in_thread import LoopbackServer, in_thread


class Issuer:
    """name : its `iss`. audience : of its tokens."""

    def __init__(self, name: str, audience: str) -> None:
        self.name, self.audience, self.reads = name, audience, 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        document = json.dumps({"keys": [{**public, "kid": "1", "use": "sig", "alg": "ES256"}]}).encode()
        issuer = self

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.reads += 1
                self.send_response(200)
                self.send_header("content-length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = LoopbackServer(Keys)
        self._running, self.keys_url = in_thread(server), f"{server.url}/jwks.json"

    def __enter__(self) -> Self:
        self._running.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.__exit__(None, None, None)

    def token(self, subject: str = "u1", key: Any = None, **members: Any) -> str:
        """A valid token, but for what `members` change. key : that signs it, in place of the issuer's own."""
        said = {"iss": self.name, "aud": self.audience, "sub": subject, "exp": time.time() + 300, **members}
        return jwt.encode(said, key or self._key, "ES256", headers={"kid": "1"})
