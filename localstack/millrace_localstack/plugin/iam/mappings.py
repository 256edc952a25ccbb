"""Event source mappings.

LocalStack 2026.3.0: makes a mapping whatever its role may read, and does not show why one does not read.
AWS: refuses a mapping whose role cannot read the source; LastProcessingResult shows a problem.
Here: likewise.
"""

from functools import wraps
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_ import provider as lambda_provider
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

from millrace_localstack.plugin.iam import caller, enforcement
from millrace_localstack.plugin.iam.calls import ServiceCall

NEEDED = {
    "dynamodb": ("DescribeStream", "GetRecords", "GetShardIterator"),
    "kinesis": ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards"),
    "sqs": ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage"),
}

REQUESTS = {
    "dynamodb": lambda source, _account, _resource: {"StreamArn": source},
    "kinesis": lambda source, _account, _resource: {"StreamARN": source},
    "sqs": lambda _source, account, resource: {"QueueUrl": f"http://sqs/{account}/{resource}"},
}


def apply() -> None:
    _new_mappings()
    _queue_polls()


def _new_mappings() -> None:
    validate = lambda_provider.LambdaProvider.validate_event_source_mapping

    @wraps(validate)
    def validate_event_source_mapping(self: Any, context: Any, request: Any) -> Any:
        source = str(request.get("EventSourceArn", ""))
        try:
            valid = validate(self, context, request)  # reads the source, too
        except ClientError as error:
            if "is not authorized to perform" not in str(error):
                raise
            raise _cannot_read(source, error.response["Error"]["Message"]) from error
        if source:
            _check_source(source, valid[-1])
        return valid

    lambda_provider.LambdaProvider.validate_event_source_mapping = validate_event_source_mapping


def _check_source(source: str, role: str) -> None:
    service, region, account, resource = source.split(":", 5)[2:]
    by = caller.poller(role, "mapping")
    for operation in NEEDED.get(service, ()):
        request = REQUESTS[service](source, account, resource)
        if found := enforcement.first_refusal(by, ServiceCall(service, operation, request, account, region)):
            raise _cannot_read(source, found.message)


def _cannot_read(source: str, reason: str) -> InvalidParameterValueException:
    """Terraform waits for a policy that is under way where it reads these sentences."""
    if ":sqs:" in source:
        operation = reason.partition("sqs:")[2].partition(" ")[0]
        what = f"The provided execution role does not have permissions to call {operation} on SQS"
    else:
        what = (
            f"Cannot access stream {source}. Please ensure the role can perform the GetRecords, GetShardIterator, "
            "DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
        )
    return InvalidParameterValueException(f"{what} ({reason})", Type="User")


def check_read(poller: Any) -> None:
    """For a read of a mapping that does not come through the gateway. Raises PermissionError."""
    role, source = poller.invoke_identity_arn, poller.source_arn
    service, region, account, resource = source.split(":", 5)[2:]
    call = ServiceCall(service, "GetRecords", REQUESTS[service](source, account, resource), account, region)
    found = enforcement.first_refusal(caller.poller(role, poller.esm_uuid), call)
    _show(poller, found.message if found else None)
    if found is not None:
        raise PermissionError(found.message)


def _queue_polls() -> None:
    poll = SqsPoller.poll_events

    def poll_events(self: Any) -> None:
        problem = None
        try:
            poll(self)
        except ClientError as error:
            problem = error.response["Error"]["Message"]
            raise
        finally:
            _show(self, problem)

    SqsPoller.poll_events = poll_events


def _show(poller: Any, problem: str | None) -> None:
    """In the mapping's LastProcessingResult."""
    worker = poller.worker
    mapping = worker._state.event_source_mappings.get(worker.uuid)
    if mapping is not None:
        mapping["LastProcessingResult"] = f"PROBLEM: {problem}" if problem else "OK"
