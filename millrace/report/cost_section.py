"""The section with the cost estimate: every line with its quantity and its price, so that it can be checked."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from millrace.report.cost import CostEstimate, Item, Prices
from millrace.report.markup import h
from millrace.report.parts import section, table
from millrace.report.scale import number

_HEAD = ("what", "quantity", "price", "cost")


def cost(estimate: CostEstimate, prices: Prices) -> Element:
    """What the run's work would cost on AWS, and what the stack costs for a month."""
    money = prices.currency
    inputs = (
        f"An estimate, not a bill: this run's quantities times prices that are an input. Prices in {money}, "
        f"{prices.region}, as of {prices.as_of}: {prices.source}. Look yours up, and give them with --prices."
    )
    lacking = None if estimate.complete else h("p", "Without Lambda: the function's log was not kept.")
    used = table(
        f"This run, {money}",
        _HEAD,
        _rows(estimate.used),
        ("together", "", "", f"{estimate.cost:.6f}"),
    )
    million = h(
        "p",
        f"For a million events in batches like these: {estimate.a_million:.2f} {money}, without the stack itself.",
    )
    standing = table(
        f"Whether or not events come, for a month, {money}",
        _HEAD,
        _rows(estimate.standing, digits=2),
        ("together", "", "", f"{estimate.a_month:.2f}"),
    )
    return section(
        "cost",
        "Cost, estimated",
        h("p", inputs),
        lacking,
        h("figure", used, million),
        h("figure", standing)
        if estimate.standing
        else h("p", "What the stack itself costs is not known: no plan was kept."),
    )


def _rows(items: Sequence[Item], digits: int = 6) -> list[tuple[str | Element, ...]]:
    return [
        (
            f"{item.what} ({item.note})" if item.note else item.what,
            number(item.quantity),
            _price(item),
            f"{item.cost:.{digits}f}",
        )
        for item in items
    ]


def _price(item: Item) -> str:
    price = f"{item.price:.10f}".rstrip("0").rstrip(".")
    names = {1: "", 1_000: " a thousand", 1_000_000: " a million"}
    return price + names[item.per]
