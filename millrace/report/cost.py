"""An estimate of what a run's work costs on AWS: quantities of the run times prices that are an input."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from millrace import sources
from millrace.errors import UserError
from millrace.report.plan import Sizes
from millrace.services.charges import MILLION, Charge
from millrace.sinks import PREDICTION_SINK, SINKS

if TYPE_CHECKING:
    from millrace.report.run import KeptRun

DEFAULT = Path(__file__).with_name("prices.json")
DESCRIBED = ("region", "currency", "as_of", "source")


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by name, in `currency`, in `region`, as of a month; `source` says whose they are."""

    region: str
    currency: str
    as_of: str
    source: str
    prices: Mapping[str, float]

    @classmethod
    def read(cls, path: Path | None = None) -> "Prices":
        """Read a file with the members of prices.json of this package, the default. Raises UserError."""
        path = path or DEFAULT
        try:
            document, names = _document(path), _document(DEFAULT)["prices"].keys()
            prices = {name: float(price) for name, price in document["prices"].items()}
            if prices.keys() != names:
                raise ValueError(", ".join(sorted(prices.keys() ^ names)))
            return cls(**{name: str(document[name]) for name in DESCRIBED}, prices=prices)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}: expected prices as in {DEFAULT.name} of millrace/report: {error}") from None


def _document(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


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
class CostEstimate:
    """used : what grows with the events. standing : a month of what is there without any.

    complete : whether the log has every batch; else Lambda's share is missing.
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


def estimate(run: "KeptRun", prices: Prices) -> CostEstimate:
    """The estimate of a run. What is not known of the run is left out."""
    return CostEstimate(_used(run, prices), _standing(run, prices), run.counts.events, run.log.invocations > 0)


def _used(run: "KeptRun", prices: Prices) -> list[Item]:
    counts, log, price = run.counts, run.log, prices.prices
    gigabyte_second = "lambda_gb_second_arm64" if run.stack.architecture == "arm64" else "lambda_gb_second_x86_64"
    quarantines = sum(batch.quarantined > 0 for batch in log.batches)
    # Without a plan the sink is the usual one.
    sink = SINKS.get(run.stack.sink or "") or next(iter(SINKS.values()))
    items = [
        *(
            item
            for path, number in counts.sources.items()
            for item in _charged(_charges(run.stack, path), path, number, prices)
        ),
        *_charged(sink.charges, PREDICTION_SINK, counts.predictions, prices),
        Item("Lambda requests", log.invocations, price["lambda_million_requests"], per=MILLION),
        Item(
            "Lambda GB-seconds",
            log.gigabyte_seconds,
            price[gigabyte_second] * MILLION,
            "as billed where it ran; on AWS they differ",
            MILLION,
        ),
        Item("S3 puts, quarantine", quarantines, price["s3_thousand_puts"], "one a batch with any", 1_000),
        Item("CloudWatch Logs, MB", log.size / 1e6, price["logs_gb"], per=1_000),
    ]
    return [item for item in items if item.quantity]


def _charges(stack: Sizes, path: str) -> list[Charge]:
    """Of the source at a box, by how the stack is built; by its usual charges where that is not known."""
    charges = sources.at(path).charges
    return [charge for charge in charges if not charge.resource or not stack.lacks(charge.resource, path)]


def _charged(charges: Sequence[Charge], box: str, number: int, prices: Prices) -> Iterator[Item]:
    """What a source or sink is charged for `number` events or predictions. box : its name in the architecture."""
    for charge in charges:
        what = f"{charge.what}, {box.replace('_', ' ')}"
        yield Item(what, number * charge.each, prices.prices[charge.price], charge.note, charge.per)


def _standing(run: "KeptRun", prices: Prices) -> list[Item]:
    return [
        Item(charge.what, number * charge.each, prices.prices[charge.price], charge.note)
        for charge, number in run.stack.standing.items()
        if number
    ]
