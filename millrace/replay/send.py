"""Events to a source of a stack, and their outcomes to its evaluator."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from time import sleep, time

from millrace import sources
from millrace.accounting.identity import by_id
from millrace.errors import UserError
from millrace.services.kinesis import SERVICE
from millrace.stack import Stack
from model_store.manifest import Manifest
from model_store.release import Release
from stream_producers.event import Event
from stream_producers.pace import Pace
from stream_producers.produce import produce
from stream_producers.receipts import Receipt
from stream_producers.report import Report
from stream_producers.targets import KinesisTarget, Target
from stream_producers.targets.aws import settings


def target(stack: Stack, name: str) -> Target:
    """The source of the stack that events go to. Raises UserError."""
    deployed = sources.deployed(stack.outputs)
    if name not in deployed:
        raise UserError(f"--to: expected a source of the stack ({', '.join(deployed)}), got {name!r}")
    part, output = deployed[name]
    if (found := part.target(output, stack.client)) is None:
        raise UserError(f"--to {name}: expected a source that takes events from here, got one of type {part.name}")
    return found


def check_bytes(manifest: Manifest, name: str, to: Target) -> None:
    """Raises UserError where a source cannot carry what the model reads."""
    if to.text_only and manifest.event.max_inflated is not None:
        raise UserError(
            f"--to {name}: expected a source that carries bytes, as {manifest.name} {manifest.version} reads "
            "compressed records, got one of text"
        )


def wait_for_release(stack: Stack, release: Release, note: Callable[[str], None]) -> None:
    """Wait until every container of the scorer has the release: until then the champion before may read the events.

    A first release needs no waiting, since no container serves without one.
    """
    poll = stack.outputs["scorer"].get("release_poll_seconds") or 0
    if release.previous is None or poll <= 0:
        return
    age = time() - datetime.fromisoformat(release.updated_at).timestamp()
    if 0 <= age < poll:
        note(f"waiting {poll - age:.0f} s: until then containers may serve {release.previous.version}")
        sleep(poll - age)


def send(
    events: Iterable[Event], to: Target, pace: Pace, on_progress: Callable[[Report], None]
) -> tuple[Report, list[Receipt]]:
    """Send the events; the report, and the receipts of what was accepted."""
    receipts: list[Receipt] = []
    return produce(events, to, pace=pace, receipts=receipts.extend, on_progress=on_progress), receipts


def send_outcomes(stack: Stack, receipts: Sequence[Receipt]) -> Report | None:
    """Send the truths to the stream that the evaluator reads; None without an evaluator or without a truth."""
    evaluator = stack.outputs.get("evaluator")
    known = [receipt for receipt in receipts if receipt.outcome is not None and receipt.expected_code is None]
    if not evaluator or not known:
        return None
    name, kinesis = evaluator["outcomes_stream"]["name"], stack.client(SERVICE, settings(KinesisTarget.limits.calls))
    return produce(_outcomes(known, stack.outputs["model"]["name"]), KinesisTarget.open(name, kinesis))


def _outcomes(receipts: Sequence[Receipt], model: str) -> Iterator[Event]:
    """An outcome as docs/contracts.md has it: by prediction id, which no second replay of the same file has."""
    for key, receipt in by_id(receipts, model).items():
        document = {"prediction_id": key, "event_id": receipt.event_id, "outcome": receipt.outcome}
        yield Event(receipt.event_id, json.dumps(document).encode(), key[:32])
