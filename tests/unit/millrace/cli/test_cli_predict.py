"""`millrace predict`: events to an endpoint, predictions back in their order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from millrace.predict.endpoint import IamCredential, PredictEndpoint
from millrace.stack import Stack
from tests.fakes import artifacts, envelopes
from tests.fakes.commands import RUNNER, plain, run
from tests.fakes.http_endpoint import FakeEndpoint
from tests.fakes.http_server import HttpServer, answer
from tests.fakes.http_serving import serving

EVENT = json.dumps(envelopes.event(3))
KEY = "the-key"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(FakeEndpoint(artifacts.artifact()), key=KEY) as served:
        yield served


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_API_KEY", KEY)


def predict(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
    code, out, err = run("predict", *arguments)
    return code, [json.loads(line) for line in out.splitlines()], plain(err)


def test_one_event_is_answered(url: str) -> None:
    code, (found,), err = predict(EVENT, "--url", url)
    assert (code, err) == (0, "")
    assert (found["event_id"], found["model"]["version"]) == ("e-3", "1")
    assert "attributions" not in found


def test_attributions_are_given_on_request(url: str) -> None:
    _, (found,), _ = predict(EVENT, "--url", url, "--attributions")
    assert found["attributions"]["top"]


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_a_files_events_are_answered_in_their_order(url: str, tmp_path: Path, batch: int) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(envelopes.event(i)) + "\n" for i in range(5)))
    code, found, _ = predict(path, "--url", url, "--batch", batch)
    assert code == 0
    assert [one["event_id"] for one in found] == [f"e-{i}" for i in range(5)]


def test_a_json_array_over_several_lines_is_read(url: str, tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps([envelopes.event(i) for i in range(3)], indent=2))
    assert [one["event_id"] for one in predict(path, "--url", url)[1]] == ["e-0", "e-1", "e-2"]


def test_csv_is_in_the_features_order_or_has_their_names(url: str, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("3,12.5,true,mobile,ads\n4,,,tablet,\n")
    (tmp_path / "named.csv").write_text("device,pages,spend,returning,referrer\nmobile,3,12.5,true,ads\ntablet,4,,,\n")
    _, plain_rows, _ = predict(tmp_path / "plain.csv", "--url", url)
    _, named_rows, _ = predict(tmp_path / "named.csv", "--url", url, "--header")
    assert [one["score"] for one in plain_rows] == [one["score"] for one in named_rows]
    assert len(plain_rows) == 2


def test_standard_input_is_read(url: str) -> None:
    from millrace.cli import app

    result = RUNNER.invoke(app, ["predict", "-", "--url", url, "--csv"], input=b"3,12.5,true,mobile,ads\n")
    assert json.loads(result.stdout)["label"]


def test_a_refusal_names_the_line_and_the_member(url: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(f"{EVENT}\n\n{EVENT}\n{json.dumps(envelopes.event(pages='x'))}\n")
    code, found, err = predict(path, "--url", url, "--batch", 2)
    assert (code, len(found)) == (1, 2)
    assert "line 4: WRONG_TYPE at /features/pages: expected an integer" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.jsonl",), "expected an event as JSON, or a file with events, got nothing.jsonl"),
        ((EVENT, "--token", "t"), "expected one of --api-key, --token and --iam, got several"),
        ((EVENT, "--url", "ftp://x"), "--url: expected https://…, got 'ftp://x'"),
        ((EVENT, "--url", "http://predict.example.com"), "--url: expected https, to keep the credential secret"),
    ],
)
def test_a_mistake_is_one_line(url: str, arguments: tuple[object, ...], said: str) -> None:
    code, _, err = predict(*arguments, *([] if "--url" in arguments else ["--url", url]))
    assert code == 1
    assert said in err
    assert "Traceback" not in err


def test_no_key_is_the_gateways_refusal(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLRACE_API_KEY")
    code, _, err = predict(EVENT, "--url", url)
    assert code == 1
    assert "the endpoint answered 403: Forbidden" in err


def test_nobody_listening_is_one_line() -> None:
    code, _, err = predict(EVENT, "--url", "http://127.0.0.1:9")
    assert code == 1
    assert "http://127.0.0.1:9/predict: no answer" in err


def test_a_busy_endpoint_is_asked_again_under_the_same_key() -> None:
    busy = [answer(status, b"{}", retry_after="0") for status in (503, 429, 502, 504)]
    with HttpServer([*busy, answer(200, b'{"score":1}\n')]) as server:
        assert PredictEndpoint(server.url, None).predict(b"{}", "application/jsonlines") == [b'{"score":1}']
    keys = {asked.headers["idempotency-key"] for asked in server.asked}
    assert (len(server.asked), len(keys)) == (5, 1)


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("https://a1.execute-api.eu-west-1.amazonaws.com/live", "eu-west-1/execute-api"),
        ("https://b2.lambda-url.eu-west-3.on.aws", "eu-west-3/lambda"),
        ("https://predict.example.com", "eu-north-1/execute-api"),
        ("https://lambda-url.example.com/lambda-url", "eu-north-1/execute-api"),
        ("http://127.0.0.1:4566/_aws/lambda-url/abc", "eu-north-1/lambda"),
        ("http://127.0.0.1:4566/_aws/execute-api/abc/lambda-url", "eu-north-1/execute-api"),
    ],
)
def test_a_request_is_signed_for_the_service_that_checks_it(
    url: str, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ACCESS_KEY_ID", "AKID"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "eu-north-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    headers = IamCredential().headers(f"{url}/predict", {"content-type": "application/jsonlines"}, b"{}")
    assert f"/{scope}/aws4_request" in headers["Authorization"]
    assert "content-type" in headers["Authorization"].partition("SignedHeaders=")[2]


def test_without_a_url_the_stacks_endpoint_and_key_are_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLRACE_API_KEY")
    monkeypatch.setattr(Stack, "load", lambda name: Stack(name, {}, {"http": {"url": url}}))
    monkeypatch.setattr(Stack, "http_key", lambda _: KEY)
    code, (found,), _ = predict(EVENT)
    assert (code, found["event_id"]) == (0, "e-3")


def test_a_stack_without_an_endpoint_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "load", lambda name: Stack(name, {}, {}))
    code, _, err = predict(EVENT)
    assert code == 1
    assert "stack local has no HTTP endpoint" in err


@pytest.mark.parametrize(("api_id", "service"), [("a1", "execute-api"), (None, "lambda")])
@pytest.mark.parametrize("endpoint", [{}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}], ids=["aws", "local"])
def test_a_stacks_endpoint_says_who_checks_the_signature(
    api_id: str | None, service: str, endpoint: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its address is: a domain of one's own leads to API Gateway, and the local stack's paths to either."""
    monkeypatch.delenv("MILLRACE_API_KEY")
    own = {"AWS_ACCESS_KEY_ID": "STACK", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", **endpoint}
    with HttpServer([answer(200, b'{"score":1}\n')]) as server:
        http = {"url": server.url, "api_id": api_id, "stage": "live", "key_ids": {}}
        local = {"AWS_ENDPOINT_URL": server.url} if endpoint else {}
        stack = Stack("dev", own | local | {"AWS_REGION": "us-east-1"}, {"http": http})
        monkeypatch.setattr(Stack, "load", lambda _: stack)
        assert predict(EVENT, "--iam") == (0, [{"score": 1}], "")
    (asked,) = server.asked
    assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=STACK/")
    assert f"/us-east-1/{service}/aws4_request" in asked.headers["authorization"]
    assert asked.headers["x-amz-security-token"] == "t"
