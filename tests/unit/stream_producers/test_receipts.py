from pathlib import Path

from stream_producers import Receipt, ReceiptFile, read_receipts

RECEIPTS = [
    Receipt("e-1", ("stream", "shard-0", "17"), "event_stream", "2026-01-01T00:00:00.000Z", None, 1),
    Receipt('é "2"\n', (), "stdout", "2026-01-01T00:00:00.000Z", "INVALID_JSON", None),
]


def test_receipts_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "receipts.jsonl"
    with ReceiptFile(path) as write:
        write(RECEIPTS[:1])
        write(RECEIPTS[1:])
    assert list(read_receipts(path)) == RECEIPTS


def test_a_receipt_is_one_documented_line(tmp_path: Path) -> None:
    with ReceiptFile(tmp_path / "r") as write:
        write(RECEIPTS[:1])
    assert (tmp_path / "r").read_text() == (
        '{"event_id": "e-1", "position": ["stream", "shard-0", "17"], "path": "event_stream", '
        '"sent_at": "2026-01-01T00:00:00.000Z", "expected_code": null, "outcome": 1, "event_index": null}\n'
    )


def test_a_run_replaces_the_receipts_of_another(tmp_path: Path) -> None:
    for receipt in RECEIPTS:
        with ReceiptFile(tmp_path / "r") as write:
            write([receipt])
    assert list(read_receipts(tmp_path / "r")) == RECEIPTS[1:]
