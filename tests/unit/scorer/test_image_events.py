"""Events with an image, through the whole pipeline: base64 in JSON, records and objects that are the file; bad ones."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from evaluation.sampling import Sample
from model_store.event_format import EventFormat
from model_store.verify import verify
from records.faults import Code
from serving.drift import DriftWatch
from sources.objects import NamedObject, StoredObject, StoredObjects
from tests.fakes import envelopes, image_models, pictures
from tests.fakes.image_models import base64_of
from tests.fakes.s3 import FakeS3
from tests.fakes.scorer import FakeScorer
from training.baseline import baseline

pytestmark = pytest.mark.usefixtures("each_engine")

FILES = [pictures.photograph(), pictures.photograph("flower.jpg"), pictures.written(pictures.picture(), "PNG")]
BYTES = EventFormat(None, format="bytes")
BAD = [
    (b"GIF89a", Code.INVALID_IMAGE),
    (FILES[0][:5_000], Code.INVALID_IMAGE),
    (pictures.bomb(6_000), Code.INPUT_TOO_LARGE),
    (pictures.of_many_scans(40), Code.INPUT_TOO_LARGE),
]


def event(image: Any, number: int = 0) -> dict[str, Any]:
    return {"event_id": f"e-{number}", "features": {"image": image}}


def scores(*files: bytes) -> list[float]:
    """What the model gives for files, without a scorer."""
    rows = [image_models.preparation().prepare(file) for file in files]
    return verify(image_models.artifact()).predict(b"".join(rows), len(rows)).tolist()


def test_images_are_scored_and_what_is_none_is_quarantined() -> None:
    scorer = FakeScorer(image_models.artifact())
    bad = [event(None), event(7), event("no base64"), *(event(base64_of(file)) for file, _ in BAD)]
    response, report = scorer.run(envelopes.kinesis(*(event(base64_of(file)) for file in FILES), *bad))
    assert response == {"batchItemFailures": []}
    assert report.predictions == len(FILES)
    assert [prediction["score"] for prediction in scorer.predictions] == pytest.approx(scores(*FILES), abs=1e-6)
    assert {prediction["label"] for prediction in scorer.predictions} <= {"land", "sky"}
    codes = (Code.MISSING_FEATURE, Code.WRONG_TYPE, Code.INVALID_BASE64, *(code for _, code in BAD))
    assert [(entry["code"], entry["path"]) for entry in scorer.quarantined] == [
        (code, "/features/image") for code in codes
    ]


def test_a_record_can_be_the_file() -> None:
    scorer = FakeScorer(image_models.artifact(event=BYTES))
    scorer.run(envelopes.kinesis(*FILES, *(file for file, _ in BAD)))
    assert [prediction["score"] for prediction in scorer.predictions] == pytest.approx(scores(*FILES), abs=1e-6)
    assert [(entry["code"], entry["path"]) for entry in scorer.quarantined] == [(code, "") for _, code in BAD]
    assert [base64.b64decode(entry["data"]) for entry in scorer.quarantined] == [file for file, _ in BAD]


class Folder(StoredObjects):
    """Objects by key."""

    def __init__(self, **objects: bytes) -> None:
        self.most_bytes, self._found = 1_000_000, objects

    def read(self, bucket: str, key: str, version: str = "") -> StoredObject:
        return StoredObject(version, self._found[key], versioned=True)

    def listed(self, bucket: str, prefix: str) -> Iterator[NamedObject]:
        yield from ()


def test_an_object_is_one_image(recorded: Callable[[str], Any]) -> None:
    scorer, (notification,) = FakeScorer(image_models.artifact(event=BYTES)), recorded("s3")["Records"]
    objects = {f"in/{number}.jpg": file for number, file in enumerate((*FILES, b"a text\nof two lines"))}
    scorer.pipeline._objects = Folder(**objects)
    named = [notification | {"s3": notification["s3"] | {"object": {"key": key, "versionId": "v"}}} for key in objects]
    scorer.run({"Records": named})
    assert [prediction["score"] for prediction in scorer.predictions] == pytest.approx(scores(*FILES), abs=1e-6)
    assert {prediction["source"]["type"] for prediction in scorer.predictions} == {"s3"}
    assert [entry["code"] for entry in scorer.quarantined] == [Code.INVALID_IMAGE]


def test_scores_of_images_are_the_same_alone_and_among_others() -> None:
    """Each is scored by itself: copies of a prediction are identical."""
    together, alone = FakeScorer(image_models.artifact(event=BYTES)), FakeScorer(image_models.artifact(event=BYTES))
    together.run(envelopes.kinesis(*FILES))
    for file in FILES:
        alone.run(envelopes.kinesis(file))
    assert [one["score"] for one in together.predictions] == [one["score"] for one in alone.predictions]


def test_drift_is_counted_of_scores_and_no_pixel_is_kept() -> None:
    given = np.array(scores(*FILES)).reshape(-1, 1)
    artifact = image_models.artifact(event=BYTES, baseline=baseline((), np.empty((len(given), 0)), given))
    assert Sample(artifact.manifest)
    scorer, s3 = FakeScorer(artifact), FakeS3()
    scorer.pipeline._drift = DriftWatch(s3, "evaluation", "sessions", every=0, container="c", clock=scorer.clock)
    scorer.run(envelopes.kinesis(*FILES))
    (counted,) = [json.loads(body) for key, body in s3.objects.items() if key.endswith(".json")]
    (strides,) = counted["strides"].values()
    assert (strides["features"], sum(strides["scores"][0]["counts"])) == ({}, len(FILES))
    assert len(json.dumps(counted)) < 5_000
