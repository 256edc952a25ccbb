"""The clients: what AWS answers, how each fault shows, and what is committed."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from simulator import (
    Buckets,
    CallFaults,
    Function,
    FunctionFaults,
    Killed,
    KinesisClient,
    LambdaClient,
    Outage,
    Queue,
    S3Client,
    SnsClient,
    SqsClient,
    World,
)
from simulator.world import Execution
from tests.unit.simulator.conftest import Script


class Sink(list[tuple[str, bytes]]):
    """What was committed."""

    def commit(self, time: float, key: str, body: bytes) -> None:
        self.append((key, body))


def entries(count: int, size: int = 1) -> list[dict[str, Any]]:
    return [{"Data": b"x" * size, "PartitionKey": f"k{i}"} for i in range(count)]


def put(client: KinesisClient, count: int = 2, size: int = 1) -> dict[str, Any]:
    return client.put_records(StreamARN="arn", Records=entries(count, size))


def always(failure: str) -> CallFaults:
    faults: dict[str, Any] = {failure: 1.0}
    return CallFaults(**faults)


def error_of(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


# Faults.


@pytest.mark.parametrize(
    ("failure", "answer"),
    [
        ("throttle", ("LimitExceededException", 400)),
        ("server_error", ("InternalFailure", 500)),
        ("access_denied", ("AccessDeniedException", 400)),
    ],
)
def test_a_call_that_is_refused_commits_nothing(world: World, failure: str, answer: tuple[str, int]) -> None:
    sink = Sink()
    client = KinesisClient(world, sink.commit, faults=always(failure))
    assert error_of(lambda: put(client)) == answer
    assert sink == []
    assert client.counts == {"calls": 1, failure: 1}


@pytest.mark.parametrize(
    ("failure", "error", "seconds", "committed"),
    [
        ("connect_timeout", ConnectTimeoutError, 1.0, 0),
        ("read_timeout", ReadTimeoutError, 3.0, 0),
        ("late_timeout", ReadTimeoutError, 3.0, 2),
    ],
)
def test_time_outs_take_their_time_and_may_be_committed(
    world: World, failure: str, error: type[Exception], seconds: float, committed: int
) -> None:
    sink, start = Sink(), world.now
    client = KinesisClient(world, sink.commit, faults=always(failure))
    with pytest.raises(error):
        put(client)
    assert (world.now - start, len(sink)) == (seconds, committed)


def test_a_slow_call_succeeds(world: World) -> None:
    sink, start = Sink(), world.now
    put(KinesisClient(world, sink.commit, faults=CallFaults(slow=1, slow_seconds=(2, 2))))
    assert (world.now - start, len(sink)) == (2, 2)


def test_in_an_outage_every_call_fails(world: World) -> None:
    sink = Sink()
    outage = Outage(world.now, world.now + 10, "throttle")
    client = KinesisClient(world, sink.commit, faults=CallFaults(outages=(outage,)))
    assert error_of(lambda: put(client)) == ("LimitExceededException", 400)
    world.pass_time(10)
    put(client)
    assert len(sink) == 2


def test_a_client_with_attempts_tries_passing_failures_again(world: World) -> None:
    sink = Sink()
    outage = Outage(world.now, world.now + 0.001)
    client = KinesisClient(world, sink.commit, faults=CallFaults(outages=(outage,)), attempts=3)
    put(client)
    assert (len(sink), client.counts["calls"]) == (2, 2)


def test_a_client_with_attempts_does_not_repeat_a_refusal(world: World) -> None:
    client = KinesisClient(world, print, faults=CallFaults(access_denied=1), attempts=3)
    assert error_of(lambda: put(client))[0] == "AccessDeniedException"
    assert client.counts["calls"] == 1


@pytest.mark.parametrize(("kill_at", "committed"), [(1, 0), (2, 2)])
def test_a_kill_strikes_before_or_after_the_commit(world: World, kill_at: int, committed: int) -> None:
    sink = Sink()
    client = KinesisClient(world, sink.commit)
    with pytest.raises(Killed):
        world.execute(Execution(world.now + 60, kill_at), lambda: put(client))
    assert len(sink) == committed


# Kinesis.


def test_failed_entries_are_told_on_a_success(world: World) -> None:
    sink = Sink()
    client = KinesisClient(world, sink.commit, faults=CallFaults(partial=1, partial_share=0.5))
    answer = put(client, 100)
    refused = [i for i, entry in enumerate(answer["Records"]) if "ErrorCode" in entry]
    assert answer["FailedRecordCount"] == len(refused) > 20
    assert [key for key, _ in sink] == [f"k{i}" for i in range(100) if i not in refused]
    assert all({"ShardId", "SequenceNumber"} <= set(e) for i, e in enumerate(answer["Records"]) if i not in refused)


@pytest.mark.parametrize(
    ("count", "size", "code"),
    [
        (0, 1, "ValidationException"),
        (501, 1, "ValidationException"),
        (1, 1024 * 1024, "ValidationException"),  # with its key, a byte or two too many
        (11, 1024 * 1024 - 10, "InvalidArgumentException"),
    ],
)
def test_kinesis_limits(world: World, count: int, size: int, code: str) -> None:
    sink = Sink()
    assert error_of(lambda: put(KinesisClient(world, sink.commit), count, size)) == (code, 400)
    assert sink == []
    put(KinesisClient(world, sink.commit), 500, 100)
    assert len(sink) == 500


# SNS and SQS.


def publish(client: SnsClient, count: int, size: int = 1, same_id: bool = False) -> Any:
    batch = [{"Id": "0" if same_id else str(i), "Message": "é" * size} for i in range(count)]
    return client.publish_batch(TopicArn="arn", PublishBatchRequestEntries=batch)


def send(client: SqsClient, count: int, size: int = 1, same_id: bool = False) -> Any:
    batch = [{"Id": "0" if same_id else str(i), "MessageBody": "é" * size} for i in range(count)]
    return client.send_message_batch(QueueUrl="url", Entries=batch)


@pytest.mark.parametrize(
    ("make", "call", "prefix"), [(SnsClient, publish, ""), (SqsClient, send, "AWS.SimpleQueueService.")]
)
def test_batch_limits_and_failures(world: World, make: Any, call: Any, prefix: str) -> None:
    sink = Sink()
    client = make(world, sink.commit)
    assert error_of(lambda: call(client, 0)) == (prefix + "EmptyBatchRequest", 400)
    assert error_of(lambda: call(client, 11)) == (prefix + "TooManyEntriesInBatchRequest", 400)
    assert error_of(lambda: call(client, 2, same_id=True)) == (prefix + "BatchEntryIdsNotDistinct", 400)
    assert error_of(lambda: call(client, 2, 70_000)) == (prefix + "BatchRequestTooLong", 400)  # 2 bytes a character
    assert sink == []
    assert "Failed" not in call(client, 10)
    client.faults = CallFaults(partial=1, partial_share=1)
    answer = call(client, 3)
    assert [entry["Id"] for entry in answer["Failed"]] == ["0", "1", "2"]
    assert (answer["Successful"], len(sink)) == ([], 10)


def test_an_operator_at_a_queue(world: World) -> None:
    queue = Queue(world, visibility_seconds=30)
    client = SqsClient(world, queues=[queue])
    url = client.get_queue_url(QueueName="events")["QueueUrl"]
    client.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": f"m{i}"} for i in range(3)])
    received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in received) == ["m0", "m1", "m2"]
    assert received[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "0"
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "3"
    client.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
    client.delete_message_batch(QueueUrl=url, Entries=[{"Id": "0", "ReceiptHandle": received[1]["ReceiptHandle"]}])
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=received[2]["ReceiptHandle"], VisibilityTimeout=0)
    [left] = client.receive_message(QueueUrl=url)["Messages"]
    assert left["Body"] == received[2]["Body"]
    client.change_message_visibility_batch(
        QueueUrl=url, Entries=[{"Id": "0", "ReceiptHandle": left["ReceiptHandle"], "VisibilityTimeout": 5}]
    )
    assert "Messages" not in client.receive_message(QueueUrl=url)
    assert len(client.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]) == 1  # long polling
    assert error_of(lambda: client.receive_message(QueueUrl="other"))[0] == "AWS.SimpleQueueService.NonExistentQueue"


# S3.


@pytest.fixture
def s3(world: World) -> S3Client:
    return S3Client(world, Buckets(world))


def test_objects_have_versions(s3: S3Client) -> None:
    first = s3.put_object(Bucket="b", Key="k", Body=b"one")
    second = s3.put_object(Bucket="b", Key="k", Body=b"two")
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == b"two"
    assert s3.get_object(Bucket="b", Key="k", VersionId=first["VersionId"])["Body"].read() == b"one"
    s3.delete_object(Bucket="b", Key="k")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="b", Key="k")
    assert s3.get_object(Bucket="b", Key="k", VersionId=second["VersionId"])["Body"].read() == b"two"
    s3.delete_object(Bucket="b", Key="k", VersionId=first["VersionId"])
    assert error_of(lambda: s3.get_object(Bucket="b", Key="k", VersionId=first["VersionId"]))[0] == "NoSuchVersion"
    assert error_of(lambda: s3.head_object(Bucket="b", Key="k")) == ("404", 404)


def test_conditions(s3: S3Client) -> None:
    assert error_of(lambda: s3.put_object(Bucket="b", Key="k", IfMatch='"x"')) == ("NoSuchKey", 404)
    etag = s3.put_object(Bucket="b", Key="k", Body=b"one", IfNoneMatch="*")["ETag"]
    assert error_of(lambda: s3.put_object(Bucket="b", Key="k", IfNoneMatch="*")) == ("PreconditionFailed", 412)
    assert error_of(lambda: s3.put_object(Bucket="b", Key="k", IfMatch='"x"')) == ("PreconditionFailed", 412)
    assert error_of(lambda: s3.get_object(Bucket="b", Key="k", IfNoneMatch=etag)) == ("304", 304)
    assert s3.put_object(Bucket="b", Key="k", Body=b"two", IfMatch=etag)["ETag"] != etag
    assert s3.get_object(Bucket="b", Key="k", IfNoneMatch=etag)["Body"].read() == b"two"


def test_listing_and_copying(s3: S3Client) -> None:
    assert "Contents" not in s3.list_objects_v2(Bucket="b")
    for i in range(5):
        s3.put_object(Bucket="b", Key=f"a/{i}", Body=b"x" * i)
    s3.copy_object(Bucket="b", Key="b/1", CopySource={"Bucket": "b", "Key": "a/1"})
    s3.copy_object(Bucket="b", Key="b/2", CopySource="b/a/2")
    s3.delete_object(Bucket="b", Key="a/3")
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="b", Prefix="a/", MaxKeys=3))
    assert [[entry["Key"] for entry in page["Contents"]] for page in pages] == [["a/0", "a/1", "a/2"], ["a/4"]]
    assert pages[0]["Contents"][2]["Size"] == 2
    assert s3.buckets.objects("b", "b/") == {"b/1": b"x", "b/2": b"xx"}


# Lambda.


def test_invoke(world: World) -> None:
    function = Function(world, lambda: Script({"answer": 42}, ValueError("bad")), faults=FunctionFaults(recycle=0))
    client = LambdaClient(world, {"scorer": function})
    answer = client.invoke(FunctionName="scorer:live", Payload=b'{"a": 1}')
    assert (answer["Payload"].read(), "FunctionError" in answer) == (b'{"answer": 42}', False)
    answer = client.invoke(FunctionName=function.arn + ":live", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert b"bad" in answer["Payload"].read()
    function.faults = FunctionFaults(throttle=1)
    assert error_of(lambda: client.invoke(FunctionName="scorer")) == ("TooManyRequestsException", 429)
    assert error_of(lambda: client.invoke(FunctionName="other")) == ("ResourceNotFoundException", 404)
    assert error_of(lambda: client.invoke(FunctionName="scorer", Payload=b" " * 7_000_000))[1] == 413
