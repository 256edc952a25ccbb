"""Events over HTTP: each request is answered with its predictions, or with what is wrong with it."""

import gzip
import hashlib
import json

import pytest

import native
from http_api.settings import HttpSettings
from http_api.variant import HttpReader
from model_store.event_format import EventFormat
from scoring.engine import NATIVE, PYTHON
from tests.fakes import artifacts
from tests.fakes.envelopes import MODEL, event
from tests.fakes.http_endpoint import FakeEndpoint, post

needs_native = pytest.mark.skipif(native.NATIVE is None, reason=f"the native engine was not built: {native.MISSING}")
ROW = [3, 12.5, True, "mobile", "ads"]
CSV_LINE = b"3,12.5,true,mobile,ads\n"


@pytest.fixture(scope="module", params=[NATIVE, PYTHON])
def endpoint(request):
    return FakeEndpoint(artifacts.artifact(), engine=request.param)


def expected_score():
    """What XGBoost gives for the row."""
    import numpy as np
    import xgboost as xgb

    row = np.array([[3, 12.5, 1, 1, 0]], np.float32)
    return float(artifacts.booster("binary").inplace_predict(xgb.DMatrix(row).get_data().toarray())[0])


def test_one_event_gives_its_prediction(endpoint):
    response = endpoint.post("/predict", event())
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    found = json.loads(response.body)
    assert found["score"] == pytest.approx(expected_score(), rel=1e-6)
    assert found["label"] == ("yes" if found["score"] >= 0.5 else "no")
    assert found["event_id"] == "e-0"
    assert (found["model"]["version"], found["model"]["variant"]) == ("1", "champion")
    assert found["source"]["type"] == "http"
    assert response.headers["millrace-model-version"] == "1"


def test_an_event_needs_no_id(endpoint):
    found = json.loads(endpoint.post("/predict", {"features": event()["features"]}).body)
    assert "event_id" not in found
    assert found["score"] == pytest.approx(expected_score(), rel=1e-6)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/event_id", {}),
        ("/event_id", {"event_id": "e\\u00e9"}),
        ("/event_id", {"event_id": 7}),
        ("/event_id", {"event_id": None}),
        ("/meta/id", {}),
        ("/meta/id", {"meta": {}}),
        ("/meta/id", {"meta": {"id": "x"}}),
        ("/meta/id", {"meta": 7}),
        ("/meta/id", {"meta": None}),
        ("/meta/id", {"meta": {"id": 7}}),
    ],
)
@pytest.mark.parametrize("unwrap", ["none", "cloudevents"])
def test_both_engines_read_an_optional_id_alike(path, sent, unwrap):
    body = {"features": event()["features"]} | sent
    if unwrap != "none":
        body = sent | {"specversion": "1.0", "data": body}
    answers = []
    for engine in (NATIVE, PYTHON):
        form = EventFormat(path, unwrap=unwrap)
        response = FakeEndpoint(artifacts.artifact(event=form), engine=engine).post(
            "/predict", body, idempotency_key="k"
        )
        answers.append((response.status, response.body))
    assert answers[0] == answers[1]


@needs_native
def test_an_event_without_an_id_is_read_by_the_native_engine(monkeypatch):
    endpoint = FakeEndpoint(artifacts.artifact())
    monkeypatch.setattr(HttpReader, "read", lambda *_: pytest.fail("read in Python"))
    assert endpoint.post("/predict", {"features": event()["features"]}).status == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", json.dumps([event(), ROW]).encode()),
        ("application/jsonlines", b"\n".join([json.dumps(event()).encode(), json.dumps(ROW).encode(), b""])),
        ("application/x-ndjson", b"\r\n".join([json.dumps(ROW).encode(), json.dumps(ROW).encode()])),
        ("text/csv", CSV_LINE * 2),
    ],
)
def test_several_events_are_answered_in_order(endpoint, content_type, body):
    response = endpoint.post("/predict", body, content_type=content_type, accept="application/json")
    predictions = json.loads(response.body)["predictions"]
    assert [found["score"] for found in predictions] == [predictions[0]["score"]] * 2
    assert predictions[0]["score"] == pytest.approx(expected_score(), rel=1e-6)
    assert [found["source"]["index"] for found in predictions] == [0, 1]


def test_one_array_of_values_is_one_event(endpoint):
    found = json.loads(endpoint.post("/predict", ROW).body)
    assert found["score"] == pytest.approx(expected_score(), rel=1e-6)
    assert "index" not in found["source"]


def test_sagemaker_clients_send_instances(endpoint):
    response = endpoint.post("/invocations", {"instances": [event(), ROW]})
    assert len(json.loads(response.body)["predictions"]) == 2
    refused = json.loads(endpoint.post("/invocations", {"instances": [event(), {"features": {"pages": "x"}}]}).body)
    assert (refused["code"], refused["path"]) == ("WRONG_TYPE", "/instances/1/features/pages")


def test_csv_is_answered_with_csv(endpoint):
    response = endpoint.post("/invocations", CSV_LINE * 2, content_type="text/csv; charset=utf-8")
    assert response.headers["content-type"] == "text/csv"
    score, label, prediction_id = response.body.decode().splitlines()[1].split(",")
    assert float(score) == pytest.approx(expected_score(), rel=1e-6)
    assert label in ("yes", "no")
    assert len(prediction_id) == 64


def test_json_lines_are_answered_with_json_lines(endpoint):
    body = json.dumps(event()).encode()
    response = endpoint.post("/predict", body + b"\n" + body, content_type="application/jsonlines")
    assert response.headers["content-type"] == "application/jsonlines"
    assert [json.loads(line)["event_id"] for line in response.body.splitlines()] == ["e-0", "e-0"]


def test_a_compressed_body_is_inflated(endpoint):
    response = endpoint.post("/predict", gzip.compress(json.dumps(event()).encode()), content_encoding="gzip")
    assert json.loads(response.body)["event_id"] == "e-0"


def test_the_id_is_of_the_model_the_caller_and_the_key(endpoint):
    caller, key = "arn:aws:iam::123456789012:user/a|b%", "order-7|x"
    (first, other) = endpoint.send(
        post("/predict", event(), caller=caller, idempotency_key=key),
        post("/predict", [event(), event()], caller=caller, idempotency_key=key),
    )
    place = f"{MODEL}|arn:aws:iam::123456789012:user/a%7Cb%25|order-7%7Cx"
    assert json.loads(first.body)["prediction_id"] == hashlib.sha256(place.encode()).hexdigest()
    ids = [found["prediction_id"] for found in json.loads(other.body)["predictions"]]
    assert ids == [hashlib.sha256(f"{place}||{i}".encode()).hexdigest() for i in range(2)]


def test_without_a_key_the_id_is_random(endpoint):
    ids = {json.loads(endpoint.post("/predict", event()).body)["prediction_id"] for _ in range(2)}
    assert len(ids) == 2


def test_attributions_are_given_on_request_only_to_the_request(endpoint):
    asked, other = endpoint.send(post("/predict", event(), {"attributions": "true"}), post("/predict", event()))
    found = json.loads(asked.body)["attributions"]
    total = sum(one["value"] for one in found["top"]) + found["rest"] + found["base"]
    assert total == pytest.approx(found["margin"], abs=1e-6)
    assert "attributions" not in json.loads(other.body)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "path"),
    [
        (b"{", {}, 400, "INVALID_JSON", ""),
        (b"\xff", {}, 400, "INVALID_UTF8", ""),
        (b"", {}, 400, "INVALID_JSON", ""),
        (b"7", {}, 400, "NOT_AN_OBJECT", ""),
        (b'{"features":{"pages":1,"pages":2}}', {}, 400, "DUPLICATE_KEY", ""),
        (b"[]", {}, 400, "WRONG_SHAPE", ""),
        (b"[[]]", {}, 400, "WRONG_SHAPE", "/0"),
        (b"[{}, 3]", {}, 400, "MISSING_FEATURE", "/0/features"),
        (event(pages=None), {}, 400, "MISSING_FEATURE", "/features/pages"),
        (event(device="fridge"), {}, 400, "UNKNOWN_CATEGORY", "/features/device"),
        ([event(), event(pages="x")], {}, 400, "WRONG_TYPE", "/1/features/pages"),
        (event() | {"event_id": 7}, {}, 400, "WRONG_TYPE", "/event_id"),
        (CSV_LINE + b"x,1,true,mobile,ads", {"content_type": "text/csv"}, 400, "WRONG_TYPE", "/1/0"),
        (event(), {"content_type": "image/png"}, 415, "UNSUPPORTED_MEDIA_TYPE", ""),
        (event(), {"content_encoding": "br"}, 415, "UNSUPPORTED_ENCODING", ""),
        (event(), {"content_encoding": "gzip"}, 400, "INVALID_GZIP", ""),
        (event(), {"accept": "image/png"}, 406, "NOT_ACCEPTABLE", ""),
        (event(), {"idempotency_key": "a b"}, 400, "INVALID_HEADER", ""),
        (event(), {"millrace_partition_key": "k" * 257}, 400, "INVALID_HEADER", ""),
    ],
)
def test_a_request_that_cannot_be_scored_is_told_why(endpoint, body, headers, status, code, path):
    response = endpoint.post("/predict", body, **headers)
    found = json.loads(response.body)
    assert (response.status, found["status"], found["code"], found["path"]) == (status, status, code, path)
    assert response.headers["content-type"] == "application/problem+json"
    assert code in found["error"]
    assert found["detail"]


def test_all_faults_of_a_request_are_listed(endpoint):
    found = json.loads(endpoint.post("/predict", [event(pages="x"), event(), event(spend="x")]).body)
    assert [fault["path"] for fault in found["errors"]] == ["/0/features/pages", "/2/features/spend"]


def test_one_bad_request_does_not_harm_another(endpoint):
    good, bad = endpoint.send(post("/predict", event()), post("/predict", event(pages="x")))
    assert (good.status, bad.status) == (200, 400)


def test_bodies_and_lists_have_a_limit():
    endpoint = FakeEndpoint(artifacts.artifact(), settings=HttpSettings(max_body_bytes=500, max_events=2))
    assert endpoint.post("/predict", b" " * 501).status == 413
    assert endpoint.post("/predict", [ROW] * 3).status == 413
    assert endpoint.post("/predict", [ROW] * 2).status == 200
    bomb = gzip.compress(b" " * 501)
    assert endpoint.post("/predict", bomb, content_encoding="gzip").status == 413


def test_without_a_model_the_client_is_asked_to_come_again():
    endpoint = FakeEndpoint()
    response = endpoint.post("/predict", event())
    assert (response.status, response.headers["retry-after"]) == (503, "5")
    assert json.loads(response.body)["code"] == "MODEL_UNAVAILABLE"


def test_every_request_is_counted(endpoint):
    endpoint.send(post("/predict", [event(), event()]), post("/predict", event(pages="x")), post("/nowhere", b""))
    line = endpoint.lines[-1]
    assert (line["Events"], line["Predictions"], line["Rejected"], line["Failed"]) == (3, 2, 1, 0)
    assert (line["rejected"], line["source"]) == ({"WRONG_TYPE": 1}, "http")
    assert line["statuses"] == {"200": 1, "400": 1, "404": 1}
    assert line["versions"] == {"champion": "1"}
