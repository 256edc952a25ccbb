"""A million byte strings at full size for the native decoder: what it takes is what the exact path finds, bit for
bit.
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
from tests.fuzz.native.judge import Judge, Places, Row, is_ordinary
from tests.fuzz.payloads import Payloads

pytestmark = pytest.mark.skipif(NATIVE is None, reason=f"the native engine was not built: {MISSING}")

STRINGS = scale.FUZZED_STRINGS
BATCH = 1_000
SAMPLED = 0.08  # of those that the native decoder leaves to the exact path, which is dear
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
            if row is not None:
                check(judge, payload, row, counts)
            elif draw() < SAMPLED:
                check_unusual(judge, payload, counts)
    seconds = time.process_time() - start
    said = ", ".join(f"{count:,} {what}" for what, count in counts.most_common())
    record_property("figures", f"native decoder: {STRINGS:,} strings, {seconds:.1f} s of CPU: {said}")
    assert counts["taken"] > STRINGS / 20
    assert min(counts["faulty"], counts["unusual"]) > STRINGS / 1_000


def check(judge: Judge, payload: bytes, row: Row, counts: Counter[str]) -> None:
    assert row == judge.exact(payload), payload
    counts["taken"] += 1


def check_unusual(judge: Judge, payload: bytes, counts: Counter[str]) -> None:
    exact = judge.exact(payload)
    assert exact is None or not is_ordinary(payload, exact), payload
    counts["faulty" if exact is None else "unusual"] += 1


def test_a_wrong_row_and_a_decoder_that_takes_nothing_would_be_seen() -> None:
    judge, payload = judges()[0], b'{"event_id":"e","features":{"pages":3}}'
    row = judge.native(payload)
    assert row is not None
    wrong = row._replace(features=b"\x00" + row.features[1:])
    with pytest.raises(AssertionError):
        check(judge, payload, wrong if wrong != row else row._replace(ignored=1), Counter())
    with pytest.raises(AssertionError):
        check_unusual(judge, payload, Counter())
