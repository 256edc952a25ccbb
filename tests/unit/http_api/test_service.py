"""Releases over HTTP: the split by key, the swap, the shadow, and many requests in one call."""

import io
import json

import polars as pl
import pytest

from model_store.attribution_setting import AttributionSetting
from model_store.event_format import EventFormat
from model_store.prediction_form import PredictionForm
from scoring.engine import NATIVE, PYTHON
from scoring.variant import Variant
from serving.capture import Capture
from serving.drift import DriftWatch
from tests.fakes import artifacts
from tests.fakes.envelopes import event
from tests.fakes.http_endpoint import FakeEndpoint, post
from tests.fakes.s3 import FakeS3
from training.baseline import baseline


@pytest.fixture(scope="module")
def second():
    return artifacts.artifact(version="2", seed=2)


def versions(responses):
    return [response.headers["millrace-model-version"] for response in responses]


def test_a_key_decides_between_champion_and_challenger(artifact, second):
    endpoint = FakeEndpoint(artifact)
    endpoint.store.release_as(champion=artifact, challenger=second, share=0.5)
    keys = [f"user-{i}" for i in range(40)]
    sent = [post("/predict", [event(), event(1)], millrace_partition_key=key) for key in keys]
    responses = endpoint.send(*sent)
    release = endpoint.store.stored.release
    assert [response.headers["millrace-variant"] for response in responses] == [release.variant(key) for key in keys]
    assert set(versions(responses)) == {"1", "2"}
    for response in responses:
        models = [found["model"]["version"] for found in json.loads(response.body)["predictions"]]
        assert models == [response.headers["millrace-model-version"]] * 2
    assert sum(endpoint.lines[-1]["predictions_by_variant"].values()) == 80


def test_a_new_release_is_loaded_after_the_response(artifact, second):
    endpoint = FakeEndpoint(artifact)
    assert versions(endpoint.send(post("/predict", event()))) == ["1"]
    endpoint.store.release_as(champion=second)
    endpoint.clock.now += 31
    assert versions(endpoint.send(post("/predict", event()))) == ["1"]
    assert versions(endpoint.send(post("/predict", event()))) == ["2"]


def test_a_release_that_is_refused_changes_nothing(artifact, second):
    endpoint = FakeEndpoint(artifact)
    endpoint.send(post("/predict", event()))
    from copy import replace

    endpoint.store.release_as(champion=replace(second, model=b"damaged"))
    for _ in range(3):
        endpoint.clock.now += 31
        assert versions(endpoint.send(post("/predict", event()))) == ["1"]
    assert any(line["ReleaseRefused"] for line in endpoint.lines)


@pytest.mark.parametrize("body", [event(), [3, 12.5, True, "mobile", "ads"]])
def test_a_shadow_scores_every_form_of_an_event(artifact, second, body):
    endpoint = FakeEndpoint(artifact)
    endpoint.store.release_as(champion=artifact, shadow=second)
    response = endpoint.post("/predict", body, idempotency_key="k")
    shadow = endpoint.lines[-1]["shadow"]
    assert (shadow["scored"], shadow["published"], shadow["unscorable"]) == (1, 1, 0)
    (published,) = [json.loads(found) for found in endpoint.shadow_sink.bodies]
    assert published["model"]["variant"] == "shadow"
    assert published["prediction_id"] == json.loads(response.body)["prediction_id"]


def test_the_release_explains_its_share(artifact):
    endpoint = FakeEndpoint(artifact)
    endpoint.store.release_as(champion=artifact, attributions=AttributionSetting(share=1.0, top=1))
    found = json.loads(endpoint.post("/predict", event()).body)
    assert len(found["attributions"]["top"]) == 1


def test_a_model_without_attributions_says_so(artifact, monkeypatch):
    from predictors.errors import NoAttributions

    def none(*_):
        raise NoAttributions("linear")

    monkeypatch.setattr(Variant, "attribute", none)
    endpoint = FakeEndpoint(artifact)
    asked, other = endpoint.send(post("/predict", event(), {"attributions": "true"}), post("/predict", event()))
    assert (asked.status, json.loads(asked.body)["code"], other.status) == (422, "NO_ATTRIBUTIONS", 200)


@pytest.mark.parametrize("engine", [NATIVE, PYTHON])
@pytest.mark.parametrize(
    "form",
    [
        EventFormat(None, format="csv"),
        EventFormat(None, format="vector", events_per_record="many"),
        EventFormat("/event_id", format="open-inference"),
        EventFormat("/event_id", max_inflated=1000),
        EventFormat("/event_id", events_per_record="many"),
    ],
)
def test_the_manifests_form_of_a_record_is_that_of_streams(form, engine):
    """A request says by itself what its body is."""
    endpoint = FakeEndpoint(artifacts.artifact(event=form, prediction=PredictionForm("compact", False)), engine=engine)
    found = json.loads(endpoint.post("/predict", event()).body)
    assert found["model"]["name"] == "sessions"
    assert "index" not in found["source"]
    csv = endpoint.post("/predict", b"3,12.5,true,mobile,ads", content_type="text/csv", accept="application/json")
    assert json.loads(csv.body)["predictions"][0]["score"] == found["score"]


@pytest.mark.parametrize("form", [EventFormat(None, format="csv"), EventFormat()])
def test_drift_is_counted_for_the_manifest_in_the_store(form):
    """The evaluator takes only counts of the manifest that the release pins."""
    matrix = artifacts.matrix(400)
    scores = artifacts.booster("binary").inplace_predict(matrix).reshape(-1, 1)
    kept = artifacts.artifact(event=form, baseline=baseline(artifacts.FEATURES, matrix, scores))
    s3 = FakeS3()
    endpoint = FakeEndpoint(kept)
    endpoint.service._drift = DriftWatch(s3, "b", "sessions", every=0.0, container="c", clock=endpoint.clock)
    endpoint.post("/predict", event())
    (counts,) = map(json.loads, s3.objects.values())
    digests = {window["digest"] for window in counts["strides"].values()}
    assert (counts["version"], digests) == ("1", {kept.manifest.digest()})


def test_a_thousand_requests_are_scored_in_one_call(artifact, monkeypatch):
    endpoint, calls, predict = FakeEndpoint(artifact), [], Variant.predict

    def counted(self, matrix, rows):
        calls.append(rows)
        return predict(self, matrix, rows)

    monkeypatch.setattr(Variant, "predict", counted)
    responses = endpoint.send(*[post("/predict", event(i % 30)) for i in range(1000)])
    assert calls == [1000]
    assert [json.loads(response.body)["event_id"] for response in responses] == [f"e-{i % 30}" for i in range(1000)]


def test_answered_rows_are_captured(artifact):
    endpoint, kept = FakeEndpoint(artifact), FakeS3()
    endpoint.service._capture = Capture(
        kept,
        "captured",
        "sessions",
        share=1.0,
        every=60.0,
        container="c",
        clock=endpoint.clock,
        metrics=endpoint.metrics,
    )
    response = endpoint.send(post("/predict", event(1)))[0]
    ((key, body),) = kept.objects.items()
    (row,) = pl.read_parquet(io.BytesIO(body)).to_dicts()
    assert key == "captured/capture/sessions/2023/11/14/22/1/c-0.parquet"
    prediction = json.loads(response.body)
    assert row["prediction_id"] == prediction["prediction_id"]
    assert row["arrived_at"] == prediction["source"]["arrived_at"]
    assert (row["event_id"], row["features"]["pages"]) == ("e-1", 4.0)
