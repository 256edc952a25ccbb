"""Fifty seeds through the real scorer, and every event of them accounted for: a million at full size."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

import sinks
import sources
from millrace.paths import ROOT
from tests import scale
from tests.simulation.cloud import SINKS
from tests.simulation.faults import KINDS
from tests.simulation.ledger import Violation
from tests.simulation.run import run
from tests.simulation.totals import ENOUGH, Totals

pytestmark = pytest.mark.long

SEEDS = range(50)
# Each open question, and the answers that it can have.
ANSWERS = {
    "Kinesis: misspelt_key": {"success", "failure"},
    "Kinesis: not_an_object": {"success", "failure"},
    "Kinesis: malformed_list": {"success", "failure"},
    "Kinesis: complete_failure_bisects": {"True", "False"},
    "Kinesis: no_progress_halves": {"True", "False"},
    "Kinesis: split_resets_retries": {"True", "False"},
    "Kinesis: newer_half_first": {"True", "False"},
    "Kinesis: rewrites_same_key": {"True", "False"},
    "SQS: misspelt_key": {"success", "failure"},
    "SQS: not_an_object": {"success", "failure"},
    "SQS: malformed_list": {"success", "failure"},
}


@pytest.fixture(scope="module")
def totals() -> Totals:
    """All seeds, run; the first violation ends it."""
    return Totals.of(run(seed, scale.SIMULATED_EVENTS) for seed in SEEDS)


def test_nothing_is_lost(totals: Totals, record_property: Callable[[str, object], None]) -> None:
    record_property("figures", "\n".join(["simulation", *totals.lines()]))
    assert totals.records >= len(SEEDS) * scale.SIMULATED_EVENTS
    assert totals.failures == []
    assert totals.outcomes["predictions"] + totals.outcomes["quarantined"] == totals.records


def test_every_kind_of_fault_really_struck(totals: Totals) -> None:
    assert [kind for kind in KINDS if not totals.struck[kind]] == []
    assert totals.outcomes["runs without faults"] >= 5
    assert totals.outcomes["runs in which each record was delivered once"] >= 5


def test_every_path_was_taken(totals: Totals) -> None:
    assert totals.runs == ENOUGH
    assert totals.untaken == []


# Sources of which the simulation has no part, and why. docs/reliability.md says the same.
NOT_SIMULATED = {
    "batch_item": "Step Functions calls, and counts what comes back: a run that does not add up fails",
    "eventbridge": "an asynchronous invocation, which is simulated as direct delivery by SNS",
    "lex": "the caller waits for the answer: nothing is delivered again",
    "s3": "an asynchronous invocation, which is simulated as direct delivery by SNS",
    "schedule": "an asynchronous invocation, which is simulated as direct delivery by SNS",
}


def test_every_registered_part_is_simulated_or_explained() -> None:
    """A new source or sink needs its simulated part, or a reason."""
    assert set(SINKS) == set(sinks.SINKS)
    simulated = {"kinesis", "sns", "sqs", "redrive", "dynamodb"}  # the last in test_ordered_sources.py
    assert {source.name for source in sources.SOURCES} == simulated | NOT_SIMULATED.keys()


def test_every_answer_to_an_open_question_was_simulated(totals: Totals) -> None:
    seen: dict[str, set[str]] = {}
    for drawn in totals.behaviours:
        question, _, answer = drawn.partition("=")
        seen.setdefault(question, set()).add(answer)
    assert seen == ANSWERS


@pytest.mark.parametrize(
    "detour",
    [
        "duplicate predictions",
        "scored by two models",
        "bisections",
        "partial failures",
        "records given up by the mapping",
        "direct events given up",
        "dead letters",
        "records redriven",
        "records that failed a redrive",
        "splits and merges",
    ],
)
def test_every_detour_was_taken(totals: Totals, detour: str) -> None:
    assert totals.outcomes[detour] > 0


def test_the_check_can_fail() -> None:
    """Without deduplication by prediction id, the same runs show events with more than one prediction."""
    invariants = [_broken_without_deduplication(seed) for seed in range(12)]
    assert invariants.count("each once") >= 3
    assert set(invariants) == {"each once", None}


def _broken_without_deduplication(seed: int) -> str | None:
    try:
        run(seed, 1_000, deduplicate=False)
    except Violation as violation:
        return violation.invariant
    return None


def test_few_events_leave_containers_without_a_batch() -> None:
    """Of three, one had none for hours before the last events: it would score them by the release that it knew."""
    assert run(11, 100).failure == ""


def test_a_seed_is_one_run_in_every_process() -> None:
    """Neither the order of a set nor a clock nor a process id may come into it."""
    code = (
        "from tests.simulation.run import run; print([run(seed, 1_500, fingerprint=True).digest for seed in (2, 4, 6)])"
    )
    digests = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert digests[0] == digests[1]
    assert digests[0].count("'") == 6
