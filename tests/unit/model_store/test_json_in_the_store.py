"""A JSON model's whole way: published, pinned, fetched, verified, served."""

import pytest

from model_store.store import ModelStore
from model_store.verify import verify
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer

BUCKET = "models"


@pytest.fixture
def store(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return ModelStore(s3, BUCKET, "sessions")


def test_what_is_published_comes_back(store, aws):
    artifact = artifacts.artifact(file="model.json")
    pointer = store.publish(artifact)
    keys = {item["Key"] for item in aws("s3").list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert keys == {"models/sessions/1/manifest.json", "models/sessions/1/model.json"}
    assert store.pointer("1") == pointer
    fetched = store.artifact(pointer)
    assert fetched == artifact
    assert verify(fetched)


def test_both_formats_give_the_same_prediction():
    features = {"pages": 3, "spend": None, "returning": True, "device": "mobile", "referrer": "ads"}
    scores = []
    for file in ("model.ubj", "model.json"):
        scorer = FakeScorer(artifacts.artifact(file=file))
        scorer.run(envelopes.kinesis({"event_id": "e-1", "features": features}))
        scores += [prediction["score"] for prediction in scorer.predictions]
    assert len(scores) == 2
    assert scores[0] == scores[1]
