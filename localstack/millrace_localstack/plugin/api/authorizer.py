"""Lambda authorizers of REST APIs: what they are sent, and what their answers mean.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from millrace_localstack.plugin.iam.conditions import NotEvaluated
from millrace_localstack.plugin.iam.policy import Permission, Policy

INVOKE = "execute-api:Invoke"
DEFAULT_SOURCE = "method.request.header.Authorization"
DEFAULT_SECONDS = 300
MOST_DECISIONS = 1000


class NoIdentity(Exception):
    """The request lacks what identifies the caller: 401, and the function is not asked."""


class AnswerInvalid(Exception):
    """The function's answer is no decision: 500."""


@dataclass(frozen=True)
class Decision:
    """A function's answer. `context`: what it passes on to the integration, as texts."""

    principal: str
    policy: Policy
    context: Mapping[str, str]

    def allows(self, method_arn: str) -> bool:
        """An explicit deny wins; what no statement allows is denied. Conditions on the request are not evaluated."""
        wanted = Permission(INVOKE, method_arn)
        try:
            applying = [one for one in self.policy if one.applies(wanted, {})]
        except NotEvaluated:
            return False
        return bool(applying) and all(one.allows for one in applying)


def identity(authorizer: Mapping[str, Any], request: Mapping[str, Any]) -> tuple[str, ...]:
    """What identifies the caller: the token, or the parts that identity sources name. Raises NoIdentity."""
    sources = [one.strip() for one in (authorizer.get("identitySource") or "").split(",") if one.strip()]
    if authorizer["type"] == "TOKEN":
        sources = sources or [DEFAULT_SOURCE]
    found = tuple(_at(source, request) for source in sources)
    if any(not one for one in found):
        raise NoIdentity
    pattern = authorizer.get("identityValidationExpression")
    if authorizer["type"] == "TOKEN" and pattern and not re.search(pattern, found[0]):
        raise NoIdentity
    return found


def _at(source: str, request: Mapping[str, Any]) -> str:
    _, _, kind, name = (*source.split(".", 3), "", "")[:4]
    if kind == "header":
        return next((value for key, value in request["headers"].items() if key.lower() == name.lower()), "")
    if kind == "querystring":
        return str((request["query_string_parameters"] or {}).get(name, ""))
    return ""


def event(authorizer: Mapping[str, Any], method_arn: str, token: str, rest: Mapping[str, Any]) -> dict[str, Any]:
    """What the function is sent. rest : further members, of a REQUEST authorizer."""
    found: dict[str, Any] = {"type": authorizer["type"], "methodArn": method_arn}
    return found | ({"authorizationToken": token} if authorizer["type"] == "TOKEN" else dict(rest))


def decision(payload: bytes) -> Decision:
    """Raises AnswerInvalid."""
    try:
        answer = json.loads(payload)
        context = answer.get("context") or {}
        if any(isinstance(value, dict | list) for value in context.values()):
            raise AnswerInvalid("context: expected texts, numbers and booleans")
        texts = {name: json.dumps(value).strip('"') for name, value in context.items() if not isinstance(value, str)}
        texts |= {name: value for name, value in context.items() if isinstance(value, str)}
        return Decision(str(answer["principalId"]), Policy(json.dumps(answer["policyDocument"])), texts)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnswerInvalid(f"{type(error).__name__}: {error}") from None


class DecisionCache:
    """Decisions by authorizer and identity, for as long as the authorizer says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._kept: dict[tuple[Any, ...], tuple[float, Decision]] = {}

    def get(self, key: tuple[Any, ...], ask: Callable[[], Decision], seconds: float) -> Decision:
        now = self._clock()
        with self._lock:
            until, kept = self._kept.get(key, (0.0, None))
        if kept is not None and now < until:
            return kept
        found = ask()
        if seconds > 0:
            with self._lock:
                if len(self._kept) >= MOST_DECISIONS:
                    self._kept.clear()
                self._kept[key] = (now + seconds, found)
        return found
