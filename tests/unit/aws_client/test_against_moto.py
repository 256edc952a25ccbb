"""The sinks, the quarantine and the model store with our own clients, and botocore's, on AWS in memory."""

import json
import os

import pytest

from aws_client import Session
from model_store.errors import ArtifactRefused, ReleaseConflict, ReleaseMissing
from model_store.release import Release
from model_store.store import ModelStore
from records.faults import Code, Fault
from records.rejected import Rejected
from scorer.botocore_clients import BotocoreSession
from sinks.dynamodb import DynamoDbSink
from sinks.errors import SinkRefused
from sinks.firehose import FirehoseSink
from sinks.kinesis import KinesisSink
from sinks.messages import Message
from sinks.quarantine import Quarantine
from sinks.sns import SnsSink
from sinks.sqs import SqsSink
from tests.fakes import envelopes
from tests.fakes.envelopes import read
from tests.fakes.moto_server import moto_server
from tests.fakes.sink import send

MESSAGES = [Message(f"key-{i} ü", b'{"score":%d,"label":"a & b = 100%%"}' % i) for i in range(3)]


@pytest.fixture(params=["aws_client", "botocore"])
def client(aws, request, monkeypatch):
    """Makes our own clients of what `aws` makes botocore's of, and the adapted ones of botocore."""
    with moto_server() as url:
        environment = {**os.environ, "AWS_ENDPOINT_URL": url}
        if request.param == "botocore":
            monkeypatch.setenv("AWS_ENDPOINT_URL", url)
            yield BotocoreSession(1.0, 30.0, environment).client
            return
        session = Session(1.0, 30.0, environment=environment)
        yield session.client
        session.close()


def test_predictions_reach_a_stream(aws, client):
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="predictions", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="predictions")["StreamDescription"]["StreamARN"]
    assert send(KinesisSink(client("kinesis"), arn), MESSAGES) == []
    shard = kinesis.list_shards(StreamName="predictions")["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName="predictions", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [(record["PartitionKey"], record["Data"]) for record in records] == MESSAGES


def test_predictions_reach_a_queue(aws, client):
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="predictions")["QueueUrl"]
    assert send(SqsSink(client("sqs"), url), MESSAGES) == []
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"].encode() for message in received] == [message.body for message in MESSAGES]


def test_predictions_reach_a_topic(aws, client):
    sns, sqs = aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="predictions")["TopicArn"]
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    assert send(SnsSink(client("sns"), topic), MESSAGES) == []
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"].encode() for message in received) == [message.body for message in MESSAGES]


def test_predictions_reach_a_table_once(aws, client):
    dynamodb = aws("dynamodb")
    made = dynamodb.create_table(
        TableName="predictions",
        AttributeDefinitions=[{"AttributeName": "prediction_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "prediction_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    sink = DynamoDbSink(client("dynamodb"), made["TableDescription"]["TableArn"])
    message = Message("key ü", b'{"prediction_id":"%064x","score":1}' % 7)
    assert send(sink, [message]) == []
    assert send(sink, [message._replace(body=message.body.replace(b"1}", b"2}"))]) == []
    (item,) = dynamodb.scan(TableName="predictions")["Items"]
    assert item == {
        "prediction_id": {"S": f"{7:064x}"},
        "partition_key": {"S": "key ü"},
        "prediction": {"S": message.body.decode()},
    }


def test_predictions_reach_a_bucket_as_lines(aws, s3, client):
    made = aws("firehose").create_delivery_stream(
        DeliveryStreamName="predictions",
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/deliver",
            "BucketARN": "arn:aws:s3:::models",
            "Prefix": "predictions/",
        },
    )
    assert send(FirehoseSink(client("firehose"), made["DeliveryStreamARN"].rpartition("/")[2]), MESSAGES) == []
    (listed,) = s3.list_objects_v2(Bucket="models", Prefix="predictions/")["Contents"]
    body = s3.get_object(Bucket="models", Key=listed["Key"])["Body"].read()
    assert body.splitlines() == [message.body for message in MESSAGES]


@pytest.mark.parametrize(
    ("service", "make", "target"),
    [
        ("kinesis", KinesisSink, "arn:aws:kinesis:eu-central-1:123456789012:stream/none"),
        ("sns", SnsSink, "arn:aws:sns:eu-central-1:123456789012:none"),
        ("sqs", SqsSink, "https://sqs.eu-central-1.amazonaws.com/123456789012/none"),
    ],
)
def test_a_sink_that_does_not_exist_refuses(client, service, make, target):
    with pytest.raises(SinkRefused, match=r"NotFound|NonExistentQueue"):
        send(make(client(service), target), MESSAGES)


def test_rejected_records_reach_a_bucket(s3, client, clock):
    records = read(envelopes.kinesis(b"\xff1", b"2")).records
    rejected = [Rejected(record, Fault(Code.INVALID_UTF8, "", "expected UTF-8")) for record in records]
    quarantine = Quarantine(client("s3"), "models", "quarantine/")
    assert quarantine.put(rejected, 1_800_000_000.0, clock.deadline(60)) == []
    (listed,) = s3.list_objects_v2(Bucket="models", Prefix="quarantine/2023/11/14/")["Contents"]
    stored = s3.get_object(Bucket="models", Key=listed["Key"])
    assert stored["ContentType"] == "application/x-ndjson"
    assert [json.loads(line)["code"] for line in stored["Body"].read().splitlines()] == ["INVALID_UTF8"] * 2
    missing = Quarantine(client("s3"), "none", "quarantine/")
    assert missing.put(rejected, 1_800_000_000.0, clock.deadline(60)) == records


def test_a_release_is_written_and_read_on_conditions(s3, client, artifact):
    ours, theirs = (ModelStore(made, "models", "sessions") for made in (client("s3"), s3))
    with pytest.raises(ReleaseMissing):
        ours.release()
    release = Release(ours.publish(artifact), "2026-01-02T03:04:05.000Z")
    ours.put_release(release, replacing=None)
    stored = ours.release()
    assert stored == theirs.release()
    assert stored.release == release
    assert ours.release(unless=stored.etag) is None
    with pytest.raises(ReleaseConflict):
        ours.put_release(Release(release.champion, "later"), replacing=None)


def test_an_artifact_is_read_at_its_own_versions(s3, client, artifact):
    store = ModelStore(client("s3"), "models", "sessions")
    pointer = store.publish(artifact)
    assert store.publish(artifact) == pointer, "the same bytes again are fine"
    assert store.artifact(pointer) == artifact
    assert store.pointer(artifact.manifest.version) == pointer
    s3.delete_object(Bucket="models", Key=f"models/sessions/1/{artifact.manifest.file.name}")
    assert store.artifact(pointer) == artifact, "a deletion hides only the latest"
    s3.delete_object(
        Bucket="models", Key=f"models/sessions/1/{artifact.manifest.file.name}", VersionId=pointer.model_version_id
    )
    with pytest.raises(ArtifactRefused, match="existence check"):
        store.artifact(pointer)


def test_an_object_that_is_too_large_is_refused_unread(s3, client):
    s3.put_object(Bucket="models", Key="models/sessions/release.json", Body=b" " * (64 * 1024 + 1))
    with pytest.raises(ArtifactRefused, match="size check: release: expected at most 65536 bytes"):
        ModelStore(client("s3"), "models", "sessions").release()


def test_a_bucket_is_listed_page_by_page(s3, client):
    keys = sorted(f"a b/{i:04} ü+%&" for i in range(1_001))
    for key in [*keys, "elsewhere"]:
        s3.put_object(Bucket="models", Key=key, Body=b"x")
    ours = client("s3")
    first = ours.list_objects_v2(Bucket="models", Prefix="a b/")
    assert first["IsTruncated"]
    rest = ours.list_objects_v2(Bucket="models", Prefix="a b/", ContinuationToken=first["NextContinuationToken"])
    assert not rest["IsTruncated"]
    assert [entry["Key"] for page in (first, rest) for entry in page["Contents"]] == keys
    assert ours.list_objects_v2(Bucket="models", Prefix="nothing").get("Contents") is None


def test_versions_are_listed_and_read_in_ranges(s3, client):
    keys = sorted(f"a b/{i:04} ü+%&" for i in range(20))
    for text in ("old", "newer"):
        for key in keys:
            s3.put_object(Bucket="models", Key=key, Body=text.encode())
    ours = client("s3")
    found = ours.list_object_versions(Bucket="models", Prefix="a b/")["Versions"]
    assert sorted(entry["Key"] for entry in found if entry["IsLatest"]) == keys
    assert len({(entry["Key"], entry["VersionId"]) for entry in found}) == 40
    latest = next(entry for entry in found if entry["IsLatest"])
    read = ours.get_object(Bucket="models", Key=latest["Key"], VersionId=latest["VersionId"], Range="bytes=1-3")
    assert read["Body"].read() == b"ewe"
