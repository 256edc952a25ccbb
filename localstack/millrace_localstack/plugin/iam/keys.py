"""The key of what a call reads or writes, and what the caller needs of it.

https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from collections.abc import Iterable

from millrace_localstack.plugin.iam import stores
from millrace_localstack.plugin.iam.calls import ServiceCall
from millrace_localstack.plugin.iam.policy import Permission

ENCRYPT, DECRYPT = "kms:GenerateDataKey", "kms:Decrypt"

ACTIONS = {
    ("kinesis", "GetRecords"): (DECRYPT,),
    ("kinesis", "PutRecord"): (ENCRYPT,),
    ("kinesis", "PutRecords"): (ENCRYPT,),
    ("kinesis", "SubscribeToShard"): (DECRYPT,),
    ("s3", "CopyObject"): (ENCRYPT,),
    ("s3", "CreateMultipartUpload"): (ENCRYPT, DECRYPT),
    ("s3", "GetObject"): (DECRYPT,),
    ("s3", "PutObject"): (ENCRYPT,),
    ("s3", "UploadPart"): (ENCRYPT, DECRYPT),
    ("sns", "Publish"): (ENCRYPT, DECRYPT),
    ("sns", "PublishBatch"): (ENCRYPT, DECRYPT),
    ("sqs", "ReceiveMessage"): (DECRYPT,),
    ("sqs", "SendMessage"): (ENCRYPT, DECRYPT),
    ("sqs", "SendMessageBatch"): (ENCRYPT, DECRYPT),
}


def permissions(call: ServiceCall, resource: str) -> Iterable[Permission]:
    """`resource`: the ARN that the call is about."""
    actions = ACTIONS.get((call.service, call.operation))
    if actions is None:
        return []
    key = _key_of(call, resource)
    via = (("kms:viaservice", f"{call.service}.{call.region}.amazonaws.com"),)
    return [Permission(action, key, via) for action in actions] if key else []


def _key_of(call: ServiceCall, resource: str) -> str | None:
    """ARN; None where there is none, or where it is AWS's own, which is for everybody."""
    if call.service != "s3":
        return stores.key_of(resource)
    bucket, key = resource.removeprefix("arn:aws:s3:::").split("/", 1)
    if call.operation == "GetObject":
        return stores.key_of_object(bucket, key, call.request.get("VersionId"))
    return stores.key_of_new_object(bucket, call.request)
