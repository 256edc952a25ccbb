"""The same answers, read by botocore and by our own clients: the same members, or the same error."""

import json
from typing import Any
from urllib.parse import parse_qs

import botocore.session
import pytest
from botocore.config import Config

from aws_client.errors import answered, error_code, is_failed_call, may_pass, status
from tests.fakes.http_server import answer, closing

STREAM = "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:predictions"
BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/predictions"
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:mill-batch"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/predictions"
CALLS = {
    "put_records": ("kinesis", {"StreamARN": STREAM, "Records": [{"Data": b"\xff{}", "PartitionKey": "ü"}]}),
    "publish_batch": (
        "sns",
        {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": str(i), "Message": "{&=ü}"} for i in range(3)]},
    ),
    "send_message_batch": (
        "sqs",
        {"QueueUrl": QUEUE, "Entries": [{"Id": str(i), "MessageBody": "{&=ü}"} for i in range(3)]},
    ),
    "put_record_batch": ("firehose", {"DeliveryStreamName": "predictions", "Records": [{"Data": b"\xff{}"}] * 2}),
    "put_events": (
        "events",
        {"Entries": [{"EventBusName": BUS, "Source": "millrace", "DetailType": "Prediction", "Detail": '{"a": "ü"}'}]},
    ),
    "put_item": (
        "dynamodb",
        {
            "TableName": "predictions",
            "Item": {"prediction_id": {"S": "ü"}},
            "ConditionExpression": "attribute_not_exists(prediction_id)",
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    "start_execution": ("stepfunctions", {"stateMachineArn": MACHINE, "name": "run", "input": '{"a": "\\u00fc"}'}),
    "get_object": (
        "s3",
        {"Bucket": "models", "Key": "a b/ü", "VersionId": "v", "IfNoneMatch": '"e"', "Range": "bytes=1-2"},
    ),
    "head_object": ("s3", {"Bucket": "models", "Key": "a b/ü"}),
    "put_object": ("s3", {"Bucket": "models", "Key": "a b/ü", "Body": b"\xff", "IfMatch": '"e"'}),
    "list_objects_v2": ("s3", {"Bucket": "models", "Prefix": "a b/ü+", "ContinuationToken": "t+/="}),
}
# What both must send alike, beside the body: the rest is the signature's, or what botocore says about itself.
HEADERS = (
    "content-type",
    "host",
    "if-match",
    "if-none-match",
    "range",
    "x-amz-checksum-crc32",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-target",
    "x-amzn-query-mode",
)
# What the scorer and the model store look at.
MEMBERS = (
    "Records", "FailedRecordCount", "Successful", "Failed", "Body", "ContentLength", "ETag", "VersionId",
    "Contents", "IsTruncated", "NextContinuationToken", "RequestResponses", "FailedPutCount", "Entries",
    "FailedEntryCount", "ConsumedCapacity", "executionArn",
)  # fmt: skip


@pytest.fixture(scope="module")
def botocore_session():
    """One for all tests: it reads the services' models once, which takes a second."""
    return botocore.session.get_session()


@pytest.fixture
def both(scripted, environment, botocore_session):
    """Makes one call with either client, on the same answer: what came of it, and the two requests."""

    def make(operation, step):
        server, session, _ = scripted(step, step)
        service, arguments = CALLS[operation]
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        theirs = botocore_session.create_client(
            service,
            region_name="eu-central-1",
            endpoint_url=server.url,
            config=config,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=environment["AWS_SESSION_TOKEN"],
        )
        outcomes = [outcome(client, operation, arguments) for client in (session.client(service), theirs)]
        theirs.close()
        return outcomes, server.asked

    return make


def outcome(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """The members of an answer that the scorer looks at, or what it makes of an error."""
    try:
        result = getattr(client, operation)(**arguments)
        return {name: plain(result[name]) for name in MEMBERS if result.get(name)}
    except Exception as error:
        if not is_failed_call(error):
            raise
        return answered(error), may_pass(error), error_code(error), status(error)


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [{name: str(member).lower() for name, member in entry.items()} for entry in value]
    return value.read() if hasattr(value, "read") else value


def put_records(*results: str) -> bytes:
    failed = sum("ErrorCode" in result for result in results)
    return f'{{"FailedRecordCount":{failed},"EncryptionType":"KMS","Records":[{",".join(results)}]}}'.encode()


KEPT = '{"SequenceNumber":"1","ShardId":"shardId-0"}'
THROTTLED = '{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"Rate exceeded"}'
BATCH = (
    b'<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
    b"<Successful><member><Id>0</Id><MessageId>m</MessageId></member>"
    b"<member><Id>2</Id><MessageId>n</MessageId></member></Successful>"
    b"<Failed><member><Id>1</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member></Failed>"
    b"</PublishBatchResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishBatchResponse>"
)
SENT = (
    b'{"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"d"}],'
    b'"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false,"Message":"x"}]}'
)
OBJECT = {"ETag": '"e"', "x_amz_version_id": "v+/=", "Last_Modified": "Fri, 20 Nov 2026 10:00:00 GMT"}
LISTING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>models</Name><Prefix>a+b/%C3%BC%2B</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>"
    "<EncodingType>url</EncodingType><IsTruncated>{}</IsTruncated>{}</ListBucketResult>"
)
LISTED = (
    "<NextContinuationToken>n+/=</NextContinuationToken>"
    "<Contents><Key>a+b/%C3%BC%2B1%0A</Key><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents>"
    "<Contents><Key>a+b/%C3%BC%2B2</Key><ETag>&quot;f&quot;</ETag><Size>0</Size></Contents>"
)
XML_ERROR = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>why</Message></Error>'
QUERY_ERROR = (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>{}</Code>'
    "<Message>why</Message></Error><RequestId>r</RequestId></ErrorResponse>"
)


def json_error(code: str, message: str = "message") -> bytes:
    return f'{{"__type":"{code}","{message}":"why"}}'.encode()


ANSWERS = [
    ("put_records", answer(200, put_records(KEPT))),
    ("put_records", answer(200, put_records(KEPT, THROTTLED))),
    ("put_records", answer(200, b"{}")),
    ("put_records", answer(200, b'{"Records":null,"FailedRecordCount":null}')),
    ("put_records", answer(400, json_error("LimitExceededException"))),
    ("put_records", answer(400, json_error("com.amazonaws.kinesis#ResourceNotFoundException", "Message"))),
    ("put_records", answer(400, json_error("AccessDeniedException:http://internal.amazon.com/"))),
    ("put_records", answer(400, json_error("KMSThrottlingException"))),
    ("put_records", answer(413, b"")),
    ("put_records", answer(400, b"{}")),
    ("put_records", answer(500, json_error("InternalFailure"))),
    ("put_records", answer(503, b"")),
    ("put_records", answer(502, b"<html><body>Bad Gateway</body></html>")),
    ("put_records", answer(429, b"not JSON")),
    ("publish_batch", answer(200, BATCH)),
    ("publish_batch", answer(400, QUERY_ERROR.format("Throttling").encode())),
    ("publish_batch", answer(403, QUERY_ERROR.format("AuthorizationError").encode())),
    ("publish_batch", answer(500, QUERY_ERROR.format("InternalError").encode())),
    ("publish_batch", answer(503, b"")),
    ("publish_batch", answer(503, b"<html>busy</html>")),
    ("send_message_batch", answer(200, SENT)),
    ("send_message_batch", answer(200, b"{}")),
    ("send_message_batch", answer(400, json_error("com.amazonaws.sqs#QueueDoesNotExist"))),
    (
        "send_message_batch",
        answer(
            400,
            json_error("com.amazonaws.sqs#QueueDoesNotExist"),
            x_amzn_query_error="AWS.SimpleQueueService.NonExistentQueue;Sender",
        ),
    ),
    ("send_message_batch", answer(403, json_error("RequestThrottled"), x_amzn_query_error="RequestThrottled;Sender")),
    ("send_message_batch", answer(503, b"")),
    ("put_record_batch", answer(200, b'{"FailedPutCount":1,"RequestResponses":[{"RecordId":"r"},{"ErrorCode":"E"}]}')),
    ("put_record_batch", answer(400, json_error("com.amazonaws.firehose#ServiceUnavailableException"))),
    ("put_record_batch", answer(400, json_error("ResourceNotFoundException"))),
    ("put_record_batch", answer(503, b"")),
    ("put_events", answer(200, b'{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}')),
    ("put_events", answer(200, b'{"FailedEntryCount":1,"Entries":[{"ErrorCode":"E","ErrorMessage":"m"}]}')),
    ("put_events", answer(400, json_error("ThrottlingException"))),
    ("put_events", answer(500, json_error("InternalException"))),
    ("put_item", answer(200, b'{"ConsumedCapacity":{"TableName":"predictions","CapacityUnits":1.0}}')),
    ("put_item", answer(200, b"{}")),
    ("put_item", answer(400, json_error("com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"))),
    ("put_item", answer(400, json_error("com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"))),
    ("put_item", answer(400, json_error("com.amazon.coral.availability#ThrottlingException"))),
    ("put_item", answer(500, json_error("com.amazonaws.dynamodb.v20120810#InternalServerError"))),
    ("start_execution", answer(200, b'{"executionArn":"arn:run","startDate":1.8E9}')),
    ("start_execution", answer(400, json_error("ExecutionAlreadyExists"))),
    ("start_execution", answer(400, json_error("com.amazon.coral.availability#ThrottlingException"))),
    ("start_execution", answer(500, b"")),
    ("get_object", answer(200, b"\x00body", **OBJECT)),
    ("get_object", answer(200, b"", **OBJECT)),
    ("get_object", answer(304, ETag='"e"')),
    ("get_object", answer(404, XML_ERROR.format("NoSuchKey").encode())),
    ("get_object", answer(404, XML_ERROR.format("NoSuchVersion").encode())),
    ("get_object", answer(405, XML_ERROR.format("MethodNotAllowed").encode())),
    ("get_object", answer(400, XML_ERROR.format("InvalidArgument").encode())),
    ("get_object", answer(403, XML_ERROR.format("AccessDenied").encode())),
    ("get_object", answer(503, XML_ERROR.format("SlowDown").encode())),
    ("get_object", closing(answer(200, b"cut off", **OBJECT)[:-3])),
    ("head_object", answer(200, b"", **OBJECT).replace(b"content-length: 0", b"content-length: 9")),
    ("head_object", answer(404, b"")),
    ("head_object", answer(403, b"")),
    ("put_object", answer(200, b"", **OBJECT)),
    ("put_object", answer(412, XML_ERROR.format("PreconditionFailed").encode())),
    ("put_object", answer(409, XML_ERROR.format("ConditionalRequestConflict").encode())),
    ("put_object", answer(400, XML_ERROR.format("RequestTimeout").encode())),
    ("put_object", answer(500, XML_ERROR.format("InternalError").encode())),
    ("list_objects_v2", answer(200, LISTING.format("true", LISTED).encode())),
    ("list_objects_v2", answer(200, LISTING.format("false", "").encode())),
    ("list_objects_v2", answer(404, XML_ERROR.format("NoSuchBucket").encode())),
    ("list_objects_v2", answer(503, XML_ERROR.format("SlowDown").encode())),
    *((operation, closing()) for operation in CALLS),
    *((operation, b"SSH-2.0-none\r\n\r\n") for operation in CALLS),
]


@pytest.mark.parametrize(
    ("operation", "step"), ANSWERS, ids=[f"{operation} {i}" for i, (operation, _) in enumerate(ANSWERS)]
)
def test_both_read_an_answer_alike(both, operation, step):
    (ours, theirs), _ = both(operation, step)
    assert ours == theirs


@pytest.mark.parametrize("operation", CALLS)
def test_both_ask_the_same_of_the_same(both, operation):
    """Up to what botocore says about itself, its check of what S3 sends, and the order of members and parameters."""
    _, (ours, theirs) = both(operation, closing(answer(200, b"{}", etag="e")))
    assert (ours.method, sorted(parameters(ours))) == (theirs.method, sorted(parameters(theirs)))
    for name in HEADERS:
        assert ours.headers.get(name) == theirs.headers.get(name), name
    ours_scope, theirs_scope = (asked.headers["authorization"].split("/")[2:4] for asked in (ours, theirs))
    assert ours_scope == theirs_scope
    assert members(ours) == members(theirs)


def parameters(asked: Any) -> list[str]:
    """The path, and each parameter of the query."""
    path, _, query = asked.target.partition("?")
    return [path, *query.split("&")]


def members(asked: Any) -> Any:

    body = asked.body.decode("latin-1")
    if "amz-content" in asked.headers["authorization"]:  # S3
        return body
    return json.loads(body) if body.startswith("{") else parse_qs(body, strict_parsing=bool(body))
