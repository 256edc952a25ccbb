import json
import logging
import os
import re
import subprocess
import sys
from copy import replace

import pytest

from millrace.paths import ROOT
from model_store.release import Release
from model_store.store import ModelStore
from records.settings import ConfigInvalid
from resilience.deadline import Deadline
from resilience.retry import Retry
from scorer.container import build
from tests.fakes import artifacts, envelopes
from tests.fakes.clock import FakeClock
from tests.fakes.moto_server import moto_server
from tests.fakes.s3 import client_error
from tests.fakes.two_steps import TwoSteps
from tests.fakes.wait import wait_for
from training.baseline import baseline

NOW = 1_800_000_000.0
OFF = {
    "MODEL_BUCKET": "models",
    "MODEL_NAME": "sessions",
    "RELEASE_POLL_SECONDS": "30",
    "PREDICTION_SINK_TYPE": "sqs",
    "PREDICTION_SINK_TARGET": "url",
    "FAILURE_BUCKET": "failures",
    "QUARANTINE_PREFIX": "quarantine/",
}


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


@pytest.fixture
def served(aws, monkeypatch):
    """AWS in memory behind a socket, where the scorer's own clients find it."""
    with moto_server() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield


@pytest.mark.usefixtures("served")
def test_the_pipeline_that_the_environment_describes_scores(aws, environment):
    pipeline = build(environment)
    response, report = pipeline.run(envelopes.kinesis(envelopes.event(), b"{"), Deadline(lambda: 60.0))
    assert (response, report.predictions, report.failed) == ({"batchItemFailures": []}, 1, 0)
    (message,) = aws("sqs").receive_message(QueueUrl=environment["PREDICTION_SINK_TARGET"])["Messages"]
    assert json.loads(message["Body"])["event_id"] == "e-0"
    (entry,) = aws("s3").list_objects_v2(Bucket="failures")["Contents"]
    assert entry["Key"].startswith("quarantine/2023/11/14/")


@pytest.mark.usefixtures("served")
def test_a_shadow_scores_into_the_sink_that_the_environment_names(aws, environment):
    sqs, store = aws("sqs"), ModelStore(aws("s3"), "models", "sessions")
    queue = sqs.create_queue(QueueName="shadow")["QueueUrl"]
    shadow = store.publish(artifacts.artifact(version="s", seed=2))
    stored = store.release()
    store.put_release(replace(stored.release, shadow=shadow), replacing=stored)
    pipeline = build(environment | {"SHADOW_SINK_TYPE": "sqs", "SHADOW_SINK_TARGET": queue})
    _, report = pipeline.run(envelopes.kinesis(envelopes.event()), Deadline(lambda: 60.0))
    assert (report.predictions, report.shadow["published"]) == (1, 1)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["model"]["variant"] == "shadow"


@pytest.mark.usefixtures("served")
def test_what_drifts_is_counted_into_the_bucket_that_the_environment_names(aws, environment):
    plain, matrix = artifacts.artifact(version="2"), artifacts.matrix(400)
    found = baseline(artifacts.FEATURES, matrix, artifacts.booster("binary").inplace_predict(matrix).reshape(-1, 1))
    s3 = aws("s3")
    s3.create_bucket(Bucket="evaluation", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    store = ModelStore(s3, "models", "sessions")
    pointer = store.publish(replace(plain, manifest=replace(plain.manifest, baseline=found)))
    store.put_release(Release(pointer, "2026-01-02T03:04:05.000Z"), replacing=store.release())
    for _ in range(2):  # two containers
        pipeline = build(environment | {"DRIFT_BUCKET": "evaluation", "DRIFT_SECONDS": "300"}, clock=lambda: NOW)
        for _ in range(2):
            _, report = pipeline.run(envelopes.kinesis(envelopes.event(1)), Deadline(lambda: 60.0))
            assert report.predictions == 1
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="evaluation")["Contents"]]
    assert len(keys) == 2
    assert all(re.fullmatch(r"evaluation/sessions/drift/2027/01/15/08/2/[0-9a-f]{16}-0\.json", key) for key in keys)


@pytest.mark.usefixtures("served")
def test_scored_rows_are_kept_in_the_bucket_that_the_environment_names(aws, environment):
    s3 = aws("s3")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    on = {"CAPTURE_BUCKET": "kept", "CAPTURE_SECONDS": "60", "CAPTURE_SHARE": "1"}
    pipeline = build(environment | on, clock=lambda: NOW)
    for _ in range(2):
        pipeline.run(envelopes.kinesis(envelopes.event(1)), Deadline(lambda: 60.0))
    (entry,) = s3.list_objects_v2(Bucket="kept")["Contents"]
    assert re.fullmatch(r"capture/sessions/2027/01/15/08/1/[0-9a-f]{16}-0\.parquet", entry["Key"])


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("kind", ["aws_client", "botocore"])
def test_a_large_file_of_rows_starts_the_batch_that_the_environment_names(aws, environment, recorded, kind):
    s3, states = aws("s3"), aws("stepfunctions")
    s3.create_bucket(Bucket="acme-events", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="acme-events", Key="a.jsonl", Body=b"1\n" * 2**20)
    role = aws("iam").create_role(RoleName="states", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    nothing = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    machine = states.create_state_machine(name="batch", definition=nothing, roleArn=role)["stateMachineArn"]
    event = recorded("s3")
    event["Records"][0]["s3"]["object"] = {"key": "a.jsonl", "size": 2**21}
    given = {"SCORER_CLIENT": kind, "OBJECT_MIB": "1", "BATCH_STATE_MACHINE": machine}
    pipeline = build(environment | given, write=lambda line: None)
    for _ in range(2):
        pipeline.run(event, Deadline(lambda: 60.0))
    (started,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert started["name"].startswith("object-")


def test_where_drift_and_capture_are_off_nothing_is_imported_for_them():
    code = f"""
import sys
from scorer.container import build
build({OFF})
own = "evaluation", "capture", "serving.drift", "serving.capture", "sources.large_objects"
print([name for name in sys.modules if name.startswith(own)])
"""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "functions"), "AWS_DEFAULT_REGION": "x"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "[]\n"


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("kind", ["aws_client", "botocore"])
def test_with_either_kind_of_clients_it_scores_and_picks_up_a_release(aws, environment, newer, kind):
    pipeline = build(environment | {"SCORER_CLIENT": kind, "RELEASE_POLL_SECONDS": "0"}, write=lambda line: None)
    store, scored = ModelStore(aws("s3"), "models", "sessions"), set()

    def scores_with(version):
        _, report = pipeline.run(envelopes.kinesis(envelopes.event(), b"{"), Deadline(lambda: 60.0))
        assert (report.predictions, report.failed) == (1, 0)
        queue = environment["PREDICTION_SINK_TARGET"]
        for message in aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            scored.add(json.loads(message["Body"])["model"]["version"])
        return version in scored

    assert scores_with("1")
    store.put_release(Release(store.publish(newer), "2026-01-02T03:04:06.000Z"), replacing=store.release())
    wait_for(lambda: scores_with("2"))


def test_a_client_that_is_none_is_refused(environment):
    with pytest.raises(ConfigInvalid, match="SCORER_CLIENT: expected one of aws_client, botocore"):
        build(environment | {"SCORER_CLIENT": "boto"})


def test_public_keys_that_are_none_are_refused_at_once(environment):
    with pytest.raises(ConfigInvalid, match="MODEL_PUBLIC_KEYS: expected a P-256 public key"):
        build(environment | {"MODEL_PUBLIC_KEYS": "AAAA"})


class FakeQueues:
    """An SQS client that answers each call by the script, then takes everything."""

    def __init__(self, *answers):
        self._answers, self.bodies = iter(answers), []

    def send_message_batch(self, *, QueueUrl, Entries):  # noqa: N803 - SQS's names
        if failure := next(self._answers, None):
            raise failure
        self.bodies += [json.loads(entry["MessageBody"]) for entry in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@pytest.fixture
def outside(aws):
    """All that the scorer takes from outside, in one object, and a pipeline's way to it."""

    class Outside:
        clock, queues, made = FakeClock(), FakeQueues(client_error("ThrottlingException", 400)), []

        def clients(self, service, attempts=1):
            self.made.append((service, attempts))
            return TwoSteps(self.queues if service == "sqs" else aws(service))

        def build(self, environment):
            here = {"clients": self.clients, "clock": lambda: NOW, "monotonic": self.clock}
            return build(environment, **here, random=lambda: 0.5, sleep=self.clock.sleep)

    return Outside()


def test_all_that_comes_from_outside_can_be_given(outside, environment):
    pipeline = outside.build(environment)
    pipeline.run(envelopes.kinesis(envelopes.event()), outside.clock.deadline(60.0))
    assert outside.made == [("s3", 3), ("s3", 1), ("sqs", 1)]
    assert outside.clock.slept == [0.5 * Retry().base]
    assert [body["scored_at"] for body in outside.queues.bodies] == ["2027-01-15T08:00:00.000Z"]


def test_the_release_is_polled_by_the_clock_that_was_given(outside, environment, aws):
    pipeline = outside.build(environment)
    store = ModelStore(aws("s3"), "models", "sessions")
    for seconds in (0.0, 29.0, 1.0, 0.5):
        outside.clock.now += seconds
        pipeline.run(envelopes.kinesis(envelopes.event()), outside.clock.deadline(60.0))
        if not seconds:
            second = store.publish(artifacts.artifact(version="2", seed=2))
            released = store.release()
            store.put_release(replace(released.release, champion=second), replacing=released)
    assert [body["model"]["version"] for body in outside.queues.bodies] == ["1", "1", "1", "2"]


def test_building_calls_nobody(aws, environment):
    build(environment | {"MODEL_BUCKET": "none", "PREDICTION_SINK_TARGET": "https://nowhere.example/none"})


def test_the_log_level_is_for_our_own_loggers_and_never_for_others(environment):
    before = logging.getLogger("botocore").getEffectiveLevel()
    build(environment | {"LOG_LEVEL": "DEBUG"})
    names = ("serving.models", "model_store.store", "botocore")
    levels = [logging.getLogger(name).getEffectiveLevel() for name in names]
    assert levels == [logging.DEBUG, logging.DEBUG, before]
    assert before > logging.DEBUG


def test_an_incomplete_environment_is_refused_at_once():
    with pytest.raises(ConfigInvalid, match="environment"):
        build({})
