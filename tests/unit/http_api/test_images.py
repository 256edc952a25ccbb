"""A model of images behind the HTTP endpoint: base64 in events and tensors, files as bodies, the document, the page."""

import json
from contextlib import closing
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from model_store.verify import verify
from tests.fakes import artifacts, image_models, pictures, text_models
from tests.fakes.envelopes import MODEL
from tests.fakes.http_endpoint import FakeEndpoint
from tests.fakes.http_serving import serving
from tests.fakes.image_models import base64_of

FILE = pictures.photograph()
EVENT = {"features": {"image": base64_of(FILE)}}
INFER = f"/v2/models/{MODEL}/infer"


@pytest.fixture(scope="module")
def endpoint() -> FakeEndpoint:
    return FakeEndpoint(image_models.artifact())


@pytest.fixture(scope="module")
def expected() -> float:
    return verify(image_models.artifact()).predict(image_models.preparation().prepare(FILE), 1)[0]


def sent(endpoint: FakeEndpoint, body: bytes, media: str = "image/jpeg", **headers: str) -> Any:
    return endpoint.post("/predict", body, content_type=media, **headers)


def test_an_image_comes_in_an_event_in_a_tensor_and_as_the_body(endpoint: FakeEndpoint, expected: float) -> None:
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [base64_of(FILE)]}
    answers = [
        json.loads(endpoint.post("/predict", EVENT).body)["score"],
        json.loads(sent(endpoint, FILE).body)["score"],
        json.loads(endpoint.post(INFER, {"inputs": [tensor]}).body)["outputs"][0]["data"][0],
    ]
    assert answers == pytest.approx([expected] * 3, abs=1e-6)


def test_a_client_sends_files_in_a_binary_tensor(endpoint: FakeEndpoint, expected: float) -> None:
    """As they are, and as base64; a damaged one is refused by its place."""
    png = pictures.written(pictures.picture(), "PNG")
    files = np.array([FILE, base64_of(FILE).encode(), png], object)
    with serving(endpoint) as url, closing(triton.InferenceServerClient(url.removeprefix("http://"))) as client:

        def scores(values: np.ndarray) -> np.ndarray:
            tensor = triton.InferInput("image", [len(values)], "BYTES")
            tensor.set_data_from_numpy(values)
            found: np.ndarray = client.infer(MODEL, [tensor]).as_numpy("score")
            return found

        assert scores(files)[:2] == pytest.approx([expected] * 2, abs=1e-6)
        with pytest.raises(InferenceServerException, match="expected a whole"):
            scores(np.array([FILE, FILE[:9_000]], object))


def test_the_file_says_what_it_is_not_its_media_type(endpoint: FakeEndpoint) -> None:
    png = pictures.written(pictures.picture(), "PNG")
    assert sent(endpoint, png, "image/jpeg").status == 200
    assert sent(endpoint, png, "image/png", accept="text/csv").headers["content-type"] == "text/csv"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "INVALID_IMAGE"), (b"GIF89a", "INVALID_IMAGE"), (FILE[:9_000], "INVALID_IMAGE"),
     (pictures.bomb(6_000), "INPUT_TOO_LARGE")],
)  # fmt: skip
def test_what_is_no_image_is_refused_with_code_and_place(endpoint: FakeEndpoint, body: bytes, code: str) -> None:
    event = {"features": {"image": base64_of(body)}}
    for response, path in ((sent(endpoint, body), ""), (endpoint.post("/predict", event), "/features/image")):
        found = json.loads(response.body)
        assert (response.status, found["code"], found.get("path", "")) == (400, code, path)


@pytest.mark.parametrize("artifact", [artifacts.artifact, text_models.artifact])
def test_models_of_features_and_of_texts_take_no_image(artifact: Any) -> None:
    response = sent(FakeEndpoint(artifact()), FILE)
    assert (response.status, json.loads(response.body)["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_other_media_types_are_refused(endpoint: FakeEndpoint) -> None:
    assert sent(endpoint, FILE, "image/webp").status == 415


def test_the_document_names_the_media_types_for_models_of_images_only(endpoint: FakeEndpoint) -> None:
    def media(one: FakeEndpoint) -> set[str]:
        paths = json.loads(one.get("/openapi.json").body)["paths"]
        return {*paths["/predict"]["post"]["requestBody"]["content"]}

    assert media(endpoint) - media(FakeEndpoint(artifacts.artifact())) == {"image/jpeg", "image/png"}


def test_the_page_has_a_field_for_the_file(endpoint: FakeEndpoint) -> None:
    page = endpoint.get("/").body.decode()
    assert '<input type="file" accept="image/jpeg,image/png" id="f0"' in page
