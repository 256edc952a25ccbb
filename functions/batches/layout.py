"""Where the parts of a run are in the batch bucket."""

from __future__ import annotations

RUNS = "runs/"
PREDICTIONS, QUARANTINE, ITEMS, RESULTS, UNPACKED = "predictions/", "quarantine/", "items/", "results/", "unpacked/"
SPEC, PLAN, MANIFEST = "run.json", "plan.json", "manifest.json"


def folder(run: str) -> str:
    return f"{RUNS}{run}/"


def spec(run: str) -> str:
    """What the run scores, by which version."""
    return folder(run) + SPEC


def plan(run: str) -> str:
    """The pages that were planned, and where the plan continues."""
    return folder(run) + PLAN


def manifest(run: str) -> str:
    """The counts of the run, once it has ended."""
    return folder(run) + MANIFEST


def items(run: str, attempt: str) -> str:
    """The items of one attempt, a JSON line for each."""
    return f"{folder(run)}{ITEMS}{attempt}.jsonl"


def results(run: str, attempt: str) -> str:
    """The prefix of what Step Functions writes of one attempt."""
    return f"{folder(run)}{RESULTS}{attempt}"


def unpacked(run: str, digest: str, first: int) -> str:
    """Rows of a compressed object, from the row `first` on. digest : of the object's name and version."""
    return f"{folder(run)}{UNPACKED}{digest}-{first:012}.jsonl"


def predictions(run: str, part: int) -> str:
    """The predictions of one item, a JSON line for each, in the order of its rows."""
    return f"{folder(run)}{PREDICTIONS}{part:08}.jsonl"


def quarantine(run: str, part: int) -> str:
    """The quarantine entries of one item; no object where it has none."""
    return f"{folder(run)}{QUARANTINE}{part:08}.jsonl"
