"""What the clients ask, and what they make of the answers."""

import base64
import json
from urllib.parse import parse_qsl

import pytest

from aws_client import Session
from aws_client.errors import ConnectionLost, NotConfigured, ServiceError, TimedOut, Unreadable
from tests.fakes.http_server import answer, closing, silent

STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/predictions"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:predictions"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/predictions"
PUT = answer(200, b'{"FailedRecordCount":0,"Records":[{"SequenceNumber":"1","ShardId":"s"}]}')
THROTTLED = answer(400, b'{"__type":"com.amazonaws.kinesis#LimitExceededException","message":"slow"}')
RECORDS = [{"Data": b"\xff{}", "PartitionKey": "ü"}]


def put(client):
    return client.put_records(StreamARN=STREAM, Records=RECORDS)


def scope(asked):
    """Region and service that a request is signed for."""
    return tuple(asked.headers["authorization"].split("/")[2:4])


def test_put_records_is_asked_in_json_and_in_the_streams_own_region(scripted):
    server, session, _ = scripted(PUT)
    answered = put(session.client("kinesis"))
    assert (answered["FailedRecordCount"], answered["Records"]) == (0, [{"SequenceNumber": "1", "ShardId": "s"}])
    assert answered["ResponseMetadata"]["HTTPStatusCode"] == 200
    (asked,) = server.asked
    assert (asked.method, asked.target, scope(asked)) == ("POST", "/", ("eu-west-1", "kinesis"))
    assert asked.headers["x-amz-target"] == "Kinesis_20131202.PutRecords"
    assert asked.headers["content-type"] == "application/x-amz-json-1.1"
    assert asked.headers["x-amz-security-token"] == "token"
    expected = {"Data": base64.b64encode(b"\xff{}").decode(), "PartitionKey": "ü"}
    assert json.loads(asked.body) == {"StreamARN": STREAM, "Records": [expected]}
    assert asked.body.isascii()


def test_a_body_that_is_made_already_is_sent_as_it_is(scripted):
    server, session, _ = scripted(PUT, PUT)
    kinesis = session.client("kinesis")
    assert kinesis.answer(kinesis.begin_encoded_put_records(b'{ "any": 1}', STREAM)())["FailedRecordCount"] == 0
    kinesis.begin_encoded_put_records(b'{ "any": 1}')()
    assert [asked.body for asked in server.asked] == [b'{ "any": 1}'] * 2
    assert [scope(asked)[0] for asked in server.asked] == ["eu-west-1", "eu-central-1"]


def test_publish_batch_is_asked_as_a_form_and_answered_in_xml(scripted):
    results = (
        b"<Successful><member><Id>0</Id><MessageId>m</MessageId></member></Successful>"
        b"<Failed><member><Id>1</Id><Code>X</Code><SenderFault>false</SenderFault></member></Failed>"
    )
    server, session, _ = scripted(
        answer(200, b'<R xmlns="http://sns/"><PublishBatchResult>%s</PublishBatchResult></R>' % results)
    )
    entries = [{"Id": "0", "Message": '{"a": "& =+%"}'}, {"Id": "1", "Message": "ü"}]
    answered = session.client("sns").publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answered["Successful"]] == ["0"]
    assert answered["Failed"] == [{"Id": "1", "Code": "X", "SenderFault": "false"}]
    (asked,) = server.asked
    assert scope(asked) == ("eu-west-1", "sns")
    assert dict(parse_qsl(asked.body.decode())) == {
        "Action": "PublishBatch",
        "Version": "2010-03-31",
        "TopicArn": TOPIC,
        "PublishBatchRequestEntries.member.1.Id": "0",
        "PublishBatchRequestEntries.member.1.Message": '{"a": "& =+%"}',
        "PublishBatchRequestEntries.member.2.Id": "1",
        "PublishBatchRequestEntries.member.2.Message": "ü",
    }


def test_send_message_batch_is_asked_and_answered_in_json(scripted):
    server, session, _ = scripted(answer(200, b'{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"X"}]}'))
    entries = [{"Id": "0", "MessageBody": "{}"}, {"Id": "1", "MessageBody": "ü"}]
    answered = session.client("sqs").send_message_batch(QueueUrl=QUEUE, Entries=entries)
    assert (answered["Successful"], answered["Failed"]) == ([{"Id": "0"}], [{"Id": "1", "Code": "X"}])
    (asked,) = server.asked
    assert (asked.target, scope(asked)) == ("/", ("eu-central-1", "sqs"))
    assert asked.headers["x-amz-target"] == "AmazonSQS.SendMessageBatch"
    assert asked.headers["content-type"] == "application/x-amz-json-1.0"
    assert json.loads(asked.body) == {"QueueUrl": QUEUE, "Entries": entries}


def test_an_object_is_asked_for_by_its_version_and_its_etag(scripted):
    headers = {"ETag": '"e"', "x_amz_version_id": "v+/=", "Content_Type": "text/plain"}
    server, session, _ = scripted(answer(200, b"body", **headers))
    answered = session.client("s3").get_object(Bucket="models", Key="a b/ü+%", VersionId="v+/=", IfNoneMatch='"x"')
    assert answered["Body"].read() == b"body"
    members = (answered[name] for name in ("ETag", "VersionId", "ContentLength", "ContentType"))
    assert tuple(members) == ('"e"', "v+/=", 4, "text/plain")
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("GET", "/models/a%20b/%C3%BC%2B%25?versionId=v%2B%2F%3D")
    assert (asked.headers["if-none-match"], scope(asked)) == ('"x"', ("eu-central-1", "s3"))


def test_an_object_is_put_on_conditions(scripted):
    server, session, _ = scripted(answer(200, ETag='"e"', x_amz_version_id="v"))
    answered = session.client("s3").put_object(
        Bucket="failures", Key="k", Body=b"\x00", ContentType="text/plain", IfNoneMatch="*", IfMatch='"m"'
    )
    assert (answered["ETag"], answered["VersionId"]) == ('"e"', "v")
    (asked,) = server.asked
    assert (asked.method, asked.target, asked.body) == ("PUT", "/failures/k", b"\x00")
    conditions = (asked.headers[name] for name in ("content-type", "if-match", "if-none-match"))
    assert tuple(conditions) == ("text/plain", '"m"', "*")


def test_the_head_of_an_object_is_asked_for(scripted):
    server, session, _ = scripted(answer(200, ETag='"e"').replace(b"content-length: 0", b"content-length: 7"))
    answered = session.client("s3").head_object(Bucket="models", Key="k")
    assert (answered["ContentLength"], answered["ETag"], server.asked[0].method) == (7, '"e"', "HEAD")


def test_the_keys_below_a_prefix_are_asked_for_page_by_page(scripted):
    page = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>n/+</NextContinuationToken>"
        b"<Contents><Key>a+b%2F%C3%BC</Key><ETag>e</ETag><Size>7</Size></Contents></ListBucketResult>"
    )
    last = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    server, session, _ = scripted(answer(200, page), answer(200, last))
    s3 = session.client("s3")
    first = s3.list_objects_v2(Bucket="models", Prefix="a b/")
    assert (first["IsTruncated"], first["NextContinuationToken"]) == (True, "n/+")
    assert first["Contents"] == [{"Key": "a b/ü", "ETag": "e", "Size": 7}]
    rest = s3.list_objects_v2(Bucket="models", Prefix="a b/", ContinuationToken="n/+")
    assert (rest["IsTruncated"], "Contents" in rest, "NextContinuationToken" in rest) == (False, False, False)
    queries = [asked.target.partition("?") for asked in server.asked]
    assert {path for path, _, _ in queries} == {"/models"}
    assert sorted(queries[1][2].split("&")) == [
        "continuation-token=n%2F%2B", "encoding-type=url", "list-type=2", "prefix=a%20b%2F"
    ]  # fmt: skip


def test_a_range_of_an_object_is_asked_for(scripted):
    server, session, _ = scripted(answer(206, b"cd", ETag='"e"'))
    answered = session.client("s3").get_object(Bucket="models", Key="k", Range="bytes=2-3", IfMatch='"e"')
    assert (answered["Body"].read(), server.asked[0].headers["range"]) == (b"cd", "bytes=2-3")


def test_the_versions_below_a_prefix_are_asked_for_page_by_page(scripted):
    version = (
        b"<Version><Key>a+b%2F%C3%BC</Key><VersionId>v</VersionId><IsLatest>true</IsLatest><ETag>e</ETag><Size>7</Size>"
        b"<LastModified>2026-11-21T12:00:00.000Z</LastModified></Version><DeleteMarker><Key>gone</Key></DeleteMarker>"
    )
    page = (
        b"<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
        b"<NextKeyMarker>a+b%2F%C3%BC</NextKeyMarker>"
        b"<NextVersionIdMarker>v</NextVersionIdMarker>" + version + b"</ListVersionsResult>"
    )
    last = b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"
    server, session, _ = scripted(answer(200, page), answer(200, last))
    s3 = session.client("s3")
    first = s3.list_object_versions(Bucket="models", Prefix="a b/")
    assert (first["IsTruncated"], first["NextKeyMarker"], first["NextVersionIdMarker"]) == (True, "a b/ü", "v")
    assert first["Versions"] == [
        {"Key": "a b/ü", "VersionId": "v", "ETag": "e", "Size": 7, "IsLatest": True,
         "LastModified": "2026-11-21T12:00:00.000Z"},
    ]  # fmt: skip
    rest = s3.list_object_versions(Bucket="models", Prefix="a b/", KeyMarker="a b/ü", VersionIdMarker="v")
    assert (rest["IsTruncated"], rest["Versions"]) == (False, [])
    assert sorted(server.asked[1].target.partition("?")[2].split("&")) == [
        "encoding-type=url", "key-marker=a%20b%2F%C3%BC", "prefix=a%20b%2F", "version-id-marker=v", "versions="
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<ListVersionsResult/>", b"<ListVersionsResult>"])
def test_what_is_no_page_of_versions_is_unreadable(scripted, body):
    _, session, _ = scripted(answer(200, body))
    with pytest.raises(Unreadable):
        session.client("s3").list_object_versions(Bucket="models")


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<ListBucketResult/>", b"<ListBucketResult>"])
def test_what_is_no_page_of_keys_is_unreadable(scripted, body):
    _, session, _ = scripted(answer(200, body))
    with pytest.raises(Unreadable):
        session.client("s3").list_objects_v2(Bucket="models")


ERROR = b"<Error><Code>%s</Code><Message>why</Message></Error>"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, ERROR % b"NoSuchKey", "NoSuchKey"),
        (412, ERROR % b"PreconditionFailed", "PreconditionFailed"),
        (304, b"", "304"),
        (503, b"<html>busy</html>", "503"),
        (500, b"{", "500"),
        (301, ERROR % b"PermanentRedirect", "PermanentRedirect"),
    ],
)
def test_an_error_of_s3_has_its_code_and_status(scripted, status, body, code):
    _, session, _ = scripted(answer(status, body))
    with pytest.raises(session.client("s3").exceptions.ClientError) as caught:
        session.client("s3").get_object(Bucket="models", Key="k")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_error_of_sqs_has_the_code_of_its_reference(scripted):
    body = b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}'
    _, session, _ = scripted(answer(400, body, x_amzn_query_error="AWS.SimpleQueueService.NonExistentQueue;Sender"))
    with pytest.raises(ServiceError) as caught:
        session.client("sqs").send_message_batch(QueueUrl=QUEUE, Entries=[])
    assert caught.value.response["Error"] == {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": "none"}


CALLS = {
    "kinesis": put,
    "sns": lambda client: client.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=[]),
    "sqs": lambda client: client.send_message_batch(QueueUrl=QUEUE, Entries=[]),
    "firehose": lambda client: client.put_record_batch(DeliveryStreamName="n", Records=[]),
    "events": lambda client: client.put_events(Entries=[]),
    "dynamodb": lambda client: client.put_item(TableName="n", Item={}),
    "s3": lambda client: client.put_object(Bucket="b", Key="k", Body=b""),
    "stepfunctions": lambda client: client.start_execution(stateMachineArn="m", name="n", input="{}"),
}


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("body", [b"", b"OK", b"{", b"[]", b"null", b"5", b'"x"', b"<html/>", b"<x", b"\xff"], ids=repr)
def test_an_answer_that_is_none_of_the_service_is_unreadable(scripted, service, body):
    """Whatever lies between the scorer and AWS may answer in its place, with HTTP 200."""
    _, session, _ = scripted(answer(200, body))
    with pytest.raises(Unreadable):
        CALLS[service](session.client(service))


@pytest.mark.parametrize(
    ("service", "body"),
    [
        ("kinesis", b'{"Records": 5}'),
        ("kinesis", b'{"Records": {}}'),
        ("kinesis", b'{"Records": [5]}'),
        ("kinesis", b'{"Records": [{"SequenceNumber": ["1"]}]}'),
        ("kinesis", b'{"Records": [], "FailedRecordCount": "many"}'),
        ("firehose", b'{"RequestResponses": 5}'),
        ("firehose", b'{"RequestResponses": [], "FailedPutCount": "many"}'),
        ("events", b'{"Entries": [{"EventId": ["1"]}]}'),
        ("events", b'{"Entries": [], "FailedEntryCount": {}}'),
        ("dynamodb", b'{"ConsumedCapacity": 5}'),
        ("stepfunctions", b'{"executionArn": 5}'),
        ("sqs", b'{"Successful": [{"Id": {}}]}'),
        ("sqs", b'{"Failed": "0"}'),
        ("sqs", b'{"Successful":' + b"[" * 100_000),
        ("sns", b"<R>" * 100_000),
        ("sns", b"<PublishBatchResult/>"),
        ("sns", b'<?xml version="1.0" encoding="nonsense"?><R/>'),
        ("sns", b'<!DOCTYPE x [<!ENTITY a "x">]><R>&b;</R>'),
    ],
)
def test_members_of_another_shape_are_unreadable(scripted, service, body):
    _, session, _ = scripted(answer(200, body))
    with pytest.raises(Unreadable):
        CALLS[service](session.client(service))


@pytest.mark.parametrize(
    "raw",
    [
        answer(200, b"login here"),
        answer(200, b"1\r\nx\r\n0\r\n\r\n", transfer_encoding="chunked", etag='"e"'),
    ],
    ids=["no ETag", "no length"],
)
def test_an_object_without_what_s3_always_tells_is_unreadable(scripted, raw):
    _, session, _ = scripted(raw)
    with pytest.raises(Unreadable):
        session.client("s3").get_object(Bucket="models", Key="k")


def test_an_object_that_is_not_read_costs_its_connection_and_no_more(scripted):
    server, session, _ = scripted(answer(200, b"large", etag='"e"'), answer(200, b"body", etag='"e"'))
    s3 = session.client("s3")
    s3.get_object(Bucket="models", Key="k")["Body"].close()
    assert s3.get_object(Bucket="models", Key="k")["Body"].read() == b"body"
    assert server.connections == 2


def test_a_call_is_tried_once_unless_it_is_told_otherwise(scripted):
    server, session, slept = scripted(THROTTLED)
    with pytest.raises(ServiceError, match="LimitExceededException"):
        put(session.client("kinesis"))
    assert (len(server.asked), slept) == (1, [])


@pytest.mark.parametrize("failure", [THROTTLED, answer(503), closing(), b"garbage\n", answer(429)], ids=repr)
def test_what_may_pass_is_tried_again_with_full_jitter(scripted, failure):
    server, session, slept = scripted(failure, failure, PUT)
    assert put(session.client("kinesis", attempts=3))["FailedRecordCount"] == 0
    assert (len(server.asked), slept) == (3, [0.5, 1.0])
    assert len({asked.body for asked in server.asked}) == 1


def test_the_last_failure_is_raised(scripted):
    server, session, slept = scripted(closing(), closing(), THROTTLED)
    with pytest.raises(ServiceError, match="LimitExceededException"):
        put(session.client("kinesis", attempts=3))
    assert (len(server.asked), len(slept)) == (3, 2)


def test_what_will_not_pass_is_not_tried_again(scripted):
    server, session, slept = scripted(answer(400, b'{"__type":"AccessDeniedException"}'))
    with pytest.raises(ServiceError, match="AccessDeniedException"):
        put(session.client("kinesis", attempts=3))
    assert (len(server.asked), slept) == (1, [])


@pytest.mark.parametrize(
    ("step", "error"), [(silent(), TimedOut), (silent(PUT[:-5]), TimedOut), (closing(PUT[:-5]), ConnectionLost)]
)
def test_no_answer_is_told_apart_by_its_kind(scripted, step, error):
    _, session, _ = scripted(step, read_seconds=0.2)
    with pytest.raises(error):
        put(session.client("kinesis"))


def test_credentials_are_read_for_each_call(scripted, environment):
    server, session, _ = scripted(PUT, PUT)
    kinesis = session.client("kinesis")
    put(kinesis)
    environment |= {"AWS_ACCESS_KEY_ID": "SECOND", "AWS_SESSION_TOKEN": ""}
    put(kinesis)
    first, second = server.asked
    assert "Credential=AKIDEXAMPLE/" in first.headers["authorization"]
    assert "Credential=SECOND/" in second.headers["authorization"]
    assert "x-amz-security-token" not in second.headers


def test_without_credentials_nothing_is_sent_or_tried_again(scripted, environment):
    server, session, slept = scripted()
    del environment["AWS_SECRET_ACCESS_KEY"]
    with pytest.raises(NotConfigured, match="AWS_SECRET_ACCESS_KEY"):
        put(session.client("kinesis", attempts=3))
    assert (server.connections, slept) == (0, [])


def test_without_a_region_there_is_no_client(environment):
    del environment["AWS_REGION"]
    with pytest.raises(NotConfigured, match="AWS_REGION"):
        Session(1.0, 3.0, environment=environment).client("s3")


def test_nothing_that_was_sent_is_in_an_error_or_a_log(scripted, caplog):
    caplog.set_level("DEBUG")
    _, session, _ = scripted(
        answer(400, b'{"__type":"X","message":"m"}'), closing(), closing(), answer(200, b"garbage")
    )
    shown = []
    for _ in range(3):
        with pytest.raises((ServiceError, ConnectionLost, Unreadable)) as caught:
            session.client("kinesis").put_records(
                StreamARN=STREAM, Records=[{"Data": b"payload", "PartitionKey": "the-key"}]
            )
        shown.append(f"{caught.value!r} {caught.value}")
    for secret in ("secret", "token", "AKIDEXAMPLE", "payload", base64.b64encode(b"payload").decode(), "the-key"):
        assert secret not in "".join(shown) + caplog.text
