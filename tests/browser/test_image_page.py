"""The endpoint's page for a model of images: a photograph is chosen, shown, sent and answered; axe finds nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from http_api.settings import API_KEY, HttpSettings
from tests.browser.conftest import look
from tests.browser.test_http_page import KEY, NAMES, Views
from tests.fakes import image_models, pictures
from tests.fakes.http_endpoint import FakeEndpoint, post
from tests.fakes.http_serving import serving

NAME = "the temple's roof.jpg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("photographs")
    (made / NAME).write_bytes(pictures.photograph())
    return made


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    settings = HttpSettings(public_page=True, access=API_KEY)
    with serving(FakeEndpoint(image_models.artifact(), settings=settings), key=KEY) as served:
        yield f"{served}/"


@pytest.fixture(scope="module")
def pages(chromium: str, url: str, folder: Path) -> Views:
    return look(chromium, url, folder / NAME, script="page.mjs")


@pytest.fixture(params=NAMES)
def view(request: pytest.FixtureRequest, pages: Views) -> dict[str, Any]:
    return pages[request.param]


def test_the_photograph_is_shown_under_the_pages_own_policy(view: dict[str, Any], url: str) -> None:
    assert view["complaints"] == []
    assert view["pictures"] == [{"alt": f"The chosen file: {NAME}", "size": [640, 427]}]
    sent = [request.split(url)[1] for request in view["requests"] if url in request]
    assert sent == ["", "page.css", "page.js", "predict"]


def test_the_answer_is_the_endpoints(view: dict[str, Any]) -> None:
    event = {"features": {"image": image_models.base64_of(pictures.photograph())}}
    (response,) = FakeEndpoint(image_models.artifact()).send(post("/predict", event))
    expected = json.loads(response.body)
    assert f"Label: {expected['label']}\n" in view["answer"]
    assert f"{expected['score']:.5f}" in view["answer"]


def test_the_curl_line_names_the_file_and_gives_the_same_answer(view: dict[str, Any], folder: Path) -> None:
    assert KEY not in view["copied"]
    assert len(view["copied"]) < 500
    done = subprocess.run(
        ["bash", "-c", view["copied"]], cwd=folder, env={"API_KEY": KEY, "PATH": "/usr/bin:/bin"},
        capture_output=True, check=True,
    )  # fmt: skip
    assert f"Label: {json.loads(done.stdout)['label']}" in view["answer"]


def test_a_file_that_is_no_image_is_refused_at_its_field(view: dict[str, Any]) -> None:
    assert view["refused"].startswith("INVALID_IMAGE: expected a JPEG or PNG file")
    assert view["refused"].endswith("(/features/image)")
    assert view["marked"] == ["f0", "true"]


def test_axe_finds_nothing_and_nothing_scrolls_sideways(view: dict[str, Any]) -> None:
    assert (view["violations"], view["incomplete"]) == ([], [])
    assert view["passes"] >= 25
    assert (view["scrollBefore"], view["scroll"]) == (0, 0)


def test_the_keyboard_reaches_the_file_and_focus_is_seen(view: dict[str, Any]) -> None:
    labels = [one["label"] for one in view["tabbed"]]
    assert labels == [
        "Skip to the form", "image", "API key", "Predict", "curl command", "Copy", "OpenAPI document",
    ]  # fmt: skip
    assert [one for one in view["tabbed"] if one["outline"] == "none"] == []
