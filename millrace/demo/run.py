"""The demo: events in by each source, predictions out, and every event accounted for."""

import json
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rich.console import Group
from rich.live import Live

from millrace.accounting import kept
from millrace.accounting.account import Account
from millrace.accounting.identity import by_id
from millrace.accounting.prediction import Prediction
from millrace.accounting.settle import Settlement
from millrace.accounting.sink_reader import SinkReader
from millrace.console import show
from millrace.demo.traffic import Load, send
from millrace.model import catalogue
from millrace.paths import ROOT, SCRATCH
from millrace.report import invocations
from millrace.stack import Stack
from stream_producers.receipts import Receipt, ReceiptFile
from stream_producers.report import Report

LATEST = 5


class DemoOutcome(NamedTuple):
    """What came of a load: its receipts, their account, the events that the stack did not take, by reason, and the
    predictions that were found."""

    receipts: Sequence[Receipt]
    account: Account
    refused: Counter[str]
    predictions: Sequence[Prediction] = ()


class DemoRun:
    """One load through the stack, watched from end to end."""

    def __init__(self, stack: Stack, load: Load) -> None:
        self._stack, self._load = stack, load
        self._settlement = Settlement(stack)
        self._latest: deque[Prediction] = deque(maxlen=LATEST)
        self._progress = show.bars()
        self._sent = {
            name: self._progress.add_task(f"sent to {name.replace('_', ' ')}", total=count)
            for name, count in load.events.items()
        }
        total = sum(load.events.values())
        self._settled = self._progress.add_task("predicted or quarantined", total=total)

    def __call__(self) -> DemoOutcome:
        """Send the load, wait until it is settled, and account for it."""
        with (
            Live(get_renderable=self._view, console=show.CONSOLE, refresh_per_second=8),
            SinkReader(self._stack, self._on_predictions) as reader,
        ):
            reports, receipts = send(self._stack, self._load, self._on_sent)
            settled = self._settlement.wait(receipts, check=reader.check, on_settled=self._on_settled)
        refused = sum((report.reasons for report in reports), Counter[str]())
        return DemoOutcome(receipts, settled, refused, tuple(self._settlement.found.predictions.values()))

    def _on_sent(self, source: str, report: Report) -> None:
        self._progress.update(self._sent[source], completed=report.sent)

    def _on_predictions(self, predictions: Sequence[Prediction]) -> None:
        self._settlement.add(predictions)
        self._latest.extend(predictions[-LATEST:])
        found = self._settlement.found
        self._on_settled(len(found.predictions) + len(found.quarantined))

    def _on_settled(self, count: int) -> None:
        self._progress.update(self._settled, completed=count)

    def _view(self) -> Group:
        return Group(show.predictions_table(tuple(self._latest)), "", self._progress)


def keep(stack: Stack, outcome: DemoOutcome, sources: Sequence[Path]) -> Path:
    """Write down a run, as `millrace.accounting.kept` lists it, with copies of `sources`; the folder, from the root."""
    folder = SCRATCH / "runs" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    with ReceiptFile(folder / kept.RECEIPTS) as write:
        write(outcome.receipts)
    (folder / kept.SUMMARY).write_text(json.dumps(asdict(outcome.account), indent=2))
    sent = by_id(outcome.receipts, stack.outputs["model"]["name"])
    kept.write_predictions(folder / kept.PREDICTIONS, outcome.predictions, sent)
    for path in sources:
        if path.exists():
            (folder / path.name).write_bytes(path.read_bytes())
    _keep_drift(stack, outcome, folder)
    (folder / kept.LOG).write_text(_function_log(stack, _began(outcome.receipts)))
    return folder.relative_to(ROOT)


def engines(folder: Path) -> str:
    """What scored a run that was kept: the native engine, or Python and XGBoost's library."""
    log = ROOT / folder / kept.LOG
    return invocations.read(log.read_text()).engines() if log.exists() else ""


def _keep_drift(stack: Stack, outcome: DemoOutcome, folder: Path) -> None:
    """The champion's manifest, and how the features of what was scored are spread; nothing without a release."""
    store = stack.model_store()
    if (release := catalogue.current(store)) is None:
        return
    manifest = store.artifact(release.champion).manifest
    (folder / kept.MANIFEST).write_bytes(manifest.to_bytes())
    kept.write_drift(folder / kept.DRIFT, manifest, outcome.predictions)


def _began(receipts: Sequence[Receipt]) -> int:
    """When the first event was sent, in milliseconds; 0 without any."""
    return min((int(datetime.fromisoformat(r.sent_at).timestamp() * 1000) for r in receipts), default=0)


def _function_log(stack: Stack, since: int) -> str:
    """The function's log from then on: a stack that was up before has the batches of former runs in it."""
    pages = stack.client("logs").get_paginator("filter_log_events")
    group = stack.outputs["scorer"]["log_group"]
    return "".join(
        f"{event['message'].rstrip()}\n"
        for page in pages.paginate(logGroupName=group, startTime=since)
        for event in page["events"]
    )
