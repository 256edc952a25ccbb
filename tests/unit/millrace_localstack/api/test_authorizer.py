"""What a Lambda authorizer is asked, and what its answers mean."""

import json
from typing import Any

import pytest

from millrace_localstack.plugin.api import authorizer
from millrace_localstack.plugin.api.authorizer import AnswerInvalid, Decision, DecisionCache, NoIdentity

STAGE = "arn:aws:execute-api:us-east-1:000000000000:a1b2/live"
TOKEN = {"type": "TOKEN", "identitySource": "method.request.header.Authorization"}


def request(**headers: str) -> dict[str, Any]:
    return {"headers": headers, "query_string_parameters": {"tenant": "shop"}}


def answer(*statements: dict[str, Any], context: Any = None) -> bytes:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return json.dumps({"principalId": "u1", "policyDocument": policy, "context": context}).encode()


def statement(effect: str, resource: str) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}


def test_the_token_identifies_the_caller() -> None:
    assert authorizer.identity(TOKEN, request(authorization="Bearer a")) == ("Bearer a",)
    assert authorizer.identity({"type": "TOKEN"}, request(Authorization="x")) == ("x",)


def test_several_sources() -> None:
    several = {"type": "REQUEST", "identitySource": "method.request.header.X-Key, method.request.querystring.tenant"}

    assert authorizer.identity(several, request(**{"x-key": "k"})) == ("k", "shop")
    with pytest.raises(NoIdentity):
        authorizer.identity(several, request())


def test_what_has_not_the_form_of_a_token_is_not_asked_for() -> None:
    strict = TOKEN | {"identityValidationExpression": "^Bearer .+$"}

    assert authorizer.identity(strict, request(Authorization="Bearer a"))
    for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic a"}):
        with pytest.raises(NoIdentity):
            authorizer.identity(strict, request(**headers))


def test_the_event_of_either_type() -> None:
    rest = {"path": "/p"}

    assert authorizer.event(TOKEN, STAGE, "t", rest) == {
        "type": "TOKEN",
        "methodArn": STAGE,
        "authorizationToken": "t",
    }
    assert authorizer.event({"type": "REQUEST"}, STAGE, "t", rest) == {
        "type": "REQUEST",
        "methodArn": STAGE,
        "path": "/p",
    }


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([statement("Allow", f"{STAGE}/*/*")], True),
        ([statement("Allow", f"{STAGE}/GET/*")], False),
        ([statement("Allow", "*"), statement("Deny", f"{STAGE}/POST/invocations")], False),
        ([statement("Deny", "*")], False),
        ([], False),
        ([{**statement("Allow", "*"), "Action": "lambda:InvokeFunction"}], False),
        ([{**statement("Allow", "*"), "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}}], False),
    ],
)
def test_what_a_policy_allows(statements: list[dict[str, Any]], allowed: bool) -> None:
    assert authorizer.decision(answer(*statements)).allows(f"{STAGE}/POST/invocations") is allowed


def test_context_is_passed_on_as_text() -> None:
    found = authorizer.decision(answer(context={"iss": "https://id", "age": 3, "admin": True}))

    assert found.context == {"iss": "https://id", "age": "3", "admin": "true"}


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"[]", b"{}", b'{"principalId": "u"}', answer(context={"roles": ["a"]}), answer(context=3)],
)
def test_what_is_no_decision(payload: bytes) -> None:
    with pytest.raises(AnswerInvalid):
        authorizer.decision(payload)


def test_a_decision_is_kept_for_its_time() -> None:
    now, asked = [0.0], []
    cache = DecisionCache(lambda: now[0])

    def ask() -> Decision:
        asked.append(now[0])
        return authorizer.decision(answer())

    for at in (0.0, 9.0, 11.0):
        now[0] = at
        cache.get(("a",), ask, 10)
    cache.get(("b",), ask, 0)
    cache.get(("b",), ask, 0)

    assert asked == [0.0, 11.0, 11.0, 11.0]
