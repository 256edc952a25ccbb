"""A run as `make demo` keeps it, of synthetic sessions whose truth is known; nothing ran."""

import json
from collections import Counter
from dataclasses import asdict
from functools import cache
from itertools import islice
from pathlib import Path

from millrace.accounting import kept
from millrace.accounting.account import Found, account
from millrace.accounting.prediction import Prediction
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from model_store.artifact import Artifact
from model_store.manifest import Manifest
from records.faults import Code
from records.timestamps import timestamp
from stream_producers.receipts import Receipt, ReceiptFile
from stream_producers.synthetic import LABEL, Sessions
from telemetry.batch_report import BatchReport
from telemetry.metrics import BATCH_DURATION, Metrics
from tests.fakes.clock import FakeClock
from tests.fakes.runs import by_key

BEGAN = 1_795_264_867.0
NATIVE = {"engine": "native", "scored_by": {"champion": "native"}}


def told(report: BatchReport, milliseconds: float, **notes: object) -> str:
    """What the scorer logs of a batch; the lines by code too."""
    lines: list[str] = []
    clock = FakeClock(now=0.0)
    metrics = Metrics("millrace-scorer", lines.append, clock, timer=clock)
    with metrics.timed(BATCH_DURATION):
        clock.sleep(milliseconds / 1000)
    metrics.note(**notes)
    metrics.report(report)
    metrics.write("1", "1")
    return "\n".join(lines)


LOG = f"""\
START RequestId: 1 Version: 1
{{"timestamp": "2026-11-21T12:41:08.021Z", "level": "INFO", "logger": "serving.models", "message": "release loaded"}}
{told(BatchReport(300, 298, Counter({Code.WRONG_TYPE: 2})), 41.5, **NATIVE)}
END RequestId: 1
REPORT RequestId: 1\tDuration: 50.00 ms\tBilled Duration: 51 ms\tMemory Size: 2048 MB\tMax Memory Used: 62 MB\t\
Init Duration: 812.40 ms
{told(BatchReport(102, 100, failed=2), 12.5, **NATIVE)}
REPORT RequestId: 2\tDuration: 19.00 ms\tBilled Duration: 20 ms\tMemory Size: 2048 MB\tMax Memory Used: 62 MB
{told(BatchReport(1, 1), 1.5, **NATIVE)[:500]}
"""


def _resource(address: str, **values: object) -> dict[str, object]:
    data = address.startswith("data.")
    kind = address.split(".")[1] if data else address.split(".")[-2]
    return {"type": kind, "address": address, "mode": "data" if data else "managed", "values": values}


RESOURCES = [
    _resource("module.millrace.module.event_stream.aws_kinesis_stream.events", shard_count=2),
    _resource("module.millrace.module.prediction_sink.aws_kinesis_stream.predictions[0]", shard_count=3),
    _resource("module.millrace.module.encryption.aws_kms_key.millrace"),
    _resource("data.aws_kms_public_key.signing"),
    _resource("module.millrace.module.scorer.module.function.aws_lambda_function.this", architectures=["arm64"]),
]
PLAN = {"planned_values": {"root_module": {"child_modules": [{"resources": RESOURCES}]}}}


@cache
def artifact() -> Artifact:
    """A model that knows the sessions' features, with a baseline of 2,000 of them."""
    return train(labelled(Sessions(1).table(2_000), LABEL), Recipe("purchase-intent", "1", rounds=2))


def manifest() -> Manifest:
    return artifact().manifest


def keep(folder: Path, *, seed: int = 7, lost: int = 0, challenger: bool = True) -> Path:
    """Keep a run of 400 sessions, whose scores are their true probabilities, and two bad events.

    seed : of the sessions. lost : so many events are found nowhere. challenger : half the keys are a challenger's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    events = list(islice(Sessions(seed).events(), 402))
    chances = Sessions(seed).probability(402).tolist()
    receipts = [
        Receipt(
            event.event_id,
            (f"id-{i}",),
            "event_topic" if i % 20 == 0 else "event_stream",
            timestamp(BEGAN + i / 100),
            "WRONG_TYPE" if i >= 400 else None,
            event.outcome if i < 400 else None,
        )
        for i, event in enumerate(events)
    ]
    predictions = [
        Prediction(
            f"id-{i}",
            event.event_id,
            "2" if (c := challenger and i % 2 == 1) else "1",
            "challenger" if c else "champion",
            chances[i],
            "1" if chances[i] >= 0.5 else "0",
            receipts[i].path,
            BEGAN + i / 100,
            BEGAN + i / 100 + 0.05 + (i % 50) / 100,
        )
        for i, event in enumerate(events[: 400 - lost])
    ]
    found = Found(quarantined={"id-400": "WRONG_TYPE", "id-401": "WRONG_TYPE"})
    found.add(predictions)
    with ReceiptFile(folder / kept.RECEIPTS) as write:
        write(receipts)
    (folder / kept.SUMMARY).write_text(json.dumps(asdict(account(by_key(*receipts), found))))
    kept.write_predictions(folder / kept.PREDICTIONS, predictions, by_key(*receipts))
    (folder / kept.MANIFEST).write_bytes(manifest().to_bytes())
    kept.write_drift(folder / kept.DRIFT, manifest(), predictions)
    (folder / kept.LOG).write_text(LOG)
    (folder / kept.PLAN).write_text(json.dumps(PLAN))
    return folder
