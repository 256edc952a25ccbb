"""Metrics of many calls, put together: what a call measured is in CloudWatch about a second later.

LocalStack writes each call of PutMetricData to its database by itself, and each entry in it again.
"""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import batched
from queue import SimpleQueue
from typing import Any, NamedTuple

from localstack.aws.connect import connect_to

from millrace_localstack.plugin.cloudwatch.embedded import Datum

LOG = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
# Limits of PutMetricData: values in an entry, entries in a call.
MOST_VALUES, MOST_DATA = 150, 1_000


class MeasuredMetrics(NamedTuple):
    """metrics : namespace and datum of each; looked at when it is put, so that a call need not wait for it."""

    account: str
    region: str
    metrics: Iterable[tuple[str, Datum]]


def later(measured: MeasuredMetrics) -> None:
    """Have metrics put with the next ones."""
    _waiting().put(measured)


@cache
def _waiting() -> SimpleQueue[MeasuredMetrics]:
    """What is to be put, and the thread that does it."""
    waiting: SimpleQueue[MeasuredMetrics] = SimpleQueue()
    threading.Thread(target=_run, args=[waiting], name="metric-puts", daemon=True).start()
    return waiting


def _run(waiting: SimpleQueue[MeasuredMetrics]) -> None:
    while True:
        some = [waiting.get()]  # waits for the first
        time.sleep(INTERVAL_SECONDS)
        some += [waiting.get() for _ in range(waiting.qsize())]
        try:
            _put(some)
        except Exception as error:  # whatever LocalStack raises while it stops: there may be a next time
            LOG.warning("metrics were not put: %s", error)


def _put(some: list[MeasuredMetrics]) -> None:
    found: dict[tuple[str, str, str], list[Datum]] = defaultdict(list)
    for account, region, metrics in some:
        for namespace, datum in metrics:
            found[account, region, namespace].append(datum)
    for (account, region, namespace), data in found.items():
        client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
        for part in batched(_together(data), MOST_DATA, strict=False):
            client.put_metric_data(Namespace=namespace, MetricData=list(part))


def _together(data: list[Datum]) -> Iterator[Datum]:
    """Values of one metric and second as one entry."""
    same: dict[tuple[Any, ...], Counter[float]] = defaultdict(Counter)
    first: dict[tuple[Any, ...], Datum] = {}
    for datum in data:
        dimensions = tuple((one["Name"], one["Value"]) for one in datum["Dimensions"])
        key = (datum["MetricName"], dimensions, datum.get("Unit"), int(datum["Timestamp"]))
        first.setdefault(key, datum)
        same[key].update(datum["Values"])
    for key, counts in same.items():
        for some in batched(counts.items(), MOST_VALUES, strict=False):
            yield first[key] | {"Values": [value for value, _ in some], "Counts": [float(count) for _, count in some]}
