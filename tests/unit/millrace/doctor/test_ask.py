"""What AWS answers, and what it means: known, denied, absent, or no answer."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore import xform_name

from millrace.doctor.ask import Absent, Answer, Ask, Denied, Failed, Known
from tests.fakes.answers import FakeAws, refused, unreachable


def asked(answer: Any, service: str = "lambda", operation: str = "get_alias") -> Answer[dict[str, Any]]:
    return Ask(FakeAws({f"{service}.{operation}": answer}).client)(service, operation)


def test_what_is_there_is_known() -> None:
    assert asked({"FunctionVersion": "3"}) == Known({"FunctionVersion": "3"})


def test_a_service_has_one_client() -> None:
    made, aws = [], FakeAws({"lambda.get_alias": {}, "sts.get_caller_identity": {}})

    def client(service: str) -> Any:
        made.append(service)
        return aws.client(service)

    ask = Ask(client)
    for service, operation in 2 * [("lambda", "get_alias"), ("sts", "get_caller_identity")]:
        ask(service, operation)

    assert made == ["lambda", "sts"]


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "AuthorizationError", "403", "Forbidden"])
def test_a_refusal_names_the_action_that_is_missing(code: str) -> None:
    assert asked(refused("GetAlias", code)) == Denied("lambda:GetAlias")


def test_the_action_is_the_one_that_aws_names() -> None:
    message = "User: arn:aws:iam::1:user/ada is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x"

    assert asked(refused("GetObject", "AccessDenied", message), "s3", "get_object") == Denied("kms:Decrypt")


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "GetBucketNotificationConfiguration", "s3:GetBucketNotification"),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("stepfunctions", "DescribeExecution", "states:DescribeExecution"),
    ],
)
def test_an_action_that_is_not_called_like_its_operation(service: str, operation: str, action: str) -> None:
    assert asked(refused(operation, "AccessDenied"), service, xform_name(operation)) == Denied(action)


@pytest.mark.parametrize(
    "code",
    [
        "ResourceNotFoundException",
        "NoSuchBucket",
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    ],
)
def test_what_is_not_there(code: str) -> None:
    assert asked(refused("GetAlias", code, "no such thing")) == Absent("no such thing")


def test_trouble_is_told_as_trouble() -> None:
    assert asked(refused("GetAlias", "ServiceException", "internal")) == Failed("ServiceException: internal")
    assert isinstance(asked(unreachable()), Failed)


def test_real_answers_of_what_is_not_there(aws: Callable[[str], Any]) -> None:
    """As moto spells them, which is as AWS does."""
    ask = Ask(aws)

    answers = [
        ask("kinesis", "describe_stream_summary", StreamName="none"),
        ask("s3", "get_bucket_versioning", Bucket="none"),
        ask("sqs", "get_queue_attributes", QueueUrl="https://sqs.eu-central-1.amazonaws.com/123456789012/none"),
        ask("sns", "get_topic_attributes", TopicArn="arn:aws:sns:eu-central-1:123456789012:none"),
        ask("kms", "describe_key", KeyId="arn:aws:kms:eu-central-1:123456789012:key/none"),
    ]

    assert [type(answer) for answer in answers] == [Absent] * 5, answers
