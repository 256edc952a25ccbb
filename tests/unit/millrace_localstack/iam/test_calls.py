"""The permissions that each operation takes."""

from typing import Any

import pytest

from millrace_localstack.plugin.iam.calls import ServiceCall, permissions
from millrace_localstack.plugin.iam.policy import Permission, Principal
from millrace_localstack.plugin.iam.refusal import refusal
from millrace_localstack.plugin.kinesis.iterators import Position

ACCOUNT = "000000000000"
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/events"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:events"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"
CHANGES = f"{TABLE}/stream/2026-11-28T00:00:00.000"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:flow"
RUN = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:flow:run"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/scorer"


def needed(service: str, operation: str, **request: Any) -> list[tuple[str, str]]:
    return [
        (one.action, one.resource)
        for one in permissions(ServiceCall(service, operation, request, ACCOUNT, "us-east-1"))
    ]


@pytest.mark.parametrize(
    ("service", "operation", "request_", "expected"),
    [
        ("kinesis", "PutRecords", {"StreamName": "events"}, [("kinesis:PutRecords", STREAM)]),
        ("kinesis", "ListShards", {"StreamARN": STREAM}, [("kinesis:ListShards", STREAM)]),
        (
            "kinesis",
            "GetRecords",
            {"ShardIterator": Position(STREAM, "shardId-000000000000", 0).token()},
            [("kinesis:GetRecords", STREAM)],
        ),
        ("kinesis", "GetRecords", {"ShardIterator": "not one"}, [("kinesis:GetRecords", "*")]),
        (
            "sqs",
            "SendMessageBatch",
            {"QueueUrl": f"http://127.0.0.1:4566/{ACCOUNT}/scores"},
            [("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:scores")],
        ),
        ("sns", "PublishBatch", {"TopicArn": TOPIC}, [("SNS:Publish", TOPIC)]),
        ("sns", "Unsubscribe", {"SubscriptionArn": f"{TOPIC}:1-2"}, [("SNS:Unsubscribe", TOPIC)]),
        (
            "lambda",
            "Invoke",
            {"FunctionName": "scorer", "Qualifier": "live"},
            [("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:scorer:live")],
        ),
        (
            "lambda",
            "Invoke",
            {"FunctionName": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:scorer:live"},
            [("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:scorer:live")],
        ),
        (
            "logs",
            "PutLogEvents",
            {"logGroupName": "/aws/lambda/scorer", "logStreamName": "one"},
            [("logs:PutLogEvents", f"{LOGS}:log-stream:one")],
        ),
        ("s3", "PutObject", {"Bucket": "b", "Key": "a/b"}, [("s3:PutObject", "arn:aws:s3:::b/a/b")]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", "arn:aws:s3:::b/k")]),
        (
            "s3",
            "GetObject",
            {"Bucket": "b", "Key": "k", "VersionId": "v"},
            [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "p"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "1"}, {"Key": "2", "VersionId": "v"}]}},
            [("s3:DeleteObject", "arn:aws:s3:::b/1"), ("s3:DeleteObjectVersion", "arn:aws:s3:::b/2")],
        ),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "to", "CopySource": "a/from?versionId=v"},
            [("s3:PutObject", "arn:aws:s3:::b/to"), ("s3:GetObjectVersion", "arn:aws:s3:::a/from")],
        ),
        ("sts", "GetCallerIdentity", {}, []),
        ("dynamodb", "PutItem", {"TableName": "t"}, [("dynamodb:PutItem", TABLE)]),
        ("dynamodb", "PutItem", {"TableName": TABLE}, [("dynamodb:PutItem", TABLE)]),
        ("dynamodb", "ListTables", {}, [("dynamodb:ListTables", "*")]),
        ("dynamodb", "TagResource", {"ResourceArn": TABLE}, [("dynamodb:TagResource", TABLE)]),
        ("dynamodb", "BatchWriteItem", {"RequestItems": {"t": []}}, [("dynamodb:BatchWriteItem", TABLE)]),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "t"}}]},
            [("dynamodb:PutItem", TABLE), ("dynamodb:ConditionCheckItem", TABLE)],
        ),
        ("dynamodbstreams", "DescribeStream", {"StreamArn": CHANGES}, [("dynamodb:DescribeStream", CHANGES)]),
        (
            "dynamodbstreams",
            "GetRecords",
            {"ShardIterator": f"{CHANGES}|1|AAAA"},
            [("dynamodb:GetRecords", CHANGES)],
        ),
        (
            "events",
            "PutEvents",
            {"Entries": [{"EventBusName": "b"}, {"EventBusName": "b"}, {}]},
            [("events:PutEvents", f"{BUS}b"), ("events:PutEvents", f"{BUS}default")],
        ),
        ("events", "PutRule", {"Name": "r"}, [("events:PutRule", "*")]),
        (
            "firehose",
            "PutRecordBatch",
            {"DeliveryStreamName": "d"},
            [("firehose:PutRecordBatch", f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/d")],
        ),
        ("stepfunctions", "StartExecution", {"stateMachineArn": MACHINE}, [("states:StartExecution", MACHINE)]),
        ("stepfunctions", "DescribeExecution", {"executionArn": RUN}, [("states:DescribeExecution", RUN)]),
        ("stepfunctions", "CreateStateMachine", {"name": "flow"}, [("states:CreateStateMachine", MACHINE)]),
        ("stepfunctions", "TagResource", {"resourceArn": MACHINE}, [("states:TagResource", MACHINE)]),
        ("stepfunctions", "ListStateMachines", {}, [("states:ListStateMachines", "*")]),
        ("glue", "GetTable", {"Name": "t"}, [("glue:GetTable", "*")]),
    ],
)
def test_permissions(service: str, operation: str, request_: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert needed(service, operation, **request_) == expected


def test_a_listing_has_its_prefix_as_condition_key() -> None:
    (listing,) = permissions(ServiceCall("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "p/"}, ACCOUNT, "us-east-1"))

    assert listing.context == (("s3:prefix", "p/"),)


@pytest.mark.parametrize(
    ("service", "action", "code", "status"),
    [
        ("kinesis", "kinesis:PutRecords", "AccessDeniedException", 400),
        ("kinesis", "kms:GenerateDataKey", "KMSAccessDeniedException", 400),
        ("s3", "s3:GetObject", "AccessDenied", 403),
        ("sns", "SNS:Publish", "AuthorizationError", 403),
        ("sns", "kms:Decrypt", "KMSAccessDenied", 400),
        ("sqs", "kms:Decrypt", "KMS.AccessDeniedException", 400),
        ("kms", "kms:Sign", "AccessDeniedException", 400),
        ("lambda", "lambda:InvokeFunction", "AccessDeniedException", 403),
    ],
)
def test_each_service_has_its_own_error(service: str, action: str, code: str, status: int) -> None:
    caller = Principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/scorer/one", ACCOUNT, role="arn:aws:iam::1:role/scorer")

    found = refusal(
        service, caller, Permission(action, STREAM), f"because no identity-based policy allows the {action} action"
    )

    assert (found.code, found.status) == (code, status)
    assert found.message == (
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {STREAM} "
        f"because no identity-based policy allows the {action} action"
    )
