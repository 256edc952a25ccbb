"""A run folder of a stack that works: what its sink, failure store and log have of the last time."""

import json
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from millrace import sinks, sources
from millrace.accounting import kept
from millrace.accounting.account import Account, Found
from millrace.accounting.failures import Failures
from millrace.accounting.function_log import function_log
from millrace.accounting.prediction import Prediction
from millrace.errors import UserError
from millrace.model import catalogue
from millrace.percentiles import percentiles
from millrace.quarantine import survey
from millrace.report.run import LIVE
from millrace.sinks.operations import Published
from millrace.stack import Stack
from records.timestamps import timestamp

MOST_SECONDS = 120.0  # to read the sink: what is not read by then is left out of the report


def keep(stack: Stack, since: float, folder: Path) -> Path:
    """Write what is known since then, in seconds since the epoch, as `make demo` keeps a run; the folder.

    Without producers' receipts it is not known what was sent: events are those that were found. Raises UserError.
    """
    found = Found()
    found.add(_predictions(stack, since))
    quarantined = survey(stack, timestamp(since))
    Failures(stack).add_to(found)
    target = folder / f"{stack.name}-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S')}"
    target.mkdir(parents=True)
    predictions = list(found.predictions.values())
    # Those of the stack from which nothing came are shown, too.
    sent = Counter(dict.fromkeys((part.path for part, _ in sources.deployed(stack.outputs).values()), 0))
    sent.update(prediction.path for prediction in predictions if prediction.path)
    for group in quarantined.groups:
        sent.update(group.sources)
    codes = Counter[str]()
    for group in quarantined.groups:
        codes[group.code] += group.events
    times = [prediction.arrived_at for prediction in predictions]
    seconds = max((p.published_at for p in predictions), default=0.0) - min(times, default=0.0)
    summary = Account(
        sent=dict(sent),
        predictions=len(predictions),
        quarantined=dict(codes.most_common()),
        on_failure=len(found.held - found.settled),
        unaccounted=(),
        in_two_places=(),
        wrong_code=(),
        duplicates=found.duplicates,
        latency=percentiles(prediction.latency for prediction in predictions),
        rate=len(predictions) / seconds if seconds > 0 else 0.0,
        roc_auc=None,
        dead_letters=len(found.dead_letters - found.settled),
        also_held=len(found.held & found.settled),
    )
    (target / kept.SUMMARY).write_text(json.dumps(asdict(summary) | {LIVE: timestamp(since)}, indent=2))
    kept.write_predictions(target / kept.PREDICTIONS, predictions, {})
    (target / kept.LOG).write_text(function_log(stack, int(since * 1000)))
    store = stack.model_store()
    if release := catalogue.current(store):
        (target / kept.MANIFEST).write_bytes(store.artifact(release.champion).manifest.to_bytes())
    return target


def _predictions(stack: Stack, since: float) -> list[Prediction]:
    """What the sink still has, read until nothing follows."""
    part, output = sinks.deployed(stack.outputs)[sinks.PREDICTION_SINK]
    if (reader := part.reader(output, stack.client, since)) is None:
        raise UserError(f"expected a prediction sink that can be read next to its consumers, got type {part.name}")
    found: list[Prediction] = []
    behind: dict[str, float] = {}

    def deliver(published: Published) -> None:
        found.extend(published.predictions)
        behind[published.shard] = published.behind

    deadline = time.monotonic() + MOST_SECONDS
    reader.open()
    while True:
        before = len(found)
        behind.clear()
        reader(deliver)
        if time.monotonic() > deadline or (len(found) == before and not any(behind.values())):
            return found
        time.sleep(reader.poll_seconds)
