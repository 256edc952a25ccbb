"""Calls of LocalStack's own that, on AWS, a role or a service makes, and for which LocalStack does not say so."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.cloudwatch import AlarmHistoryItem, HistoryItemType
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.connect import connect_to
from localstack.services.cloudwatch import provider_v2
from localstack.services.cloudwatch.models import cloudwatch_stores
from localstack.services.lambda_ import provider as lambda_provider
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller
from localstack.services.lambda_.invocation import logs
from localstack.utils.aws.arns import cloudwatch_alarm_arn

from millrace_localstack.plugin.iam import caller, enforcement
from millrace_localstack.plugin.iam.calls import Call

LOG = logging.getLogger(__name__)
LAMBDA = "lambda"


def say_who_calls() -> None:
    _alarms()
    _function_logs()
    _new_mappings()
    _queue_polls()


# CloudWatch publishes to an alarm's topic as itself, for the alarm.

_acting = threading.local()


def _alarms() -> None:
    set_state = provider_v2.CloudwatchProvider.set_alarm_state
    run_composite = provider_v2.CloudwatchProvider._run_composite_alarm_actions

    @wraps(set_state)
    def set_alarm_state(self: Any, context: Any, alarm_name: str, *args: Any, **kwargs: Any) -> Any:
        with _Acting(cloudwatch_alarm_arn(alarm_name, account_id=context.account_id, region_name=context.region)):
            return set_state(self, context, alarm_name, *args, **kwargs)

    @wraps(run_composite)
    def run_composite_actions(self: Any, context: Any, composite_alarm: Any, *args: Any) -> Any:
        with _Acting(composite_alarm.alarm["AlarmArn"]):
            return run_composite(self, context, composite_alarm, *args)

    provider_v2.CloudwatchProvider.set_alarm_state = set_alarm_state
    provider_v2.CloudwatchProvider._run_composite_alarm_actions = run_composite_actions
    provider_v2.connect_to = _connect


class _Acting:
    """The alarm whose actions this thread runs."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def __enter__(self) -> None:
        self._before = getattr(_acting, "arn", None)
        _acting.arn = self._arn

    def __exit__(self, *_: object) -> None:
        _acting.arn = self._before


def _connect(**kwargs: Any) -> Any:
    clients, alarm = connect_to(**kwargs), getattr(_acting, "arn", None)
    return _ClientsOfAlarm(clients, alarm) if alarm else clients


class _ClientsOfAlarm:
    def __init__(self, clients: Any, alarm: str) -> None:
        self._clients, self._alarm = clients, alarm

    def __getattr__(self, service: str) -> Any:
        client = getattr(self._clients, service)
        return _Actions(client.request_metadata(service_principal="cloudwatch", source_arn=self._alarm), self._alarm)


class _Actions:
    """An action that fails is in the alarm's history; the alarm's state has changed all the same."""

    def __init__(self, client: Any, alarm: str) -> None:
        self._client, self._alarm = client, alarm

    def __getattr__(self, operation: str) -> Callable[..., None]:
        def act(**request: Any) -> None:
            target = request.get("TopicArn") or request.get("FunctionName")
            try:
                getattr(self._client, operation)(**request)
                _keep_history(self._alarm, f"Successfully executed action {target}")
            except ClientError as error:
                reason = error.response["Error"]["Message"]
                _keep_history(self._alarm, f'Failed to execute action {target}. Received error: "{reason}"')

        return act


def _keep_history(alarm: str, summary: str) -> None:
    _, _, _, region, account, _, name = alarm.split(":", 6)
    item = AlarmHistoryItem(
        AlarmName=name,
        AlarmType="MetricAlarm",
        HistoryData="{}",
        HistoryItemType=HistoryItemType.Action,
        HistorySummary=summary,
        Timestamp=datetime.now(UTC),
    )
    cloudwatch_stores[account][region].histories.append(item)


# Lambda writes a function's log with its role: the stream, and the group only where there is none.


def _function_logs() -> None:
    logs.LogHandler.run_log_loop = _run_log_loop


def _run_log_loop(handler: Any, *_: Any, **__: Any) -> None:
    client = None
    while not handler._shutdown_event.is_set():
        item = handler.log_queue.get()
        if item is logs.QUEUE_SHUTDOWN:
            return
        try:
            client = client or _logs_client(handler)
            _put(client, item)
        except Exception as error:
            LOG.warning("the log of %s is lost: %s", item.log_group, error)


def _logs_client(handler: Any) -> Any:
    clients = connect_to.with_assumed_role(
        region_name=handler.region, role_arn=handler.role_arn, service_principal=LAMBDA
    )
    return clients.logs


def _put(client: Any, item: Any) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line + "\n"} for line in item.logs.split("\n") if line]
    request = {"logGroupName": item.log_group, "logStreamName": item.log_stream}
    missing = client.exceptions.ResourceNotFoundException
    try:
        client.put_log_events(**request, logEvents=events)
    except missing:
        try:
            client.create_log_stream(**request)
        except missing:
            client.create_log_group(logGroupName=item.log_group)
            client.create_log_stream(**request)
        client.put_log_events(**request, logEvents=events)


# Lambda refuses a mapping whose role cannot read the source.

NEEDED = {
    "kinesis": ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards"),
    "sqs": ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage"),
}


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
        request = {"StreamARN": source} if service == "kinesis" else {"QueueUrl": f"http://sqs/{account}/{resource}"}
        if found := enforcement.first_refusal(by, Call(service, operation, request, account, region)):
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
    _, _, _, region, account, _ = source.split(":", 5)
    call = Call("kinesis", "GetRecords", {"StreamARN": source}, account, region)
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
