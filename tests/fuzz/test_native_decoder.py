"""A million byte strings at full size for the native decoder: what it takes is what the reference implementation
finds, bit for bit, and it takes every valid event.
"""

import random
import time
from collections import Counter
from collections.abc import Callable

import pytest

from model_store.feature import Feature
from native import MISSING, NATIVE
from tests import scale
from tests.fakes import artifacts
from tests.fuzz.native.judge import Judge, Places, Row
from tests.fuzz.payloads import Payloads

pytestmark = pytest.mark.skipif(NATIVE is None, reason=f"the native engine was not built: {MISSING}")

STRINGS = scale.FUZZED_STRINGS
BATCH = 1_000
SAMPLED = 0.08  # of those that the native decoder leaves to the reference implementation, which takes long
FLAT = Places(("event_id",), ())


def judges() -> list[Judge]:
    """By the manifest that the strings were made for; as if the event were flat; as if it asked for something else."""
    renamed = [Feature(f.name, "category", categories=("mobile", "ads", "")) for f in artifacts.FEATURES]
    flat = [Feature("features", "float"), Feature("pages", "int")]
    return [Judge(artifacts.FEATURES)] * 6 + [Judge(flat, FLAT), Judge(renamed)]


@pytest.mark.long
def test_byte_strings_give_the_rows_of_the_exact_path(record_property: Callable[[str, object], None]) -> None:
    payloads, draw, counts, start = Payloads(), random.Random(1).random, Counter[str](), time.process_time()
    by_seed = judges()
    for seed in range(STRINGS // BATCH):
        judge = by_seed[seed % len(by_seed)]
        for payload in payloads.batch(seed, BATCH):
            row = judge.native(payload)
            if row is not None or draw() < SAMPLED:
                check(judge, payload, row, counts)
    seconds = time.process_time() - start
    said = ", ".join(f"{count:,} {what}" for what, count in counts.most_common())
    record_property("figures", f"native decoder: {STRINGS:,} strings, {seconds:.1f} s of CPU: {said}")
    assert counts["taken"] > STRINGS / 20
    assert counts["faulty"] > STRINGS / 1_000


def check(judge: Judge, payload: bytes, row: Row | None, counts: Counter[str]) -> None:
    """Every valid event is taken, and gives the same row."""
    assert row == judge.exact(payload), payload
    counts["faulty" if row is None else "taken"] += 1


def test_a_wrong_row_and_a_decoder_that_takes_nothing_would_be_seen() -> None:
    judge, payload = judges()[0], b'{"event_id":"e","features":{"pages":3}}'
    row = judge.native(payload)
    assert row is not None
    wrong = row._replace(features=b"\x00" + row.features[1:])
    for other in (wrong if wrong != row else row._replace(ignored=1), None):
        with pytest.raises(AssertionError):
            check(judge, payload, other, Counter())
