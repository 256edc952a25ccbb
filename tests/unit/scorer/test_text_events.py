"""Events with a text, through the whole pipeline: from every form of event to predictions and quarantine."""

import base64
import io
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from evaluation.sampling import Sample
from model_store.event_format import EventFormat
from model_store.verify import verify
from records.faults import Code
from serving.capture import Capture
from serving.drift import DriftWatch
from tests.fakes import envelopes, text_models
from tests.fakes.s3 import FakeS3
from tests.fakes.scorer import FakeScorer
from training.baseline import baseline

pytestmark = pytest.mark.usefixtures("each_engine")

TEXTS = ["Win a prize", "see you at lunch", "日本語"]


def event(text: Any, number: int = 0) -> dict[str, Any]:
    return {"event_id": f"e-{number}", "features": {"text": text}}


def scores(*texts: str) -> list[float]:
    """What the model gives for texts, without a scorer."""
    artifact = text_models.artifact()
    rows = [text_models.preparation().prepare(text) for text in texts]
    return verify(artifact).predict(b"".join(rows), len(rows)).tolist()


def test_texts_are_scored_and_what_is_no_text_is_quarantined() -> None:
    scorer = FakeScorer(text_models.artifact())
    bad = [event(None), {"event_id": "e", "features": {}}, event(7), event("x" * 5_000), event("\ud800")]
    response, report = scorer.run(envelopes.kinesis(*(event(text) for text in TEXTS), *bad))
    assert response == {"batchItemFailures": []}
    assert report.predictions == len(TEXTS)
    assert [prediction["score"] for prediction in scorer.predictions] == pytest.approx(scores(*TEXTS), abs=1e-6)
    assert {prediction["label"] for prediction in scorer.predictions} <= {"ham", "spam"}
    assert [(entry["code"], entry["path"]) for entry in scorer.quarantined] == [
        (Code.MISSING_FEATURE, "/features/text"),
        (Code.MISSING_FEATURE, "/features/text"),
        (Code.WRONG_TYPE, "/features/text"),
        (Code.INPUT_TOO_LARGE, "/features/text"),
        (Code.INVALID_UTF8, "/features/text"),
    ]


FORMS: dict[str, tuple[EventFormat, Any]] = {
    "vector": (EventFormat(None, format="vector"), [json.dumps([text]).encode() for text in TEXTS]),
    "csv": (EventFormat(None, format="csv"), [text.encode() for text in TEXTS]),
    "bytes": (EventFormat(None, format="bytes"), [text.encode() for text in TEXTS]),
    "lines": (
        EventFormat(events_per_record="many"),
        [b"\n".join(json.dumps(event(text)).encode() for text in TEXTS)],
    ),
    "open-inference": (
        EventFormat(None, format="open-inference", events_per_record="many"),
        [{"inputs": [{"name": "text", "shape": [3], "datatype": "BYTES", "data": TEXTS}]}],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_text_comes_in_every_form_of_event(form: str) -> None:
    format_, payloads = FORMS[form]
    scorer = FakeScorer(text_models.artifact(event=format_))
    scorer.run(envelopes.kinesis(*payloads))
    assert [prediction["score"] for prediction in scorer.predictions] == pytest.approx(scores(*TEXTS), abs=1e-6)


def test_bytes_that_are_no_text_are_quarantined_as_a_whole() -> None:
    scorer = FakeScorer(text_models.artifact(event=EventFormat(None, format="bytes")))
    scorer.run(envelopes.kinesis(b"\xff\xfe"))
    assert [(entry["code"], entry["path"]) for entry in scorer.quarantined] == [(Code.INVALID_UTF8, "")]


def test_a_redriven_text_has_its_first_id_and_score() -> None:
    scorer = FakeScorer(text_models.artifact())
    scorer.run(envelopes.kinesis(event(TEXTS[0])))
    (first,) = scorer.predictions
    data = base64.b64encode(json.dumps(event(TEXTS[0])).encode()).decode()
    record = {
        "eventSource": "millrace:redrive",
        "source": first["source"],
        "partition_key": first["partition_key"],
        "data": data,
    }
    scorer.run({"Records": [record]})
    again = scorer.predictions[-1]
    assert len(scorer.predictions) == 2
    assert (again["prediction_id"], again["score"]) == (first["prediction_id"], first["score"])


def test_scores_drift_and_are_captured_and_the_text_is_not() -> None:
    given = np.array(scores(*text_models.GOLDEN)).reshape(-1, 1)
    artifact = text_models.artifact(baseline=baseline((), np.empty((len(given), 0)), given))
    assert Sample(artifact.manifest)
    scorer, s3 = FakeScorer(artifact), FakeS3()
    scorer.pipeline._drift = DriftWatch(s3, "evaluation", "sessions", every=0, container="c", clock=scorer.clock)
    scorer.pipeline._capture = Capture(
        s3, "captured", "sessions", share=1.0, every=0, container="c", clock=scorer.clock,
        metrics=scorer.pipeline.metrics,
    )  # fmt: skip
    scorer.run(envelopes.kinesis(*(event(text) for text in TEXTS)))
    kept = s3.objects
    (captured,) = [pl.read_parquet(io.BytesIO(body)) for key, body in kept.items() if key.endswith(".parquet")]
    assert captured["score"].to_list() == pytest.approx(scores(*TEXTS), abs=1e-6)
    assert "features" not in captured.columns
    (counted,) = [json.loads(body) for key, body in kept.items() if key.endswith(".json")]
    assert "prize" not in json.dumps(counted)
    (strides,) = counted["strides"].values()
    assert (strides["features"], sum(strides["scores"][0]["counts"])) == ({}, len(TEXTS))
