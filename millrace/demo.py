"""The demo: events in on both ways, predictions out, and every event accounted for."""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group
from rich.live import Live

from millrace import show
from millrace.accounting import Account, Prediction
from millrace.errors import UserError
from millrace.paths import ROOT, SCRATCH
from millrace.settle import Settlement
from millrace.sink_reader import SinkReader
from millrace.stack import Stack
from millrace.traffic import Load, send
from stream_producers.receipts import Receipt, ReceiptFile
from stream_producers.report import Report

LATEST = 5


class Run:
    """One load through the stack, watched from end to end."""

    def __init__(self, stack: Stack, load: Load) -> None:
        self._stack, self._load = stack, load
        self._settlement = Settlement(stack)
        self._latest: deque[Prediction] = deque(maxlen=LATEST)
        self._progress = show.bars()
        self._sent = {
            "event_stream": self._progress.add_task("sent to event stream", total=load.stream_events),
            "event_topic": self._progress.add_task("sent to event topic", total=load.topic_events),
        }
        total = load.stream_events + load.topic_events
        self._settled = self._progress.add_task("predicted or quarantined", total=total)

    def __call__(self) -> tuple[list[Receipt], Account]:
        """Send the load, wait until it is settled, and account for it. Raises UserError where events were refused."""
        with (
            Live(get_renderable=self._view, console=show.CONSOLE, refresh_per_second=8),
            SinkReader(self._stack, self._on_predictions) as reader,
        ):
            reports, receipts = send(self._stack, self._load, self._on_sent)
            settled = self._settlement.wait(receipts, check=reader.check, on_settled=self._on_settled)
        if failed := sum(report.failed for report in reports):
            raise UserError(f"{failed} events were not taken by the stack: {[report.reasons for report in reports]}")
        return receipts, settled

    def _on_sent(self, way: str, report: Report) -> None:
        self._progress.update(self._sent[way], completed=report.sent)

    def _on_predictions(self, predictions: Sequence[Prediction]) -> None:
        self._settlement.add(predictions)
        self._latest.extend(predictions[-LATEST:])
        self._on_settled(len(self._settlement.found.predictions))

    def _on_settled(self, count: int) -> None:
        self._progress.update(self._settled, completed=count)

    def _view(self) -> Group:
        return Group(show.predictions_table(tuple(self._latest)), "", self._progress)


def keep(stack: Stack, receipts: Sequence[Receipt], settled: Account, sources: Sequence[Path]) -> Path:
    """Write down a run: receipts, summary, function log, and copies of `sources`; the folder, from the root."""
    folder = SCRATCH / "runs" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    with ReceiptFile(folder / "receipts.jsonl") as write:
        write(receipts)
    (folder / "summary.json").write_text(json.dumps(asdict(settled), indent=2))
    (folder / "scorer.log").write_text(_function_log(stack))
    for path in sources:
        if path.exists():
            (folder / path.name).write_bytes(path.read_bytes())
    return folder.relative_to(ROOT)


def _function_log(stack: Stack) -> str:
    pages = stack.client("logs").get_paginator("filter_log_events")
    group = stack.outputs["scorer"]["log_group"]
    return "".join(
        f"{event['message'].rstrip()}\n" for page in pages.paginate(logGroupName=group) for event in page["events"]
    )
