"""S3 as the on-failure destination of asynchronous invocations.

LocalStack 2026.3.0: refuses an S3 bucket as destination of an event-invoke config (SQS, SNS, EventBridge and Lambda
only).
AWS: takes a bucket for OnFailure since November 2024, and writes the invocation record as
`aws/lambda/async/<function name>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>`.
Here: the bucket is accepted, and the record written.
"""

import copy
import uuid
from datetime import UTC, datetime
from typing import Any

from localstack.services.lambda_.invocation import event_manager
from localstack.services.lambda_.provider import LambdaProvider

from millrace_localstack.plugin import on_failure

S3_ARN = ":s3:::"


def apply() -> None:
    validate = LambdaProvider._validate_destination_config
    send = event_manager.send_event_to_target

    def validate_config(self: Any, store: Any, function_name: str, config: dict[str, Any]) -> None:
        others = copy.deepcopy(config)
        on_failure = others.get("OnFailure") or {}
        if S3_ARN in (on_failure.get("Destination") or ""):
            del others["OnFailure"]
        validate(self, store, function_name, others)

    def send_event(target_arn: str, event: dict[str, Any], **kwargs: Any) -> None:
        if S3_ARN in target_arn:
            _write(target_arn, event, kwargs["role"])
        else:
            send(target_arn=target_arn, event=event, **kwargs)

    LambdaProvider._validate_destination_config = validate_config
    event_manager.send_event_to_target = send_event


def _write(bucket_arn: str, record: dict[str, Any], role_arn: str) -> None:
    function_arn = record["requestContext"]["functionArn"]
    function_name = function_arn.split(":")[6]
    now = datetime.now(UTC)
    key = f"aws/lambda/async/{function_name}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    on_failure.write(function_arn, role_arn, bucket_arn, key, record)
