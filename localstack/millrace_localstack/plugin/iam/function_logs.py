"""The log groups of functions.

LocalStack 2026.3.0: asks for the group of a new log stream with the function's role, also where there is one.
AWS: Lambda writes with the function's role, and creates the stream, and the group only where there is none.
Here: likewise.
"""

import logging
import time
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation import logs

LOG = logging.getLogger(__name__)


def apply() -> None:
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
        region_name=handler.region, role_arn=handler.role_arn, service_principal="lambda"
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
