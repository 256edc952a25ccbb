"""The Open Inference Protocol, by its bytes; test_tritonclient.py has a client's own view."""

import json
import struct

import pytest

from http_api.settings import HttpSettings
from http_api.tensors import DATATYPES
from scoring.engine import NATIVE, PYTHON
from tests.fakes import artifacts
from tests.fakes.envelopes import event
from tests.fakes.http_endpoint import FakeEndpoint

INFER = "/v2/models/sessions/infer"


@pytest.fixture(scope="module", params=[NATIVE, PYTHON])
def endpoint(request):
    return FakeEndpoint(artifacts.artifact(), engine=request.param)


def tensors(**changes):
    """Two rows, the first of which is that of `event`."""
    inputs = [
        {"name": "pages", "datatype": "INT64", "shape": [2], "data": [3, 4]},
        {"name": "spend", "datatype": "FP32", "shape": [2, 1], "data": [12.5, None]},
        {"name": "returning", "datatype": "BOOL", "shape": [2], "data": [True, False]},
        {"name": "device", "datatype": "BYTES", "shape": [2], "data": ["mobile", "desktop"]},
        {"name": "referrer", "datatype": "BYTES", "shape": [2], "data": ["ads", "search"]},
    ]
    return {"inputs": [one | changes.get(one["name"], {}) for one in inputs]}


def outputs(response):
    assert response.status == 200, response.body
    return {one["name"]: one for one in json.loads(response.body)["outputs"]}


def test_the_score_is_that_of_the_event(endpoint):
    found = outputs(endpoint.post(INFER, tensors()))
    alone = json.loads(endpoint.post("/predict", event()).body)
    assert found["score"] == {"name": "score", "datatype": "FP32", "shape": [2], "data": found["score"]["data"]}
    assert found["score"]["data"][0] == pytest.approx(alone["score"])
    assert found["label"]["data"][0] == alone["label"]
    assert [len(one) for one in found["prediction_id"]["data"]] == [64, 64]


def test_the_id_is_echoed_and_is_no_identity(endpoint):
    first, second = (endpoint.post(INFER, tensors() | {"id": "mine"}) for _ in range(2))
    assert json.loads(first.body)["id"] == "mine"
    assert outputs(first)["prediction_id"] != outputs(second)["prediction_id"]
    assert "id" not in json.loads(endpoint.post(INFER, tensors()).body)


def test_the_answer_names_version_and_variant(endpoint):
    found = json.loads(endpoint.post(INFER, tensors()).body)
    assert (found["model_name"], found["model_version"]) == ("sessions", "1")
    assert found["parameters"] == {"variant": "champion"}


def test_the_outputs_that_the_request_names_are_sent(endpoint):
    found = outputs(endpoint.post(INFER, tensors() | {"outputs": [{"name": "attributions"}, {"name": "label"}]}))
    assert list(found) == ["attributions", "label"]
    assert json.loads(found["attributions"]["data"][1])["top"]


def test_numbers_and_texts_come_and_go_as_bytes(endpoint):
    expected = outputs(endpoint.post(INFER, tensors()))["score"]["data"]
    raw = {
        "pages": struct.pack("<2q", 3, 4),
        "spend": struct.pack("<2f", 12.5, float("nan")),
        "device": struct.pack("<I6sI7s", 6, b"mobile", 7, b"desktop"),
    }
    sent = tensors()
    for one in sent["inputs"]:
        if one["name"] in raw:
            del one["data"]
            one["parameters"] = {"binary_data_size": len(raw[one["name"]])}
    text = json.dumps(sent | {"parameters": {"binary_data_output": True}}).encode()
    response = endpoint.post(INFER, text + b"".join(raw.values()), inference_header_content_length=str(len(text)))
    length = int(response.headers["inference-header-content-length"])
    assert response.headers["content-type"] == "application/octet-stream"
    members, data = json.loads(response.body[:length]), response.body[length:]
    sizes = {one["name"]: one["parameters"]["binary_data_size"] for one in members["outputs"]}
    assert sizes["score"] == 8
    assert list(struct.unpack("<2f", data[:8])) == expected
    assert sum(sizes.values()) == len(data)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({}, "/inputs"),
        ({"inputs": []}, "/inputs"),
        (tensors(spend={"data": [1.0, "x"]}), "/inputs/1/data/1"),
        (tensors(spend={"shape": [3]}), "/inputs/1/shape"),
        (tensors(spend={"datatype": "FP8"}), "/inputs/1/datatype"),
        (tensors(spend={"parameters": {"binary_data_size": 8}}), "/inputs/1/parameters/binary_data_size"),
        (tensors() | {"id": 7}, "/id"),
        (tensors() | {"outputs": [{}]}, "/outputs/0"),
        (tensors() | {"outputs": [{"name": "label"}, {"name": "nothing"}]}, "/outputs/1/name"),
        (tensors() | {"parameters": []}, "/parameters"),
    ],
)
def test_a_request_that_cannot_be_scored_is_told_where(endpoint, sent, path):
    response = endpoint.post(INFER, sent)
    found = json.loads(response.body)
    assert (response.status, found["path"]) == (400, path)
    assert path in found["error"]


@pytest.mark.parametrize("length", ["-1", "x", "99999", ""])
def test_a_wrong_length_of_the_json_is_refused(endpoint, length):
    assert endpoint.post(INFER, tensors(), inference_header_content_length=length).status == 400


@pytest.mark.parametrize("datatype", [name for name in DATATYPES if name != "BOOL"])
def test_bytes_that_are_no_whole_values_are_refused(endpoint, datatype):
    one = {"name": "pages", "datatype": datatype, "shape": [1], "parameters": {"binary_data_size": 3}}
    text = json.dumps({"inputs": [one]}).encode()
    response = endpoint.post(INFER, text + b"\x01\x02\x03", inference_header_content_length=str(len(text)))
    assert response.status == 400


def test_a_matrix_gives_the_features_in_their_order():
    endpoint = FakeEndpoint(artifacts.artifact())
    matrix = {"name": "x", "datatype": "BYTES", "shape": [2, 5], "data": [3, 1.5, True, "mobile", "ads"] * 2}
    found = outputs(endpoint.post(INFER, {"inputs": [matrix]}))
    assert found["score"]["data"][0] == found["score"]["data"][1]
    matrix["data"][8] = "fridge"
    assert json.loads(endpoint.post(INFER, {"inputs": [matrix]}).body)["path"] == "/inputs/0/data/8"


def test_deeply_nested_values_are_read_once_each(endpoint):
    """Nested for each of 900 levels with many values next to it: a copy a level would be a billion steps."""
    deep = []
    for _ in range(900):
        deep = [deep]
    body = json.dumps(
        {"inputs": [{"name": "pages", "datatype": "INT64", "shape": [1], "data": [deep, *range(200_000)]}]}
    )
    assert endpoint.post(INFER, body.encode()).status == 400
    sent = tensors(pages={"data": [[[3]], 4]})
    assert outputs(endpoint.post(INFER, sent))["score"] == outputs(endpoint.post(INFER, tensors()))["score"]


def test_many_classes_have_their_scores(endpoint):
    found = outputs(FakeEndpoint(artifacts.artifact("multiclass")).post(INFER, tensors()))
    assert found["scores"]["shape"] == [2, 3]
    assert len(found["scores"]["data"]) == 6
    assert sum(found["scores"]["data"][:3]) == pytest.approx(1.0, abs=1e-5)


def test_metadata_describes_the_tensors(endpoint):
    found = json.loads(endpoint.get("/v2/models/sessions").body)
    assert (found["name"], found["versions"], found["platform"]) == ("sessions", ["1"], "xgboost_ubj")
    assert found["inputs"][0] == {"name": "pages", "datatype": "INT64", "shape": [-1]}
    assert [one["name"] for one in found["outputs"]] == ["score", "label", "prediction_id"]
    assert "binary_tensor_data" in json.loads(endpoint.get("/v2").body)["extensions"]


def test_health_is_of_the_process_and_of_the_model(endpoint):
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/sessions/ready", "/ping"):
        assert endpoint.get(path).status == 200
    without = FakeEndpoint()
    assert without.get("/v2/health/live").status == 200
    for path in ("/v2/health/ready", "/v2/models/sessions/ready", "/ping"):
        assert without.get(path).status == 503


def test_health_routes_are_there_by_a_setting():
    closed, opened = FakeEndpoint(artifacts.artifact(), settings=HttpSettings()), FakeEndpoint(artifacts.artifact())
    for path in ("/v2/health/live", "/v2/health/ready", "/ping"):
        assert (closed.get(path).status, opened.get(path).status) == (404, 200)


def test_a_version_serves_by_its_name():
    endpoint = FakeEndpoint(artifacts.artifact())
    endpoint.store.release_as(
        champion=artifacts.artifact(), challenger=artifacts.artifact(version="2", seed=2), share=0.0
    )
    champion, challenger = (
        json.loads(endpoint.post(f"/v2/models/sessions/versions/{version}/infer", tensors()).body)
        for version in ("1", "2")
    )
    assert (champion["model_version"], challenger["model_version"]) == ("1", "2")
    assert challenger["parameters"] == {"variant": "challenger"}
    assert champion["outputs"][0]["data"] != challenger["outputs"][0]["data"]
    for path in ("versions/3/infer", "versions//infer", "versions", "infer/", "nothing"):
        assert endpoint.post(f"/v2/models/sessions/{path}", tensors()).status == 404, path
    assert endpoint.get("/v2/models/sessions/versions/2/ready").status == 200
    assert endpoint.get("/v2/models/other").status == 404


@pytest.mark.parametrize(("method", "path"), [("GET", INFER), ("GET", "/predict"), ("POST", "/v2"), ("PUT", "/ping")])
def test_another_method_is_told_which_is_allowed(endpoint, method, path):
    from http_api.messages import HttpRequest

    (response,) = endpoint.send(HttpRequest(method, path))
    assert response.status == 405
    assert response.headers["allow"] == ("POST" if method == "GET" else "GET, HEAD")
