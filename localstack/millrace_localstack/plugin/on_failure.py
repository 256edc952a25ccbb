"""Objects of what Lambda discards, in an on-failure bucket.

LocalStack 2026.3.0: writes them as the account.
AWS: as the function's role. What cannot be written is lost, and counted in DestinationDeliveryFailures.
Here: likewise.
"""

import json
import logging
import time
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.lambda_.event_source_mapping.pipe_utils import get_internal_client
from localstack.utils.aws.arns import s3_bucket_name

from millrace_localstack.plugin.patches.metric_puts import MeasuredMetrics, later

LOG = logging.getLogger(__name__)


def write(function_arn: str, role_arn: str, bucket_arn: str, key: str, record: dict[str, Any]) -> None:
    try:
        client = _client(bucket_arn, role_arn)
        client.put_object(Bucket=s3_bucket_name(bucket_arn), Key=key, Body=json.dumps(record))
    except ClientError as error:
        LOG.warning("what %s failed is lost: %s", function_arn, error)
        _count(function_arn)


@lru_cache(maxsize=64)
def _client(bucket_arn: str, role_arn: str) -> Any:
    return get_internal_client(bucket_arn, role_arn=role_arn, service_principal="lambda")


def _count(function_arn: str) -> None:
    # arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
    _, _, _, region, account, _, name = function_arn.split(":")[:7]
    datum = {
        "MetricName": "DestinationDeliveryFailures",
        "Dimensions": [{"Name": "FunctionName", "Value": name}],
        "Timestamp": time.time(),
        "Values": [1.0],
    }
    later(MeasuredMetrics(account, region, [("AWS/Lambda", datum)]))
