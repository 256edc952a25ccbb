"""The endpoint's page as a person uses it: with mouse and keyboard, on a desk and on a phone, in light and in dark."""

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from http_api.settings import API_KEY, HttpSettings
from tests.browser.conftest import look
from tests.fakes import artifacts
from tests.fakes.http_endpoint import FakeEndpoint, post
from tests.fakes.http_serving import serving

NAMES = ("1440-light", "1440-dark", "375-light", "375-dark")
KEY = "secret"
Views = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    settings = HttpSettings(public_page=True, access=API_KEY)
    with serving(FakeEndpoint(artifacts.artifact(), settings=settings), key=KEY, stage="/live") as served:
        yield served  # without a slash at its end, as Terraform prints it


@pytest.fixture(scope="module")
def pages(chromium: str, url: str) -> Views:
    return look(chromium, url, script="page.mjs")


@pytest.fixture(params=NAMES)
def view(request: pytest.FixtureRequest, pages: Views) -> dict[str, Any]:
    return pages[request.param]


def test_it_works_under_its_own_policy(view: dict[str, Any], url: str) -> None:
    assert view["complaints"] == []
    sent = [request.removeprefix(f"GET {url}").removeprefix(f"POST {url}") for request in view["requests"]]
    assert sent == ["", "/", "/page.css", "/page.js", "/predict?attributions=true"]


def test_the_answer_is_the_endpoints(view: dict[str, Any]) -> None:
    features = {"pages": 3, "spend": 12.5, "returning": True, "device": "mobile", "referrer": "ads"}
    asked = post("/predict", {"features": features}, {"attributions": "true"})
    (response,) = FakeEndpoint(artifacts.artifact()).send(asked)
    expected = json.loads(response.body)
    assert f"Label: {expected['label']}\n" in view["answer"]
    assert f"\n{expected['score']:.6g}" in view["answer"].replace("0\n", "\n")
    assert "Model version 1, champion" in view["answer"]
    table = view["answer"].partition("What moved the score most")[2]
    assert [line.split("\t")[0] for line in table.split("\n")[1:]] == [
        *[one["feature"] for one in expected["attributions"]["top"]], "all others",
    ]  # fmt: skip


def test_the_curl_line_gives_the_same_answer(view: dict[str, Any], url: str) -> None:
    assert KEY not in view["copied"]
    assert view["copied"].startswith("curl -sS ")
    command = shlex.split(view["copied"].replace("\\\n", " ").replace("$API_KEY", KEY))
    done = subprocess.run(command, capture_output=True, check=True)
    prediction = json.loads(done.stdout)
    assert f"Label: {prediction['label']}" in view["answer"]


def test_an_error_names_the_field(view: dict[str, Any]) -> None:
    assert view["refused"].startswith("NON_FINITE: ")
    assert view["refused"].endswith("(/features/spend)")
    assert view["marked"] == ["f1", "true"]


def test_nothing_scrolls_sideways(view: dict[str, Any]) -> None:
    assert (view["scrollBefore"], view["scroll"]) == (0, 0)


def test_axe_finds_nothing(view: dict[str, Any], record_property: Callable[[str, object], None]) -> None:
    record_property("figures", f"page of the endpoint, {view['name']}: axe-core passes {view['passes']} rules")
    assert view["violations"] == []
    assert view["incomplete"] == []
    assert view["passes"] >= 25


def test_the_keyboard_reaches_everything_and_focus_is_seen(view: dict[str, Any]) -> None:
    labels = [one["label"] for one in view["tabbed"]]
    assert labels == [
        "Skip to the form", "pages", "spend", "returning", "device", "referrer", "API key", "Predict",
        "curl command", "Copy", "OpenAPI document",
    ]  # fmt: skip
    assert [one for one in view["tabbed"] if one["outline"] == "none"] == []


def test_dark_is_dark(pages: Views) -> None:
    assert pages["1440-light"]["background"] != pages["1440-dark"]["background"]
