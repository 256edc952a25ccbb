"""What AWS charges for: by name in the file of prices, multiplied by what a run used or what a plan creates."""

from dataclasses import dataclass

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

    resource : the Terraform resource that is charged; by its `attribute`, which a resource that scales leaves out, or
    once. each : units of the price a month.
    """

    what: str
    price: str
    resource: str
    attribute: str = ""
    each: int = 1
    note: str = ""


KEYS = StandingCharge("KMS keys", "kms_key_month", "aws_kms_key")
ALARMS = StandingCharge("CloudWatch alarms", "alarm_month", "aws_cloudwatch_metric_alarm")
