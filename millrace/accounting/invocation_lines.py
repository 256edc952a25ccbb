"""The lines that the scorer logs for its invocations, as they are read again. docs/contracts.md, "Metrics"."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telemetry.emf import NAMESPACE
from telemetry.metrics import EVENTS


@dataclass(frozen=True, slots=True)
class LoggedInvocation:
    """One invocation of the scorer.

    at : when it ended, in seconds since the epoch. metrics : by the names and in the units of `scorer.metrics`.
    properties : what else is in its line.
    """

    at: float
    metrics: Mapping[str, float]
    properties: Mapping[str, Any]

    def metric(self, name: str) -> float:
        """A metric; 0 where the line leaves it out."""
        return self.metrics.get(name, 0)

    def counted(self, name: str) -> Mapping[str, int]:
        """A property that counts by a name, such as `quarantined` by code; empty where it is left out."""
        value = self.properties.get(name)
        return value if isinstance(value, dict) else {}

    @property
    def error(self) -> str:
        """What the invocation raised, by its name; empty where it ended well."""
        return str(self.properties.get("error", "unknown")) if self.properties.get("level") == "ERROR" else ""


def read(line: str) -> LoggedInvocation | None:
    """The invocation in a line of the function's log; None where it is another line, or one that was cut off."""
    begin = line.find('{"_aws"')
    if begin < 0:
        return None
    try:
        members = json.loads(line[begin:])
        directive = members["_aws"]["CloudWatchMetrics"][0]
        names = [metric["Name"] for metric in directive["Metrics"]]
        if directive["Namespace"] != NAMESPACE or EVENTS not in names:
            return None  # by code: the invocation's own line has those numbers too
        metrics = {name: float(members.pop(name)) for name in names}
        return LoggedInvocation(members.pop("_aws")["Timestamp"] / 1000, metrics, members)
    except (ValueError, KeyError, IndexError, TypeError):
        return None
