"""Receipts: what was accepted, at which position, and what must come of it.

They account for every event: position and model name make a prediction id, and each must turn up, in a prediction
where `expected_code` is null, in a quarantine entry with that code where it is not.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self


class Receipt(NamedTuple):
    """An event that a target accepted.

    position        of the record that the event became: stream ARN, shard and sequence number, or topic or queue
                    ARN and message id; empty where the target gives none (standard output)
    path            event_stream, event_topic, event_queue or stdout
    sent_at         when the event's first call began: RFC 3339, UTC, milliseconds
    expected_code   the quarantine code that it must get; None where it must be scored
    outcome         the truth: the number of a class (0 or 1), a label or a number; None where it is not known
    event_index     the place of the event in a record that may hold several; else None
    """

    event_id: str
    position: tuple[str, ...]
    path: str
    sent_at: str
    expected_code: str | None
    outcome: int | float | str | None
    event_index: int | None = None


class ReceiptFile:
    """Receipts as JSON Lines. Call it with receipts to append them; it is a context manager.

    A file that exists is replaced.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")

    def __call__(self, receipts: Sequence[Receipt]) -> None:
        self._file.writelines(json.dumps(receipt._asdict()) + "\n" for receipt in receipts)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def read_receipts(path: Path) -> Iterator[Receipt]:
    """The receipts in a file that ReceiptFile wrote, in its order."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            members = json.loads(line)
            yield Receipt(**members | {"position": tuple(members["position"])})
