import json
import logging

import pytest

from model_store.release import Release
from model_store.store import ModelStore
from scorer.config import ConfigInvalid
from scorer.container import build
from scorer.deadline import Deadline
from tests.fakes import envelopes


@pytest.fixture
def environment(aws, artifact, caplog):
    """A model, a queue for its predictions and a bucket for failures, as Terraform would leave them."""
    for name in ("scorer", "model_store"):
        caplog.set_level("WARNING", name)  # puts back at the end what building sets
    s3, sqs = aws("s3"), aws("sqs")
    for bucket in ("models", "failures"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = ModelStore(s3, "models", "sessions")
    store.put_release(Release(store.publish(artifact), "2026-01-02T03:04:05.000Z"), replacing=None)
    return {
        "MODEL_BUCKET": "models",
        "MODEL_NAME": "sessions",
        "RELEASE_POLL_SECONDS": "30",
        "PREDICTION_SINK_TYPE": "sqs",
        "PREDICTION_SINK_TARGET": sqs.create_queue(QueueName="predictions")["QueueUrl"],
        "FAILURE_BUCKET": "failures",
        "QUARANTINE_PREFIX": "quarantine/",
    }


def test_the_pipeline_that_the_environment_describes_scores(aws, environment):
    pipeline = build(environment)
    response, report = pipeline.run(envelopes.kinesis(envelopes.event(), b"{"), Deadline(lambda: 60.0))
    assert (response, report.predictions, report.failed) == ({"batchItemFailures": []}, 1, 0)
    (message,) = aws("sqs").receive_message(QueueUrl=environment["PREDICTION_SINK_TARGET"])["Messages"]
    assert json.loads(message["Body"])["event_id"] == "e-0"
    (entry,) = aws("s3").list_objects_v2(Bucket="failures")["Contents"]
    assert entry["Key"].startswith("quarantine/2023/11/14/")


def test_building_calls_nobody(aws, environment):
    build(environment | {"MODEL_BUCKET": "none", "PREDICTION_SINK_TARGET": "https://nowhere.example/none"})


def test_the_log_level_is_for_our_own_loggers_and_never_for_the_aws_clients(environment):
    before = logging.getLogger("botocore").getEffectiveLevel()
    build(environment | {"LOG_LEVEL": "DEBUG"})
    names = ("scorer.models", "model_store.store", "botocore")
    levels = [logging.getLogger(name).getEffectiveLevel() for name in names]
    assert levels == [logging.DEBUG, logging.DEBUG, before]
    assert before > logging.DEBUG


def test_an_incomplete_environment_is_refused_at_once():
    with pytest.raises(ConfigInvalid, match="environment"):
        build({})
