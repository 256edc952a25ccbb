import gzip
from typing import Any

import pytest

from batches.objects import listed
from batches.plan import ITEM_BYTES
from millrace.batch.estimate import _rows, of_sizes
from millrace.batch.place import Address, format_of
from millrace.errors import UserError
from millrace.report.cost import Prices

SETTINGS = {"architecture": "arm64", "items_per_invocation": 4, "maximum_concurrency": 50, "memory_mb": 1769}


def estimate(size: int, rows: int, objects: int = 1, **settings: Any) -> Any:
    return of_sizes(SETTINGS | settings, objects, size, rows, Prices.read())


def test_more_rows_take_longer_and_cost_more() -> None:
    few, many = estimate(10**8, 300_000), estimate(10**9, 3_000_000)
    assert many.cost > 5 * few.cost
    assert many.seconds > few.seconds
    assert few.invocations == -(-(10**8) // ITEM_BYTES // 4) or few.invocations == 12


def test_concurrency_shortens_a_run_and_costs_nothing() -> None:
    slow, fast = estimate(10**10, 3 * 10**7, maximum_concurrency=1), estimate(10**10, 3 * 10**7)
    assert fast.seconds < slow.seconds / 5
    assert fast.cost == slow.cost


def test_small_objects_are_many_items() -> None:
    assert estimate(5_000 * 100, 5_000, objects=5_000).invocations == 25


def test_a_million_rows_cost_cents() -> None:
    found = estimate(300_000_000, 1_000_000)
    assert 0.001 < found.cost < 0.05
    assert "about 1,000,000 rows" in found.described()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("s3://events/2026/", Address("events", "2026/")), ("s3://events", Address("events", ""))],
)
def test_an_address_is_read(text: str, expected: Address) -> None:
    assert Address.read(text) == expected


@pytest.mark.parametrize("text", ["events/2026", "s3://", "https://events/x", "rows.csv"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected s3://bucket/prefix"):
        Address.read(text)


def test_gzip_is_estimated_by_what_is_in_it(s3: Any) -> None:
    """100,000 rows that are a hundredth of their size; nothing of what is damaged."""
    text = b'{"event_id": "e", "pages": 3}\n' * 100_000
    found = []
    for key, body in (("a.jsonl.gz", gzip.compress(text)), ("b.gz", b"no gzip")):
        s3.put_object(Bucket="models", Key=key, Body=body)
        found.append(_rows(s3, "models", list(listed(s3, "models", key)), len(body)))
    (size, rows), damaged = found
    assert 0.8 < size / len(text) < 1.25
    assert 0.8 < rows / 100_000 < 1.25
    assert damaged == (0, 1)


def test_the_format_follows_the_address_unless_it_is_named() -> None:
    assert format_of(Address("b", "x/rows.csv"), None) == "csv"
    assert format_of(Address("b", "x/rows.csv.gz"), None) == "csv"
    assert format_of(Address("b", "x/"), None) == "lines"
    assert format_of(Address("b", "x/rows.csv"), "objects") == "objects"
    with pytest.raises(UserError, match="--format"):
        format_of(Address("b", ""), "xml")
