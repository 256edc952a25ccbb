"""The permissions that an operation takes, with the condition keys of its request.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
Services that are not here have their action on the resource `*`, so that only a policy for all resources allows it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from millrace_localstack.plugin.iam.policy import Permission

ALL = "*"


@dataclass(frozen=True)
class ServiceCall:
    """One request. `account` and `region`: where it goes to."""

    service: str  # of botocore
    operation: str
    request: dict[str, Any]
    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def permissions(call: ServiceCall) -> list[Permission]:
    """Empty for what everybody may do."""
    of_service = SERVICES.get(call.service)
    if of_service is not None:
        return list(of_service(call))
    return [Permission(f"{PREFIXES.get(call.service, call.service)}:{call.operation}", ALL)]


PREFIXES = {"resourcegroupstaggingapi": "tag"}


def _kinesis(call: ServiceCall) -> Iterable[Permission]:
    yield Permission(f"kinesis:{call.operation}", _stream(call))


def _stream(call: ServiceCall) -> str:
    request = call.request
    if named := request.get("ConsumerARN") or request.get("StreamARN") or request.get("ResourceARN"):
        return str(named)
    if name := request.get("StreamName"):
        return call.arn("kinesis", f"stream/{name}")
    # Both tokens begin with the stream's ARN.
    if token := request.get("ShardIterator") or request.get("NextToken"):
        return _of_token(str(token))
    return ALL


def _of_token(token: str) -> str:
    from millrace_localstack.plugin.kinesis import tokens

    found = tokens.unseal(token)
    named = [one for one in found.fields if str(one).startswith("arn:")] if found else []
    return str(named[0]) if named else ALL


# Operations of a batch have the action of the single one.
BATCHES = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "PublishBatch": "Publish",
    "SendMessageBatch": "SendMessage",
}


def _sqs(call: ServiceCall) -> Iterable[Permission]:
    action = BATCHES.get(call.operation, call.operation)
    if url := call.request.get("QueueUrl"):
        account, name = str(url).rstrip("/").rsplit("/", 2)[-2:]
        yield Permission(f"sqs:{action}", f"arn:aws:sqs:{call.region}:{account}:{name}")
    else:
        name = call.request.get("QueueName")
        yield Permission(f"sqs:{action}", call.arn("sqs", str(name)) if name else ALL)


def _sns(call: ServiceCall) -> Iterable[Permission]:
    request = call.request
    target = request.get("TopicArn") or request.get("TargetArn") or request.get("ResourceArn")
    if target is None and "SubscriptionArn" in request:
        target = str(request["SubscriptionArn"]).rsplit(":", 1)[0]
    # Errors of SNS write its name in capitals, policies in either.
    yield Permission(f"SNS:{BATCHES.get(call.operation, call.operation)}", str(target or ALL))


def _lambda(call: ServiceCall) -> Iterable[Permission]:
    action = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}.get(call.operation, call.operation)
    named = call.request.get("FunctionName")
    if named is None:
        yield Permission(f"lambda:{action}", ALL)
        return
    arn = str(named) if str(named).startswith("arn:") else call.arn("lambda", f"function:{named}")
    qualifier = call.request.get("Qualifier")
    yield Permission(
        f"lambda:{action}", f"{arn}:{qualifier}" if qualifier and arn.count(":") == FUNCTION_COLONS else arn
    )


FUNCTION_COLONS = 6  # in the ARN of a function without a qualifier


def _logs(call: ServiceCall) -> Iterable[Permission]:
    group, stream = call.request.get("logGroupName"), call.request.get("logStreamName")
    resource = (
        ALL if group is None else call.arn("logs", f"log-group:{group}" + (f":log-stream:{stream}" if stream else ""))
    )
    yield Permission(f"logs:{call.operation}", resource)


def _kms(call: ServiceCall) -> Iterable[Permission]:
    from millrace_localstack.plugin.iam import stores

    key = call.request.get("KeyId")
    arn = stores.key_arn(str(key), call.account, call.region) if key else None
    context = {
        f"kms:{name}": str(call.request[name]) for name in ("MessageType", "SigningAlgorithm") if name in call.request
    }
    yield Permission(f"kms:{call.operation}", arn or ALL, tuple(sorted(context.items())))


def _sts(call: ServiceCall) -> Iterable[Permission]:
    if call.operation != "GetCallerIdentity":
        yield Permission(f"sts:{call.operation}", str(call.request.get("RoleArn", ALL)))


# The actions of S3 are not named as its operations; these are what reads and writes objects takes.
OBJECT_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "GetObject": "GetObject",
    "GetObjectTagging": "GetObjectTagging",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "PutObject": "PutObject",
    "PutObjectTagging": "PutObjectTagging",
    "UploadPart": "PutObject",
}
BUCKET_ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}
OF_VERSIONS = {"DeleteObject", "GetObject", "GetObjectTagging", "PutObjectTagging"}


def _s3(call: ServiceCall) -> Iterable[Permission]:
    request, operation = call.request, call.operation
    bucket = request.get("Bucket")
    if bucket is None:
        yield Permission("s3:ListAllMyBuckets" if operation == "ListBuckets" else f"s3:{operation}", ALL)
    elif operation == "DeleteObjects":
        for entry in request["Delete"]["Objects"]:
            yield _of_object("DeleteObject", bucket, entry["Key"], entry.get("VersionId"))
    elif action := OBJECT_ACTIONS.get(operation):
        yield _of_object(action, bucket, request["Key"], request.get("VersionId"))
        yield from _in_addition(request, bucket)
    else:
        given = {f"s3:{name.lower()}": str(request[name]) for name in ("Prefix", "Delimiter") if request.get(name)}
        action = BUCKET_ACTIONS.get(operation, operation)
        yield Permission(f"s3:{action}", f"arn:aws:s3:::{bucket}", tuple(sorted(given.items())))


def _of_object(action: str, bucket: str, key: str, version: str | None = None) -> Permission:
    if version and action in OF_VERSIONS:
        action = action.replace("Object", "ObjectVersion", 1)
    return Permission(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}", (("s3:versionid", version),) if version else ())


def _in_addition(request: dict[str, Any], bucket: str) -> Iterable[Permission]:
    """What headers ask for: tags, retention, and the source of a copy."""
    if request.get("Tagging"):
        yield _of_object("PutObjectTagging", bucket, request["Key"])
    if request.get("ObjectLockMode"):
        yield _of_object("PutObjectRetention", bucket, request["Key"])
    if request.get("ObjectLockLegalHoldStatus"):
        yield _of_object("PutObjectLegalHold", bucket, request["Key"])
    if source := request.get("CopySource"):
        path, _, version = str(source).lstrip("/").partition("?versionId=")
        from_bucket, _, key = path.partition("/")
        yield _of_object("GetObject", from_bucket, key, version or None)


def _dynamodb(call: ServiceCall) -> Iterable[Permission]:
    """Of tables and of their streams, whose actions have the prefix of the tables."""
    request = call.request
    if batch := request.get("RequestItems"):
        for table in batch:
            yield Permission(f"dynamodb:{call.operation}", _table(call, table))
        return
    if operations := request.get("TransactItems"):
        for operation in operations:
            ((kind, item),) = operation.items()
            action = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}.get(kind)
            yield Permission(f"dynamodb:{action or 'ConditionCheckItem'}", _table(call, item["TableName"]))
        return
    named = request.get("StreamArn") or request.get("ResourceArn")
    if named is None and (iterator := request.get("ShardIterator")):
        named = str(iterator).split("|", 1)[0]  # it begins with the stream's ARN
    table = request.get("TableName")
    yield Permission(f"dynamodb:{call.operation}", str(named) if named else _table(call, table) if table else ALL)


def _table(call: ServiceCall, named: str) -> str:
    return named if named.startswith("arn:") else call.arn("dynamodb", f"table/{named}")


def _events(call: ServiceCall) -> Iterable[Permission]:
    if call.operation != "PutEvents":
        yield Permission(f"events:{call.operation}", ALL)
        return
    for bus in dict.fromkeys(str(entry.get("EventBusName") or "default") for entry in call.request["Entries"]):
        yield Permission("events:PutEvents", bus if bus.startswith("arn:") else call.arn("events", f"event-bus/{bus}"))


def _firehose(call: ServiceCall) -> Iterable[Permission]:
    name = call.request.get("DeliveryStreamName")
    yield Permission(f"firehose:{call.operation}", call.arn("firehose", f"deliverystream/{name}") if name else ALL)


# Members of requests that name what an operation of Step Functions is done to. A task's token names nothing.
OF_MACHINES = ("executionArn", "stateMachineArn", "stateMachineAliasArn", "mapRunArn", "activityArn", "resourceArn")


def _states(call: ServiceCall) -> Iterable[Permission]:
    named = next((str(call.request[member]) for member in OF_MACHINES if call.request.get(member)), ALL)
    if call.operation == "CreateStateMachine":
        named = call.arn("states", f"stateMachine:{call.request['name']}")
    yield Permission(f"states:{call.operation}", named)


SERVICES: dict[str, Callable[[ServiceCall], Iterable[Permission]]] = {
    "dynamodb": _dynamodb,
    "dynamodbstreams": _dynamodb,
    "events": _events,
    "firehose": _firehose,
    "kinesis": _kinesis,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "sns": _sns,
    "sqs": _sqs,
    "stepfunctions": _states,
    "sts": _sts,
}
