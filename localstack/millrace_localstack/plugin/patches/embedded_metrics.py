"""Metrics from the log lines of functions.

LocalStack 2026.3.0: keeps a line in the embedded metric format as a line of the log, and no more.
AWS: CloudWatch makes metrics of it, without a call of the function's.
Here: the metrics are put, as PutMetricData would, about a second after the invocation, in a thread of their own, so
that no invocation waits for them.
"""

import logging
from collections.abc import Iterator
from typing import Any

from localstack.services.lambda_.invocation.logs import LogHandler, LogItem

from millrace_localstack.plugin.cloudwatch.embedded import Datum, metric_data
from millrace_localstack.plugin.patches.metric_puts import MeasuredMetrics, later

LOG = logging.getLogger(__name__)


def apply() -> None:
    original = LogHandler.add_logs

    def add_logs(self: Any, log_item: LogItem) -> None:
        original(self, log_item)
        account = self.role_arn.split(":")[4]
        later(MeasuredMetrics(account, self.region, _metrics(log_item.logs)))

    LogHandler.add_logs = add_logs


def _metrics(log: str) -> Iterator[tuple[str, Datum]]:
    for line in log.splitlines():
        try:
            yield from metric_data(line)
        except ValueError as error:
            LOG.warning("%s", error)
