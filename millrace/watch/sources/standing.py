"""What stands for a while, and is looked at now and then: release, drift, alarms."""

from collections.abc import Callable, Mapping
from typing import Any

from evaluation.expected import expected_of
from millrace.model import catalogue
from millrace.model.drivers import trained_shares
from millrace.watch.updates import Alarm, Alarms, Released
from model_store.errors import ModelStoreError
from model_store.store import ModelStore

RELEASE_SECONDS = 10.0
# DescribeAlarms takes 9 calls a second and account.
ALARMS_SECONDS = 20.0
MOST_ALARMS = 100


def release(store: ModelStore) -> Callable[[Callable[[Released], None]], None]:
    """Looks at the release, and at the manifest of each new champion. Raises what the store raises."""
    known: dict[str, tuple[Mapping[str, float], float | None]] = {}

    def look(tell: Callable[[Released], None]) -> None:
        found = catalogue.released(store)
        if (version := found.champion.version) not in known:
            known.clear()
            known[version] = _of_manifest(store, version)
        tell(Released(found, *known[version]))

    return look


def _of_manifest(store: ModelStore, version: str) -> tuple[Mapping[str, float], float | None]:
    """Nothing where the manifest cannot be read: other sections say what is wrong with a release."""
    try:
        manifest = store.manifest(version)[0]
    except ModelStoreError:
        return {}, None
    expected = expected_of(manifest)
    return trained_shares(manifest), None if expected is None else expected.threshold


def alarms(cloudwatch: Any, wanted: Mapping[str, Any]) -> Callable[[Callable[[Alarms], None]], None]:
    """Looks at the alarms that are `wanted`, as DescribeAlarms asks for them. Raises what the client raises."""

    def look(tell: Callable[[Alarms], None]) -> None:
        found = cloudwatch.describe_alarms(**wanted, MaxRecords=MOST_ALARMS)["MetricAlarms"]
        tell(Alarms([Alarm(it["AlarmName"], it["StateValue"], it.get("StateReason", "")) for it in found]))

    return look
