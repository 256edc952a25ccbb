"""The OpenAPI document and the page: of the release that serves, from its manifest."""

import json
from copy import replace
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest

from http_api.event_schema import event_schema
from http_api.page import page as page_of
from http_api.record import EVENT, HttpRecord
from http_api.settings import ACCESS, ANONYMOUS, HttpSettings
from http_api.variant import HttpVariant
from model_store.event_format import EventFormat
from model_store.feature import Feature
from model_store.manifest import Manifest
from records.faults import Fault
from scoring.engine.reference import ReferenceTable
from tests.fakes import artifacts
from tests.fakes.envelopes import event
from tests.fakes.http_endpoint import FakeEndpoint
from training.baseline import baseline

NO_PREDICTOR: Any = None
# Every kind of feature, in several objects.
SEVERAL = (
    Feature("a", "float", "/user/age"),
    Feature("b", "int", "/cart/items", allow_missing=False),
    Feature("c", "category", "/cart/kind", categories=("1", "2.5", "true", "x"), missing_values=("none",)),
    Feature("d", "bool", "/user/new", accept_text=True),
    Feature("e", "float", "/price", accept_text=True),
)


def document(endpoint: FakeEndpoint) -> Any:
    return json.loads(endpoint.get("/openapi.json").body)


@pytest.fixture(scope="module")
def described() -> Any:
    return document(FakeEndpoint(artifacts.artifact()))


def manifest_of(features: tuple[Feature, ...], **changes: Any) -> Manifest:
    return artifacts.manifest("binary", b"", golden_rows=(), features=features, **changes)


def validator(features: tuple[Feature, ...], **changes: Any) -> Any:
    return jsonschema_rs.validator_for(event_schema(manifest_of(features, **changes)))


def record(sent: Any) -> HttpRecord:
    return HttpRecord(
        model="m", caller="c", key="k", partition_key="k", arrived_at=0.0, form=EVENT, data=json.dumps(sent).encode()
    )


def test_it_names_the_version_and_changes_with_the_release(artifact: Any) -> None:
    endpoint = FakeEndpoint(artifact)
    assert document(endpoint)["info"]["version"] == "1"
    moved = (replace(artifacts.FEATURES[0], path="/features/leaves"), *artifacts.FEATURES[1:])
    fewer = artifacts.artifact(version="2", seed=2, features=moved)
    endpoint.store.release_as(champion=fewer, challenger=artifact, share=0.1)
    endpoint.clock.now += 31
    endpoint.get("/ping")  # after it the release is loaded
    found = document(endpoint)
    assert found["info"]["version"] == "2"
    assert found["x-millrace-versions"] == {"champion": "2", "challenger": "1"}
    assert "leaves" in json.dumps(found["components"]["schemas"]["Event"])


def test_it_has_the_routes_that_the_settings_open() -> None:
    def paths(settings: HttpSettings) -> set[str]:
        return set(document(FakeEndpoint(artifacts.artifact(), settings=settings))["paths"])

    open_, closed = paths(HttpSettings(True, True)), paths(HttpSettings(True, False))
    assert open_ - closed == {"/ping", "/v2/health/live", "/v2/health/ready"}
    assert FakeEndpoint(artifacts.artifact(), settings=HttpSettings()).get("/openapi.json").status == 404
    assert FakeEndpoint(artifacts.artifact(), settings=HttpSettings()).get("/").status == 404
    assert FakeEndpoint().get("/openapi.json").status == 503


@pytest.mark.parametrize("access", ACCESS)
def test_it_says_what_the_gateway_asks_for(access: str) -> None:
    settings = HttpSettings(public_page=True, health_routes=True, access=access)
    endpoint = FakeEndpoint(artifacts.artifact(), settings=settings)
    found, page = document(endpoint), endpoint.get("/").body.decode()
    unprotected = {path for path, one in found["paths"].items() if one.get("get", {}).get("security") == []}
    assert unprotected == {
        "/", "/openapi.json", "/page.css", "/page.js", "/ping", "/v2/health/live", "/v2/health/ready",
    }  # fmt: skip
    assert ("security" in found) == (access != ANONYMOUS)
    assert ('id="credential"' in page) == (access in ("api_key", "token"))
    assert ("millrace predict --iam" in page) == (access == "iam")


def test_features_have_their_types_ranges_and_categories(described: Any) -> None:
    features = described["components"]["schemas"]["Event"]["properties"]["features"]
    assert features["required"] == ["pages"]
    assert features["properties"]["pages"]["type"] == "integer"
    assert features["properties"]["device"]["anyOf"][0] == {"enum": ["desktop", "mobile", "tablet"]}
    assert features["properties"]["spend"]["anyOf"][1] == {"type": "null"}


def test_the_range_of_the_training_data_is_named() -> None:
    matrix = artifacts.matrix(400)
    scores = artifacts.booster("binary").inplace_predict(matrix).reshape(-1, 1)
    endpoint = FakeEndpoint(artifacts.artifact(baseline=baseline(artifacts.FEATURES, matrix, scores)))
    pages = document(endpoint)["components"]["schemas"]["Event"]["properties"]["features"]["properties"]["pages"]
    assert pages["description"] == "In the training data 1 to 39."
    assert "whole number; required; in the training data 1 to 39" in endpoint.get("/").body.decode()


@pytest.mark.parametrize(
    ("sent", "valid"),
    [
        ({"cart": {"items": 3}}, True),
        ({"cart": {"items": 3.0, "kind": 1}, "user": None, "price": "1.5"}, True),
        ({"cart": {"items": 3, "kind": True}, "user": {"new": 0, "age": None}}, True),
        ({"cart": {"items": 3, "kind": "none"}, "user": {"new": "TRUE"}, "other": [1]}, True),
        ({"cart": {"items": 3.5}}, False),
        ({"cart": {"items": 3, "kind": 3}}, False),
        ({"cart": {"items": 3, "kind": "y"}}, False),
        ({"cart": {"items": 3}, "price": "1,5"}, False),
        ({"cart": {"items": 3}, "user": {"age": 1e39}}, False),
        ({"cart": {"items": 3}, "id": "7"}, False),
        ({"cart": [3]}, False),
        ([], False),
    ],
)
def test_the_schema_of_an_event_is_what_the_endpoint_accepts(sent: Any, valid: bool) -> None:
    form = EventFormat("/id", "integer")
    assert validator(SEVERAL, event=form).is_valid(sent) == valid
    variant = HttpVariant("champion", manifest_of(SEVERAL, event=form), NO_PREDICTOR)
    try:
        ReferenceTable(variant).add(record(sent))
    except Fault:
        assert not valid
    else:
        assert valid


def test_of_features_that_may_all_be_missing_one_is_required() -> None:
    features = (Feature("a", "float"), Feature("b", "bool"))
    found = validator(features)
    assert not found.is_valid({"features": {}})
    assert found.is_valid({"features": {"b": None}})


def test_an_event_in_an_envelope_is_an_object() -> None:
    assert validator(artifacts.FEATURES, event=EventFormat(unwrap="cloudevents")).is_valid({"anything": 1})


def test_the_prediction_is_as_described(described: Any) -> None:
    schema = described["components"] | {"$ref": "#/schemas/Prediction"}
    schema = json.loads(json.dumps(schema).replace("#/components/schemas", "#/schemas"))
    found = json.loads(FakeEndpoint(artifacts.artifact()).post("/predict", event()).body)
    jsonschema_rs.validator_for(schema).validate(found)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_tasks_are_described_as_they_answer(kind: str) -> None:
    endpoint = FakeEndpoint(artifacts.artifact(kind))
    schema = document(endpoint)["components"]["schemas"]["Prediction"]
    jsonschema_rs.validator_for(schema).validate(json.loads(endpoint.post("/predict", event()).body))
    assert ("label" in schema["properties"]) == (kind == "multiclass")


def test_names_cannot_break_the_page() -> None:
    name = "<script>alert('x')</script>&\""
    features = (Feature(name, "category", categories=(name,)),)
    variant = HttpVariant("champion", manifest_of(features, name="m"), NO_PREDICTOR)
    page = page_of("m", SimpleNamespace(champion=variant), ANONYMOUS)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;" in page


def test_the_page_runs_no_code_of_its_own() -> None:
    response = FakeEndpoint(artifacts.artifact()).get("/")
    page, policy = response.body.decode(), response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.count("<script") == page.count("<script src=") == 1
    assert " style=" not in page
    assert " on" + "click" not in page


def test_every_response_has_the_security_headers() -> None:
    endpoint = FakeEndpoint(artifacts.artifact())
    for path in ("/", "/page.js", "/openapi.json", "/v2", "/nowhere", "/ping"):
        headers = endpoint.get(path).headers
        assert headers["strict-transport-security"].startswith("max-age=")
        assert headers["x-content-type-options"] == "nosniff"
        assert "content-security-policy" in headers
