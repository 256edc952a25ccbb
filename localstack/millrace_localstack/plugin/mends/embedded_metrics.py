"""Metrics from the log lines of functions.

LocalStack 2026.3.0: keeps a line in the embedded metric format as a line of the log, and no more.
AWS: CloudWatch makes metrics of it, without a call of the function's.
Here: the metrics are put, as PutMetricData would, about a second after the invocation; beside it, so that no invocation
waits for them.
"""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import batched
from queue import Queue
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.logs import LogHandler, LogItem

from millrace_localstack.plugin.cloudwatch.embedded import Datum, metric_data

LOG = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
# Limits of PutMetricData: values in an entry, entries in a call.
MOST_VALUES, MOST_DATA = 150, 1_000

# Account, region and log of an invocation.
_logs: Queue[tuple[str, str, str]] = Queue()


def apply() -> None:
    original = LogHandler.add_logs

    def add_logs(self: Any, log_item: LogItem) -> None:
        original(self, log_item)
        account = self.role_arn.split(":")[4]
        _logs.put((account, self.region, log_item.logs))

    LogHandler.add_logs = add_logs
    threading.Thread(target=_run, name="embedded-metrics", daemon=True).start()


def _run() -> None:
    while True:
        logs = [_logs.get()]  # waits for the first
        time.sleep(INTERVAL_SECONDS)
        logs += [_logs.get() for _ in range(_logs.qsize())]
        try:
            _put(logs)
        except Exception as error:  # whatever LocalStack raises while it stops: there may be a next time
            LOG.warning("metrics of a log were not put: %s", error)


def _put(logs: list[tuple[str, str, str]]) -> None:
    found: dict[tuple[str, str, str], list[Datum]] = defaultdict(list)
    for account, region, log in logs:
        for namespace, datum in _metrics(log):
            found[account, region, namespace].append(datum)
    for (account, region, namespace), data in found.items():
        client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
        for some in batched(_together(data), MOST_DATA, strict=False):
            client.put_metric_data(Namespace=namespace, MetricData=list(some))


def _metrics(log: str) -> Iterator[tuple[str, Datum]]:
    for line in log.splitlines():
        try:
            yield from metric_data(line)
        except ValueError as error:
            LOG.warning("%s", error)


def _together(data: list[Datum]) -> Iterator[Datum]:
    """Values of one metric and second as one entry: LocalStack writes each entry to its database by itself."""
    same: dict[tuple[Any, ...], Counter[float]] = defaultdict(Counter)
    first: dict[tuple[Any, ...], Datum] = {}
    for datum in data:
        dimensions = tuple((one["Name"], one["Value"]) for one in datum["Dimensions"])
        key = (datum["MetricName"], dimensions, datum["Unit"], int(datum["Timestamp"]))
        first.setdefault(key, datum)
        same[key].update(datum["Values"])
    for key, counts in same.items():
        for some in batched(counts.items(), MOST_VALUES, strict=False):
            yield first[key] | {"Values": [value for value, _ in some], "Counts": [float(count) for _, count in some]}
