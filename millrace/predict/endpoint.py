"""An HTTP endpoint as a client sees it: signed or with a key, and asked again where it is busy."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import urllib3

from millrace.errors import UserError

ATTEMPTS = 5
SECONDS = 35  # API Gateway itself answers within 29
# Which service checks the signature of a request. By the host on AWS; by the path on the local stack.
EXECUTE_API, LAMBDA = "execute-api", "lambda"
_HOST = re.compile(r"\.(execute-api|lambda-url)\.([a-z0-9-]+)\.")
_LOCAL_FUNCTION_URL = "/_aws/lambda-url/"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Credential(Protocol):
    """What authorizes a request."""

    def headers(self, url: str, sent: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers to add. sent : those that the request has. Raises UserError."""


@dataclass(frozen=True)
class HeaderCredential:
    """An API key, or a token, in a header."""

    name: str
    value: str

    def headers(self, url: str, sent: Mapping[str, str], body: bytes) -> dict[str, str]:
        return {self.name: self.value}


@dataclass(frozen=True)
class IamCredential:
    """The AWS credentials of the user, by Signature Version 4. environment : a stack's variables take precedence.

    service : that checks the signature, EXECUTE_API or LAMBDA; empty: by the URL.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    service: str = ""

    def headers(self, url: str, sent: Mapping[str, str], body: bytes) -> dict[str, str]:
        import botocore.session
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        session, own = botocore.session.Session(), self.environment
        if "AWS_ACCESS_KEY_ID" in own:
            session.set_credentials(
                own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"], own.get("AWS_SESSION_TOKEN")
            )
        credentials = session.get_credentials()
        if credentials is None:
            raise UserError("expected AWS credentials to sign with, found none; configure them, or use --api-key")
        host = urlsplit(url).netloc
        found = _HOST.search(host)
        region = (found and found[2]) or own.get("AWS_REGION") or session.get_config_variable("region")
        if not region:
            raise UserError(f"expected a region to sign {host} for, found none; set AWS_REGION")
        service = self.service or service_of(url)
        request = AWSRequest("POST", url, {**sent, "host": host}, body)
        SigV4Auth(credentials.get_frozen_credentials(), service, region).add_auth(request)
        return {name: value for name, value in request.headers.items() if name.lower() != "host"}


def service_of(url: str) -> str:
    """The service that checks signatures at a URL: Lambda at a function URL, else API Gateway, at domains too."""
    parts = urlsplit(url)
    found = _HOST.search(parts.netloc)
    is_function = (found and found[1] == "lambda-url") or parts.path.startswith(_LOCAL_FUNCTION_URL)
    return LAMBDA if is_function else EXECUTE_API


class RefusedRequest(UserError):
    """The endpoint refused a request. status : of the response. faults : path, code and detail of each."""

    def __init__(self, status: int, faults: list[tuple[str, str, str]]) -> None:
        path, code, detail = faults[0]
        what = " ".join(filter(None, (str(status), code, path and f"at {path}")))
        super().__init__(f"the endpoint answered {what}: {detail}")
        self.status, self.faults = status, faults


class PredictEndpoint:
    """url : of the endpoint, without `/predict`. Raises UserError for a credential that would be sent unencrypted."""

    def __init__(self, url: str, credential: Credential | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"--url: expected https://…, got {url!r}")
        if credential and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise UserError(f"--url: expected https, to keep the credential secret, got {url!r}")
        self._url, self._credential = f"{url.rstrip('/')}/predict", credential
        retry = urllib3.Retry(
            total=ATTEMPTS - 1,
            allowed_methods=None,
            status_forcelist=(429, 502, 503, 504),  # the two others of a load balancer whose target is gone
            backoff_factor=0.5,
            respect_retry_after_header=True,
            raise_on_status=False,
            redirect=False,
        )
        self._pool = urllib3.PoolManager(retries=retry, timeout=SECONDS)

    def predict(self, body: bytes, content_type: str, *, attributions: bool = False) -> list[bytes]:
        """The predictions of a body's events as JSON, in their order. Raises RefusedRequest, UserError."""
        url = self._url + ("?attributions=true" if attributions else "")
        # A request that is sent again keeps the ids of its predictions.
        headers = {
            "content-type": content_type,
            "accept": "application/jsonlines",
            "idempotency-key": str(uuid.uuid4()),
        }
        if self._credential:
            headers |= self._credential.headers(url, headers, body)
        try:
            response = self._pool.request("POST", url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise UserError(
                f"{self._url}: no answer: {_reason(error)}; is the URL right, and the endpoint up?"
            ) from None
        if response.status != 200:
            raise RefusedRequest(response.status, _faults(response.data))
        return response.data.splitlines()


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error)


def _faults(body: bytes) -> list[tuple[str, str, str]]:
    """Path, code and detail of each fault; those of a gateway have a message only."""
    try:
        members = json.loads(body)
        found = members.get("errors") or [members]
        return [(one.get("path", ""), one.get("code", ""), one.get("detail") or one["message"]) for one in found]
    except (ValueError, KeyError, AttributeError, TypeError):
        return [("", "", body[:200].decode("utf-8", "replace") or "no details")]
