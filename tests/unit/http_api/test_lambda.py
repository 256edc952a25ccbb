"""The Lambda handler: events of API Gateway and of a Function URL, and who called."""

import base64
import json
from typing import Any

import pytest

from http_api import lambda_events
from http_api.lambda_events import request_of
from http_api.messages import HttpResponse
from scorer import http_handler
from tests.fakes import artifacts
from tests.fakes.clock import FakeContext
from tests.fakes.envelopes import event
from tests.fakes.http_endpoint import FakeEndpoint


def rest(path: str = "/predict", body: Any = None, method: str = "POST", **context: Any) -> dict[str, Any]:
    """An event of a REST API, as AWS documents it."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", "Host": "abc.execute-api.eu-central-1.amazonaws.com"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path[1:]},
        "stageVariables": None,
        "requestContext": {"stage": "live", "path": f"/live{path}", "identity": {"userArn": None}} | context,
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


def url(path: str = "/predict", body: Any = None, method: str = "POST", **context: Any) -> dict[str, Any]:
    """An event of a Function URL, as AWS documents it."""
    members = {"http": {"method": method, "path": path}, "stage": "$default"} | context
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": members,
        "isBase64Encoded": False,
    }
    return event if body is None else event | {"body": json.dumps(body)}


@pytest.fixture(scope="module")
def endpoint():
    return FakeEndpoint(artifacts.artifact())


def invoke(endpoint, event):
    return http_handler.invoke(endpoint.service, event, FakeContext(60.0, endpoint.clock))


@pytest.mark.parametrize("made", [rest, url])
def test_a_request_is_answered(endpoint, made):
    response = invoke(endpoint, made(body=event()))
    assert (response["statusCode"], response["isBase64Encoded"]) == (200, False)
    assert json.loads(response["body"])["event_id"] == "e-0"
    assert response["headers"]["strict-transport-security"]
    assert endpoint.lines[-1]["request_id"] == "request-1"


@pytest.mark.parametrize("made", [rest, url])
def test_a_body_in_base64_is_decoded(endpoint, made):
    sent = made() | {"body": base64.b64encode(json.dumps(event()).encode()).decode(), "isBase64Encoded": True}
    assert invoke(endpoint, sent)["statusCode"] == 200


@pytest.mark.parametrize("made", [rest, url])
def test_bytes_are_answered_in_base64(endpoint, made):
    inputs = [{"name": "pages", "datatype": "INT64", "shape": [1], "data": [3]}]
    sent = made("/v2/models/sessions/infer", {"inputs": inputs, "parameters": {"binary_data_output": True}})
    response = invoke(endpoint, sent)
    assert response["isBase64Encoded"]
    assert base64.b64decode(response["body"]).startswith(b'{"model_name":"sessions"')


def test_the_base_path_of_a_domain_is_no_part_of_the_path():
    assert request_of(rest() | {"path": "/base/predict"}).path == "/predict"
    assert request_of(rest("/") | {"resource": "/", "pathParameters": None, "path": "/base/"}).path == "/"
    named = {"resource": "/v2/models/{model}/infer", "pathParameters": {"model": "m"}}
    assert request_of(rest() | named).path == "/v2/models/m/infer"


def root(address, event, **members):
    """A request of the API's root, as the client sent its path."""
    event["requestContext"]["path"] = address
    return event | {"resource": "/", "pathParameters": None, "path": "/"} | members


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        (root("/live", rest("/", method="GET")), "./live/"),
        (root("/live/", rest("/", method="GET")), None),
        (root("/shop/api", rest("/", method="GET")), "./api/"),  # the base path of a domain
        (root("/", rest("/", method="GET")), None),
        (root("/live", rest("/", method="HEAD")), "./live/"),
        (url("/live", method="GET", stage="live"), "./live/"),
        (url("/live/", method="GET", stage="live"), None),
        (url("/", method="GET"), None),
    ],
)
def test_the_page_is_at_an_address_that_ends_with_a_slash(endpoint, sent, location):
    response = invoke(endpoint, sent)
    assert response["statusCode"] == (200 if location is None else 308)
    assert response["headers"].get("location") == location
    assert response["headers"]["content-security-policy"]


def test_the_stage_is_no_part_of_the_path():
    assert request_of(url("/live/v2", stage="live")).path == "/v2"
    assert request_of(url("/live", stage="live")).path == "/"
    assert request_of(url("/livelier", stage="live")).path == "/livelier"


@pytest.mark.parametrize(
    ("sent", "caller"),
    [
        (rest(), "anonymous"),
        (rest(identity={"userArn": "arn:aws:iam::1:user/a"}), "arn:aws:iam::1:user/a"),
        (rest(identity={"apiKeyId": "k1", "apiKey": "secret"}), "k1"),
        (rest(authorizer={"principalId": "user-7"}), "user-7"),
        (rest(authorizer={"iss": "https://id.example", "sub": "u", "principalId": "p"}), "https://id.example u"),
        (rest(authorizer={"claims": {"iss": "https://id.example", "sub": "u"}}), "https://id.example u"),
        (url(), "anonymous"),
        (url(authorizer={"iam": {"userArn": "arn:aws:iam::1:user/a"}}), "arn:aws:iam::1:user/a"),
        (url(authorizer={"jwt": {"claims": {"iss": "i", "sub": "s"}}}), "i s"),
        (url(authorizer={"lambda": {"principalId": "p"}}), "p"),
    ],
)
def test_the_caller_is_who_was_authorized(sent, caller):
    assert request_of(sent).caller == caller


def test_an_api_key_is_never_an_identity_by_its_value(endpoint):
    response = invoke(endpoint, rest(body=event(), identity={"apiKeyId": "k1", "apiKey": "secret"}))
    assert "secret" not in response["body"]
    assert json.loads(response["body"])["source"]["arn"] == "k1"


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/csv", b"x" * 6_300_000),
        ("application/json", b'"' * 3_200_000),
        ("application/octet-stream", b"x" * 4_800_000),
    ],
)
def test_a_response_beyond_lambdas_limit_is_refused(media, body):
    found = lambda_events.response_of(HttpResponse(200, {"content-type": media}, body))
    assert found["statusCode"] == 413
    assert json.loads(found["body"])["code"] == "RESPONSE_TOO_LARGE"


@pytest.mark.parametrize("media", ["application/json", "application/octet-stream"])
def test_what_is_sent_is_within_lambdas_limit(media):
    """With its escapes, or in base64."""
    for size in range(3_000_000, 6_400_000, 400_000):
        found = lambda_events.response_of(
            HttpResponse(200, {"content-type": media}, (b'"\\\n' + b"x" * 7) * (size // 10))
        )
        assert len(json.dumps(found)) <= 6 * 1024 * 1024


def test_an_environment_that_is_incomplete_is_answered(monkeypatch, capsys):
    monkeypatch.delenv("MODEL_BUCKET", raising=False)
    http_handler._service.cache_clear()
    response = http_handler.handler(rest(), FakeContext())
    assert response["statusCode"] == 500
    line = json.loads(capsys.readouterr().out)
    assert (line["error"], line["FailedBatches"]) == ("ConfigInvalid", 1)


def test_a_crash_is_answered_counted_and_logged_without_the_event(endpoint, monkeypatch, caplog):
    monkeypatch.setattr("http_api.service.score_requests", lambda *_, **__: 1 / 0)
    response = invoke(endpoint, rest(body=event() | {"event_id": "a-secret-id"}))
    assert response["statusCode"] == 500
    assert "ZeroDivisionError" not in response["body"]
    assert "request failed: ZeroDivisionError" in caplog.text
    assert "a-secret-id" not in response["body"] + caplog.text + json.dumps(endpoint.lines[-1])
    assert (endpoint.lines[-1]["FailedBatches"], endpoint.lines[-1]["Failed"]) == (1, 1)
