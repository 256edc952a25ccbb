"""What must hold at the end of every run. Each check raises Violation."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from tests.simulation import models
from tests.simulation.cloud import FAILURES
from tests.simulation.faults import KINDS
from tests.simulation.ledger import Input, Violation, is_prediction_of, prediction_of
from tests.simulation.releases import Released, servings
from tests.simulation.stack import QUARANTINE, Stack

# What fails without a record's being delivered again: what a batch does not need, and what strikes between invocations.
_BESIDE = ("store", "store_wire", "shadow", "shadow_wire", "drift", "drift_wire", "on_failure")
_OF_LAMBDA = ("containers come and go", "function is throttled for long")
_HARMLESS = {name for name, kind in KINDS.items() if kind.where in _BESIDE or name in _OF_LAMBDA}


def check(stack: Stack, *, deduplicate: bool = True) -> None:
    """Every invariant, the most telling first. Without `deduplicate`, a second copy of a prediction is a violation."""
    ledger = stack.ledger
    if stack.unfinished:
        raise Violation("drains", f"without faults, these are still not done: {stack.unfinished}")
    read_quarantine(stack)
    well_formed(stack)
    inputs = ledger.inputs.values()
    one_end_each(stack, inputs)
    scenario = stack.scenario
    as_expected(inputs, scenario.may_serve, servings(scenario.releases)[-1], ledger.sentinels)
    bounded(stack, inputs)
    if what_a_batch_needs_works(stack):
        delivered_once(stack)
    if stack.scenario.fault_free:
        without_faults(stack)
    if not deduplicate and (repeated := [entry for entry in inputs if entry.copies > 1]):
        raise Violation("each once", f"{len(repeated)} events have more than one prediction", repeated[0].id)


def read_quarantine(stack: Stack) -> None:
    """Enter the quarantine in the ledger: no stranger in it, each event as it was sent, and no batch under two keys."""
    seen: dict[tuple[bytes, ...], str] = {}
    for key, body in stack.buckets.objects(FAILURES, QUARANTINE).items():
        entries = [json.loads(line) for line in body.splitlines()]
        ids = tuple(_enter(stack, entry) for entry in entries)
        if (other := seen.setdefault(ids, key)) != key:
            raise Violation("quarantine keys", f"{key} and {other} hold the same batch", *ids)
        day = min(entry["source"]["arrived_at"] for entry in entries)[:10].replace("-", "/")
        if not key.startswith(f"{QUARANTINE}{day}/"):
            raise Violation("quarantine keys", f"expected {key} under {day}, when its first event arrived", *ids)
        stack.ledger.days.add(day)


def _enter(stack: Stack, members: dict[str, Any]) -> bytes:
    id: bytes = members["prediction_id"].encode()
    entry = stack.ledger.inputs.get(id)
    if entry is None:
        raise Violation("none invented", f"the quarantine holds {members!r:.200}, which belongs to no event", id)
    if entry.payload.code == "":
        raise Violation("quarantine holds what can never be scored", f"a good event got {members['code']}", id)
    if members["code"] != entry.payload.code:
        raise Violation("right code", f"expected {entry.payload.code}, got {members['code']}", id)
    if base64.b64decode(members["data"], validate=True) != entry.payload.body(entry.number):
        raise Violation("quarantine keeps the event", f"the data of {members!r:.300} are not what was sent", id)
    if (members["partition_key"], members["source"]) != (entry.key, json.loads("{" + entry.source)):
        raise Violation("quarantine keeps the event", f"expected {entry.key} of {entry.source}, got {members!r}", id)
    entry.quarantined = members["code"]
    return id


def well_formed(stack: Stack) -> None:
    """No host got a request that AWS would refuse for what it is: by its limits, its form or its signature."""
    for endpoint in stack.cloud.endpoints:
        if endpoint.counts["refused"]:
            raise Violation(
                "requests as AWS takes them", f"{endpoint.service.name} refused {endpoint.counts['refused']}"
            )


def one_end_each(stack: Stack, inputs: Iterable[Input]) -> None:
    """Exactly one of prediction and quarantine, and nothing left where Lambda and SQS put what they gave up on."""
    for entry in inputs:
        if entry.copies and entry.quarantined:
            raise Violation("none in two", "an event has a prediction and a quarantine entry", entry.id)
        if entry.copies and entry.payload.code:
            raise Violation("right end", f"an event that must get {entry.payload.code} was scored", entry.id)
        if not entry.copies and not entry.quarantined:
            raise Violation("none lost", f"event {entry.number} has neither prediction nor quarantine", entry.id)
    if left := stack.left_behind():
        raise Violation("none left", f"after the redrive there are still {left}")


def as_expected(inputs: Iterable[Input], releases: list[Released], newest: Released, sentinels: int) -> None:
    """Each prediction is, byte for byte up to `scored_at`, what the simulation works out itself.

    Copies by one model version and variant are therefore identical, the score is XGBoost's own, and the variant is
    the one that one of the releases gives to the key, as far as it is sound; of the last events, the newest.
    """
    allowed: dict[str, list[tuple[str, bytes]]] = {}
    for entry in inputs:
        if entry.prediction is None:
            continue
        key = entry.key
        if key not in allowed:
            pairs = dict.fromkeys(release.serves(key) for release in releases)
            allowed[key] = [(version, models.rendered(version, variant).encode()) for version, variant in pairs]
        if entry.number < sentinels:
            served = allowed[key]
        else:
            version, variant = newest.serves(key)
            served = [(version, models.rendered(version, variant).encode())]
        for found in (entry.prediction, *entry.others):
            if not is_prediction_of(found, entry, served):
                expected = [prediction_of(entry, version, model) for version, model in served]
                raise Violation("identical copies", f"expected one of {expected}, got {found!r}", entry.id)


def bounded(stack: Stack, inputs: Iterable[Input]) -> None:
    """No more copies than deliveries of the record and commits that the scorer was not told of."""
    deliveries = stack.ledger.deliveries
    for entry in inputs:
        most = deliveries[entry.delivery] + deliveries[entry.part]
        if entry.acknowledged > most:
            text = f"expected at most {most} acknowledged copies, got {entry.acknowledged} of {entry.copies}"
            raise Violation("duplicates bounded", text, entry.id)


def what_a_batch_needs_works(stack: Stack) -> bool:
    """Whether nothing failed but the model store, the shadow and Lambda's own, and no batch was without a model."""
    harmless = stack.scenario.faults.kinds <= _HARMLESS
    return harmless and not stack.ledger.counts["ModelUnavailable"] and not stack.ledger.counts["TimedOut"]


def delivered_once(stack: Stack) -> None:
    """No retry of a source is spent: each record is settled by the first invocation that gets it."""
    for name, count in stack.ledger.deliveries.items():
        if count > 1:
            raise Violation("retries spent", f"sink and quarantine worked, and {name} was delivered {count} times")


def without_faults(stack: Stack) -> None:
    """Without faults: each event once, in its key's order, and nothing needs a redrive."""
    last: dict[str, int] = {}
    for entry in stack.ledger.order:
        if entry.copies > 1:
            raise Violation("no duplicate without faults", f"{entry.copies} copies", entry.id)
        if entry.lane is None:
            continue
        if entry.number < last.get(entry.lane, -1):
            raise Violation("order per key", f"key {entry.lane!r}: {entry.number} after {last[entry.lane]}", entry.id)
        last[entry.lane] = entry.number
    if stack.ledger.counts["redriven"]:
        raise Violation("no redrive without faults", f"{stack.ledger.counts['redriven']} records were redriven")
