"""What AWS charges for: by name in the file of prices, multiplied by what a run used or what a plan creates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

HOURS_A_MONTH = 730
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Charge:
    """Charged by use. price : its name in prices.json, for `per` of it. each : number for one event or prediction.

    resource : the Terraform resource without which the box is not charged so; empty where it always is.
    """

    what: str
    price: str
    note: str = ""
    each: int = 1
    per: int = MILLION
    resource: str = ""


@dataclass(frozen=True, slots=True)
class StandingCharge:
    """Charged by the month, whether or not events come.

    resource : the Terraform resource that is charged: by its `attribute`, which a resource that scales leaves out; by
    what `units` counts in its planned values; or once. each : units of the price a month.
    """

    what: str
    price: str
    resource: str
    attribute: str = ""
    each: int = 1
    note: str = ""
    units: Callable[[Mapping[str, Any]], int] | None = None


def _metrics(alarm: Mapping[str, Any]) -> int:
    """The metrics that an alarm reads: its own one, or those of its queries, but for the expression over them."""
    return sum(bool(query.get("metric")) for query in alarm.get("metric_query") or ()) or 1


KEYS = StandingCharge("KMS keys", "kms_key_month", "aws_kms_key")
ALARMS = StandingCharge("Metrics of CloudWatch alarms", "alarm_month", "aws_cloudwatch_metric_alarm", units=_metrics)
