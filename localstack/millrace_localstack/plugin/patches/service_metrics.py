"""What it costs a queue and a function to be measured.

LocalStack 2026.3.0: puts a metric for each invocation, and up to two for each call of SQS, every one in a call of its
own, which is more work than the call itself; so does each of its own: from SNS, to functions, and to empty queues.
AWS: measures next to them, at no cost to them.
Here: the same metrics are put together, about a second later; depths are reported once a minute of `plugin/pace.py`.
"""

import time
from typing import Any

from localstack.services.lambda_.invocation import metrics
from localstack.services.sqs import provider

from millrace_localstack.plugin import pace
from millrace_localstack.plugin.patches.metric_puts import MeasuredMetrics, later


def apply() -> None:
    provider.config.SQS_CLOUDWATCH_METRICS_REPORT_INTERVAL = pace.MINUTE_SECONDS
    provider.CloudwatchDispatcher.dispatch_sqs_metric = _of_queue
    metrics.publish_lambda_metric = _of_function


def _of_queue(
    self: Any, account_id: str, region: str, queue_name: str, metric: str, value: float = 1, unit: str = "Count"
) -> None:
    datum = _datum(metric, value, "QueueName", queue_name) | {"Unit": unit}
    later(MeasuredMetrics(account_id, region, [("AWS/SQS", datum)]))


def _of_function(metric: str, value: float, kwargs: dict[str, str], *, account_id: str, region_name: str) -> None:
    datum = _datum(metric, value, "FunctionName", kwargs["func_name"])
    later(MeasuredMetrics(account_id, region_name, [("AWS/Lambda", datum)]))


def _datum(metric: str, value: float, dimension: str, name: str) -> dict[str, Any]:
    return {
        "MetricName": metric,
        "Dimensions": [{"Name": dimension, "Value": name}],
        "Timestamp": time.time(),
        "Values": [float(value)],
    }
