"""What a role and a service may do on LocalStack, and that without the patch they may do everything."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.integration.localstack.lab import ACCOUNT, Lab, document, unique, wait_for

ANY = "*"


def allow(*actions: str, on: str = ANY, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


class Role:
    """A session of a role, as a function or a person has it."""

    def __init__(self, lab: Lab, *statements: dict[str, Any], **settings: Any) -> None:
        self.lab, self.arn = lab, lab.role(list(statements), **settings)
        self.name = self.arn.rsplit("/", 1)[-1]
        self.credentials = lab.client("sts").assume_role(RoleArn=self.arn, RoleSessionName="one")["Credentials"]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.lab.localstack.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=self.credentials["AccessKeyId"],
            aws_secret_access_key=self.credentials["SecretAccessKey"],
            aws_session_token=self.credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def refused(self, service: str, operation: str, **request: Any) -> tuple[str, str]:
        """Code and message."""
        with pytest.raises(ClientError) as caught:
            getattr(self.client(service), operation)(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def grant(self, *statements: dict[str, Any]) -> None:
        self.lab.client("iam").put_role_policy(
            RoleName=self.name, PolicyName="stated", PolicyDocument=document(list(statements))
        )


@pytest.fixture
def key(lab: Lab) -> Iterator[str]:
    """The ARN of a key that its account's policies open."""
    made = lab.client("kms").create_key(Policy=key_policy())["KeyMetadata"]
    yield made["Arn"]
    lab.client("kms").schedule_key_deletion(KeyId=made["Arn"])


def key_policy(*statements: dict[str, Any]) -> str:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return document([{**allow("kms:*"), "Principal": root}, *statements])


def test_a_role_may_do_what_its_policies_allow_from_the_next_call_on(lab: Lab) -> None:
    stream, role = lab.stream(), Role(lab)
    put = {"StreamName": stream, "Data": b"x", "PartitionKey": "k"}
    arn = lab.stream_arn(stream)

    code, message = role.refused("kinesis", "put_record", **put)
    assert code == "AccessDeniedException"
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/one is not authorized to perform: kinesis:PutRecord "
        f"on resource: {arn} because no identity-based policy allows the kinesis:PutRecord action"
    )
    role.grant(allow("kinesis:PutRecord", on=arn))
    role.client("kinesis").put_record(**put)
    role.grant(allow("kinesis:PutRecord", on=arn), {"Effect": "Deny", "Action": "kinesis:*", "Resource": ANY})
    assert "with an explicit deny in an identity-based policy" in role.refused("kinesis", "put_record", **put)[1]


def test_without_the_patch_a_role_may_do_everything(unpatched: Lab) -> None:
    stream = unpatched.stream()

    Role(unpatched).client("kinesis").put_record(StreamName=stream, Data=b"x", PartitionKey="k")


def test_a_sessions_key_that_was_not_given_out_is_nobodys(lab: Lab) -> None:
    role = Role(lab)
    role.credentials["AccessKeyId"] = "ASIAQAAAAAAAGMKEM7X5"

    assert role.refused("kinesis", "list_streams")[0] == "InvalidClientTokenId"


def test_a_boundary_limits_what_policies_allow(lab: Lab) -> None:
    bucket = lab.bucket()
    boundary = lab.client("iam").create_policy(
        PolicyName=unique("boundary"), PolicyDocument=document([allow("s3:PutObject")])
    )["Policy"]["Arn"]
    role = Role(lab, allow("s3:*"), PermissionsBoundary=boundary)

    role.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    code, message = role.refused("s3", "get_object", Bucket=bucket, Key="k")
    assert code == "AccessDenied"
    assert "because no permissions boundary allows the s3:GetObject action" in message


def test_who_may_not_list_a_bucket_is_not_told_what_is_missing(lab: Lab) -> None:
    bucket = lab.bucket()
    objects = allow("s3:GetObject", on=f"arn:aws:s3:::{bucket}/*")
    role = Role(lab, objects)

    assert role.refused("s3", "get_object", Bucket=bucket, Key="missing")[0] == "AccessDenied"
    role.grant(objects, allow("s3:ListBucket", on=f"arn:aws:s3:::{bucket}"))
    assert role.refused("s3", "get_object", Bucket=bucket, Key="missing")[0] == "NoSuchKey"


def test_a_key_is_checked_for_what_it_encrypts(lab: Lab, key: str) -> None:
    """Four services, each with its own error, and each only through itself."""
    stream, bucket = lab.stream(), lab.bucket()
    lab.client("kinesis").start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=key)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    lab.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    topic = lab.client("sns").create_topic(Name=unique("topic"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    url = lab.client("sqs").create_queue(QueueName=unique("queue"), Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    calls: dict[str, tuple[str, dict[str, Any], str]] = {
        "kinesis": (
            "put_record",
            {"StreamName": stream, "Data": b"x", "PartitionKey": "k"},
            "KMSAccessDeniedException",
        ),
        "s3": ("put_object", {"Bucket": bucket, "Key": "k", "Body": b"x"}, "AccessDenied"),
        "sns": ("publish", {"TopicArn": topic, "Message": "x"}, "KMSAccessDenied"),
        "sqs": ("send_message", {"QueueUrl": url, "MessageBody": "x"}, "KMS.AccessDeniedException"),
    }
    data = allow("kinesis:*", "s3:*", "sns:*", "sqs:*")
    role = Role(lab, data, allow("kms:*", on=key, Condition={"StringEquals": {"kms:ViaService": "none"}}))

    for service, (operation, request, code) in calls.items():
        found, message = role.refused(service, operation, **request)
        assert found == code
        assert f"to perform: kms:GenerateDataKey on resource: {key}" in message
    via = {"StringEquals": {"kms:ViaService": [f"{service}.us-east-1.amazonaws.com" for service in calls]}}
    role.grant(data, allow("kms:Decrypt", "kms:GenerateDataKey", on=key, Condition=via))
    for service, (operation, request, _) in calls.items():
        getattr(role.client(service), operation)(**request)


def test_a_topic_needs_the_policy_of_its_queue_and_of_its_key(lab: Lab, key: str) -> None:
    sns, sqs = lab.client("sns"), lab.client("sqs")
    _, dead, dead_arn = lab.queue()
    _, url, arn = lab.queue()
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    subscription = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=subscription)
    by_topic = {"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}

    def accept(queue: str, on: str) -> None:
        sqs.set_queue_attributes(
            QueueUrl=queue, Attributes={"Policy": document([allow("sqs:SendMessage", on=on, **by_topic)])}
        )

    def arrives(queue: str) -> bool:
        return bool(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))

    accept(dead, dead_arn)
    sns.publish(TopicArn=topic, Message="no policy on the queue")
    assert wait_for(lambda: arrives(dead))
    accept(url, arn)
    sns.publish(TopicArn=topic, Message="none on the key")
    assert wait_for(lambda: arrives(dead))
    lab.client("kms").put_key_policy(
        KeyId=key, PolicyName="default", Policy=key_policy(allow("kms:Decrypt", "kms:GenerateDataKey", **by_topic))
    )
    sns.publish(TopicArn=topic, Message="both")
    assert wait_for(lambda: arrives(url))


def test_a_role_that_lambda_cannot_assume_makes_no_function(lab: Lab) -> None:
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        lab.function("def handle(event, context): ...", role=lab.role([], "events.amazonaws.com"))


def test_a_mapping_needs_a_role_that_can_read_its_source(lab: Lab) -> None:
    stream, (_, _, queue) = lab.stream(), lab.queue()
    function = lab.function("def handle(event, context): ...", role=lab.role([]))

    with pytest.raises(ClientError, match="Please ensure the role can perform the GetRecords"):
        lab.map(stream, function)
    with pytest.raises(ClientError, match=r"does not have permissions to call \w+ on SQS"):
        lab.map_source(queue, function)


def test_a_log_group_needs_a_key_that_the_logs_may_use(lab: Lab, key: str) -> None:
    with pytest.raises(ClientError, match="is not allowed to be used with Arn"):
        lab.client("logs").create_log_group(logGroupName=unique("group"), kmsKeyId=key)


def test_what_is_not_evaluated_is_refused_by_name(lab: Lab) -> None:
    bucket = lab.bucket()
    role = Role(lab, allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}))

    assert (
        "does not evaluate the condition operator IpAddress" in role.refused("s3", "list_objects_v2", Bucket=bucket)[1]
    )
