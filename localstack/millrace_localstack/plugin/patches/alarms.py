"""When alarms are evaluated, and which.

LocalStack 2026.3.0: evaluates an alarm once in all of its periods together, in hours if those are hours; knows neither
metric math nor percentiles, and leaves alarms on them in INSUFFICIENT_DATA.
AWS: evaluates every alarm about once a minute.
Here: all are evaluated, every few seconds, by the rule in `plugin/cloudwatch/alarm.py`. Periods end now, not with the
minute, and are as long as `plugin/pace.py` makes them.
"""

import logging
import sqlite3
import time
from contextlib import closing
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.cloudwatch.alarm_scheduler import AlarmScheduler
from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase
from localstack.services.cloudwatch.models import cloudwatch_stores
from localstack.utils.aws.arns import parse_arn

from millrace_localstack.plugin import pace
from millrace_localstack.plugin.cloudwatch import alarm

LOG = logging.getLogger(__name__)

EVERY_SECONDS = 5.0 / pace.FACTOR

# Dimensions are one text there, sorted by name; a set of statistics in the place of values is not looked at.
SAMPLES = f"""
    SELECT timestamp, value FROM {CloudwatchDatabase.TABLE_SINGLE_METRICS}
    WHERE account_id = ? AND region = ? AND namespace = ? AND metric_name = ? AND dimensions IS ? AND timestamp > ?
"""  # noqa: S608 - the name of a table


def apply() -> None:
    def schedule_metric_alarm(self: Any, alarm_arn: str) -> None:
        self.delete_scheduler_for_alarm(alarm_arn)
        self.scheduled_alarms[alarm_arn] = self.scheduler.schedule(
            func=_evaluate,
            period=EVERY_SECONDS,
            fixed_rate=False,
            args=[alarm_arn],
            on_error=lambda error: LOG.warning("alarm %s was not evaluated: %s", alarm_arn, error),
        )

    AlarmScheduler.schedule_metric_alarm = schedule_metric_alarm


def _evaluate(alarm_arn: str) -> None:
    parsed = parse_arn(alarm_arn)
    account, region = parsed["account"], parsed["region"]
    stored = cloudwatch_stores[account][region].alarms.get(alarm_arn)
    if stored is None:
        return
    definition = stored.alarm
    values = alarm.values(definition, _series(definition, account, region))
    state = alarm.state(definition, values)
    if state is None or state == definition["StateValue"]:
        return
    shown = ", ".join("no data" if value is None else f"{value:g}" for value in values)
    connect_to(aws_access_key_id=account, region_name=region).cloudwatch.set_alarm_state(
        AlarmName=definition["AlarmName"],
        StateValue=state,
        StateReason=f"{definition['ComparisonOperator']} {definition['Threshold']:g}, the newest first: {shown}",
    )


def _series(definition: alarm.Definition, account: str, region: str) -> dict[str, list[float | None]]:
    """The alarm's metrics by Id: the statistic in each period, the newest first."""
    now, count = time.time(), alarm.periods(definition)
    series = {}
    with closing(sqlite3.connect(CloudwatchDatabase.METRICS_DB_READ_ONLY, uri=True)) as database:
        for query in alarm.queries(definition):
            period, metric = query["Period"] / pace.FACTOR, query["Metric"]
            named = sorted(metric.get("Dimensions") or [], key=lambda one: str(one["Name"]))
            dimensions = "".join(f"{one['Name']}={one['Value']}\t" for one in named) or None
            wanted = (account, region, metric["Namespace"], metric["MetricName"], dimensions, now - count * period)
            samples: list[list[float]] = [[] for _ in range(count)]
            for at, value in database.execute(SAMPLES, wanted):
                samples[min(max(int((now - at) // period), 0), count - 1)].append(value)
            series[query["Id"]] = [alarm.statistic(query["Stat"], some) for some in samples]
    return series
