"""Counting a run of many items, in bounded memory."""

import json
import tracemalloc

import pytest

from batches.finish import RunAccount
from batches.item import BatchItem, Span
from batches.results import elements
from batches.score import ItemCounts

ITEMS = 10_000


def item(part: int, key: str = "a") -> BatchItem:
    return BatchItem(
        part, (Span(bucket="b", key=key, version="v", etag="", modified_at="", start=0, end=9, first=0, rows=9),)
    )


def counted(items: int) -> RunAccount:
    account = RunAccount()
    for part in range(items):
        account.plan(item(part, f"key-{part // 10}"))
    for part in range(0, items, 2):
        account.score(ItemCounts(part, 9, 7, 1, 1))
    return account


def test_an_item_takes_a_few_bytes() -> None:
    tracemalloc.start()
    account = counted(ITEMS)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 48 * ITEMS
    half = ITEMS // 2
    assert account.to_json() == {
        "rows": 9 * ITEMS,
        "predictions": 7 * half,
        "quarantined": half,
        "ignored": half,
        "failed": 9 * half,
        "items": ITEMS,
        "items_failed": half,
        "objects": ITEMS // 10,
    }
    assert account.trouble() == ""


def test_the_last_counts_of_a_part_count() -> None:
    account = counted(3)
    account.score(ItemCounts(0, 9, 8, 1, 1))
    assert account.trouble() == "part 0: expected 9 rows, got 8 predictions, 1 quarantined, 1 ignored"
    account.score(ItemCounts(0, 9, 8, 1, 0))
    assert account.trouble() == ""


def test_counts_of_parts_that_were_not_planned_are_trouble() -> None:
    account = counted(3)
    account.score(ItemCounts(3, 9, 9, 0, 0))
    assert "those of part 3" in account.trouble()


def test_parts_that_are_missing_in_a_plan_are_trouble() -> None:
    account = RunAccount()
    account.plan(item(1))
    assert account.trouble() == "expected part 0 to be planned, got part 1"


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_result_files_are_read_block_by_block(block: int) -> None:
    rows = [{"Output": json.dumps({"name": "é[,]{ }" * place}), "n": place} for place in range(5)]
    text = json.dumps(rows, indent=1, ensure_ascii=False).encode()
    blocks = [text[at : at + block] for at in range(0, len(text), block)]
    assert list(elements(blocks)) == rows
    assert list(elements([b"[]"])) == []


def test_a_result_file_that_ends_early_is_an_error() -> None:
    with pytest.raises(ValueError, match="ends early"):
        list(elements([b'[{"a": 1}, {"b": ']))
