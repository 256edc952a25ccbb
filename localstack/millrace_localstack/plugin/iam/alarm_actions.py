"""The actions of alarms.

LocalStack 2026.3.0: publishes to an alarm's topic as the account; an action that fails fails the alarm's evaluation.
AWS: publishes as CloudWatch, for the alarm; an action that fails is in the alarm's history.
Here: likewise.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.cloudwatch import AlarmHistoryItem, HistoryItemType
from localstack.aws.connect import connect_to
from localstack.services.cloudwatch import provider_v2
from localstack.services.cloudwatch.models import cloudwatch_stores
from localstack.utils.aws.arns import cloudwatch_alarm_arn

_acting = threading.local()


def apply() -> None:
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
