"""An estimate of what a run's work costs on AWS: quantities of the run times prices that are an input."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from millrace.errors import UserError

if TYPE_CHECKING:
    from millrace.report.run import Run

DEFAULT = Path(__file__).with_name("prices.json")
TOLD = ("region", "currency", "as_of", "source")
HOURS_A_MONTH = 730
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in `currency`, in `region`, as of a month; `source` says whose they are."""

    region: str
    currency: str
    as_of: str
    source: str
    kinesis_shard_hour: float
    kinesis_million_put_units: float
    sns_million_publishes: float
    sqs_million_requests: float
    lambda_million_requests: float
    lambda_gb_second_x86_64: float
    lambda_gb_second_arm64: float
    s3_thousand_puts: float
    logs_gb: float
    kms_key_month: float
    alarm_month: float

    @classmethod
    def read(cls, path: Path | None = None) -> "Prices":
        """Read a file like prices.json of this package, which is taken if none is named. Raises UserError."""
        path = path or DEFAULT
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            members: dict[str, Any] = {name: str(document[name]) for name in TOLD}
            members |= {name: float(price) for name, price in document["prices"].items()}
            return cls(**members)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}: expected prices as in {DEFAULT.name} of millrace/report: {error}") from None


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the estimate: a quantity, and the price of `per` of it."""

    what: str
    quantity: float
    price: float
    note: str = ""
    per: int = 1

    @property
    def cost(self) -> float:
        return self.quantity * self.price / self.per


@dataclass(frozen=True, slots=True)
class Estimate:
    """used : what grows with the events. standing : a month of what is there without any.

    complete : whether the log told of every batch; else Lambda's share is missing.
    """

    used: Sequence[Item]
    standing: Sequence[Item]
    events: int
    complete: bool

    @property
    def cost(self) -> float:
        return sum(item.cost for item in self.used)

    @property
    def a_million(self) -> float:
        """For a million events, in batches of this size and mix."""
        return self.cost / self.events * MILLION if self.events else 0.0

    @property
    def a_month(self) -> float:
        return sum(item.cost for item in self.standing)


def estimate(run: "Run", prices: Prices) -> Estimate:
    """The estimate of a run. What the run does not tell is left out of it."""
    return Estimate(_used(run, prices), _standing(run, prices), run.counts.events, run.log.invocations > 0)


def _used(run: "Run", prices: Prices) -> list[Item]:
    counts, log = run.counts, run.log
    put = prices.kinesis_million_put_units
    arm = run.stack.architecture == "arm64"
    quarantines = sum(batch.quarantined > 0 for batch in log.batches)
    sinks: Mapping[str, tuple[str, float]] = {
        "sns": ("SNS publishes, prediction sink", prices.sns_million_publishes),
        "sqs": ("SQS requests, prediction sink", prices.sqs_million_requests),
    }
    what, price = sinks.get(run.stack.sink or "", ("Kinesis units of 25 KB, prediction sink", put))
    items = [
        Item("Kinesis units of 25 KB, event stream", counts.event_stream, put, "one a record", MILLION),
        Item(what, counts.predictions, price, "one a prediction", MILLION),
        Item("SNS publishes, event topic", counts.event_topic, prices.sns_million_publishes, per=MILLION),
        Item(
            "SQS requests, event topic",
            3 * counts.event_topic,
            prices.sqs_million_requests,
            "3 a message at most",
            MILLION,
        ),
        Item("Lambda requests", log.invocations, prices.lambda_million_requests, per=MILLION),
        Item(
            "Lambda GB-seconds",
            log.gigabyte_seconds,
            (prices.lambda_gb_second_arm64 if arm else prices.lambda_gb_second_x86_64) * MILLION,
            "as billed where it ran; on AWS they differ",
            MILLION,
        ),
        Item("S3 puts, quarantine", quarantines, prices.s3_thousand_puts, "one a batch with any", 1_000),
        Item("CloudWatch Logs, MB", log.size / 1e6, prices.logs_gb, per=1_000),
    ]
    return [item for item in items if item.quantity]


def _standing(run: "Run", prices: Prices) -> list[Item]:
    stack = run.stack
    items = [
        Item("Kinesis shard hours", (stack.shards or 0) * HOURS_A_MONTH, prices.kinesis_shard_hour, "730 h a shard"),
        Item("KMS keys", stack.keys or 0, prices.kms_key_month),
        Item("CloudWatch alarms", stack.alarms or 0, prices.alarm_month),
    ]
    return [item for item in items if item.quantity]
