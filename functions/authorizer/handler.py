"""The Lambda handler of API Gateway's authorizer, for tokens: `authorizer.handler.handle`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
It fails closed: API Gateway answers 401 to its error "Unauthorized" and 500 to every other, and calls the function
that predicts in neither case.
"""

from __future__ import annotations

import logging
import os
import time
from functools import cache

from authorizer.keys import KeySet, read
from authorizer.settings import AuthorizerSettings
from authorizer.tokens import TokenRefused, claims
from telemetry import logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

logs.as_json()
LOG = logging.getLogger("authorizer")


class Unauthorized(Exception):
    """API Gateway knows the message, not the class."""


@cache
def _settings() -> AuthorizerSettings:
    return AuthorizerSettings.from_environment(os.environ)


@cache
def _keys() -> KeySet:
    return KeySet(_settings().keys_url, read, time.monotonic)


@logs.without_values
def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The decision on a token. Raises Unauthorized, KeysUnavailable, ConfigInvalid."""
    return decide(event, _settings(), _keys())


def decide(event: Mapping[str, Any], settings: AuthorizerSettings, keys: KeySet) -> dict[str, Any]:
    """Raises Unauthorized, KeysUnavailable."""
    try:
        found = claims(str(event.get("authorizationToken") or ""), settings, keys)
    except TokenRefused as error:
        LOG.info("refused: %s", error)
        raise Unauthorized("Unauthorized") from None
    return {
        "principalId": str(found["sub"]),
        # API Gateway keeps the decision for the token, whichever path comes next: it is about the whole stage.
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": whole_stage(event["methodArn"])}
            ],
        },
        # The function names the caller by them.
        "context": {"iss": str(found["iss"]), "sub": str(found["sub"])},
    }


def whole_stage(method_arn: str) -> str:
    """Of arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>."""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*/*"
