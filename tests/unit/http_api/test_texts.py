"""A model of texts behind the HTTP endpoint: events, tensors, the OpenAPI document and the page."""

import json
import struct
from typing import Any

import jsonschema_rs
import pytest

from model_store.verify import verify
from tests.fakes import text_models
from tests.fakes.envelopes import MODEL
from tests.fakes.http_endpoint import FakeEndpoint

TEXTS = ["Win a prize", "see you at lunch", ""]
INFER = f"/v2/models/{MODEL}/infer"
EVENT = {"features": {"text": TEXTS[0]}}


@pytest.fixture(scope="module")
def endpoint() -> FakeEndpoint:
    return FakeEndpoint(text_models.artifact())


@pytest.fixture(scope="module")
def expected() -> list[float]:
    rows = [text_models.preparation().prepare(text) for text in TEXTS]
    return list(verify(text_models.artifact()).predict(b"".join(rows), len(rows)))


def tensor(**members: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "text", "shape": [3], "datatype": "BYTES"} | members]}


def test_an_event_with_a_text_is_scored(endpoint: FakeEndpoint, expected: list[float]) -> None:
    response = endpoint.post("/predict", EVENT)
    assert response.status == 200
    assert json.loads(response.body)["score"] == pytest.approx(expected[0], abs=1e-6)


def test_texts_in_a_tensor_as_json_and_as_bytes(endpoint: FakeEndpoint, expected: list[float]) -> None:
    raw = b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in TEXTS)
    head = json.dumps(tensor(parameters={"binary_data_size": len(raw)})).encode()
    answers = (
        endpoint.post(INFER, tensor(data=TEXTS)),
        endpoint.post(INFER, head + raw, inference_header_content_length=str(len(head))),
    )
    for response in answers:
        outputs = {one["name"]: one["data"] for one in json.loads(response.body)["outputs"]}
        assert outputs["score"] == pytest.approx(expected, abs=1e-6)
        assert set(outputs["label"]) <= {"ham", "spam"}


@pytest.mark.parametrize(
    ("path", "body", "code", "where"),
    [
        ("/predict", {"features": {}}, "MISSING_FEATURE", "/features/text"),
        ("/predict", {"features": {"text": 7}}, "WRONG_TYPE", "/features/text"),
        ("/predict", {"features": {"text": "x" * 4097}}, "INPUT_TOO_LARGE", "/features/text"),
        ("/predict", [EVENT, {"features": {"text": "\ud800"}}], "INVALID_UTF8", "/1/features/text"),
        (INFER, tensor(data=["a", "b", 3]), "WRONG_TYPE", "/inputs/0/data/2"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_text_is_refused_with_code_and_place(
    endpoint: FakeEndpoint, path: str, body: Any, code: str, where: str
) -> None:
    response = endpoint.post(path, body)
    found = json.loads(response.body)
    assert (response.status, found["code"], found["path"]) == (400, code, where)


def test_the_openapi_document_describes_the_text(endpoint: FakeEndpoint) -> None:
    schemas = json.loads(endpoint.get("/openapi.json").body)["components"]["schemas"]
    event = jsonschema_rs.validator_for(schemas["Event"])
    assert event.is_valid(EVENT)
    assert not event.is_valid({"features": {"text": 7}})
    assert not event.is_valid({"features": {}})
    assert not event.is_valid({"features": {"text": "x" * 4097}})
    vector = jsonschema_rs.validator_for(schemas["Vector"])
    assert (vector.is_valid(["a"]), vector.is_valid([1])) == (True, False)


def test_the_models_metadata_names_a_tensor_of_texts(endpoint: FakeEndpoint) -> None:
    found = json.loads(endpoint.get(f"/v2/models/{MODEL}").body)
    assert found["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]


def test_the_page_has_a_field_for_the_text(endpoint: FakeEndpoint) -> None:
    page = endpoint.get("/").body.decode()
    assert '<textarea rows="6" id="f0"' in page
    assert "required></textarea>" in page
