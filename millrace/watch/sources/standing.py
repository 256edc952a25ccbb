"""What stands for a while, and is looked at now and then: release, drift, alarms."""

from collections.abc import Callable, Mapping
from typing import Any

from millrace.model import catalogue
from millrace.watch.updates import Alarm, Alarms, Released
from model_store.store import ModelStore

RELEASE_SECONDS = 10.0
# DescribeAlarms takes 9 calls a second and account.
ALARMS_SECONDS = 20.0
MOST_ALARMS = 100


def release(store: ModelStore) -> Callable[[Callable[[Released], None]], None]:
    """Looks at the release. Raises what the store raises."""
    return lambda tell: tell(Released(catalogue.released(store)))


def alarms(cloudwatch: Any, wanted: Mapping[str, Any]) -> Callable[[Callable[[Alarms], None]], None]:
    """Looks at the alarms that are `wanted`, as DescribeAlarms asks for them. Raises what the client raises."""

    def look(tell: Callable[[Alarms], None]) -> None:
        found = cloudwatch.describe_alarms(**wanted, MaxRecords=MOST_ALARMS)["MetricAlarms"]
        tell(Alarms([Alarm(it["AlarmName"], it["StateValue"], it.get("StateReason", "")) for it in found]))

    return look
