"""Manifests and events drawn together: whatever they say, the native decoder finds what the exact path finds."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native import MISSING, NATIVE
from tests import scale
from tests.fuzz.native import schemas
from tests.fuzz.native.judge import Judge, is_ordinary

pytestmark = pytest.mark.skipif(NATIVE is None, reason=f"the native engine was not built: {MISSING}")

MANIFESTS, EVENTS = scale.FUZZED_MANIFESTS, 40


@pytest.mark.long
def test_the_rows_of_all_events_by_all_manifests(record_property: Callable[[str, object], None]) -> None:
    counts = Counter[str]()

    @given(st.integers(0, 2**64))
    @settings(max_examples=MANIFESTS, derandomize=True, database=None, deadline=None)
    def every_manifest(seed: int) -> None:
        counts.update(compare(Random(seed)))

    every_manifest()
    said = ", ".join(f"{count:,} {what}" for what, count in counts.most_common())
    record_property("figures", f"native decoder: {MANIFESTS:,} manifests with {EVENTS} events each: {said}")
    assert counts["taken"] > counts.total() / 8
    assert min(counts["faulty"], counts["unusual"]) > counts.total() / 50


def compare(random: Random) -> Counter[str]:
    """Many events by one manifest: what became of them."""
    known, paths, counts = schemas.features(random), schemas.paths(random), Counter[str]()
    judge = Judge(known, paths)
    meet = {paths.event_id[-1], *paths.event_id, *paths.features} & {feature.name for feature in known}
    for _ in range(EVENTS):
        payload = schemas.event(random, known, paths)
        row, exact = judge.native(payload), judge.exact(payload)
        told = f"{known}, {paths}: {payload!r}"
        assert row is None or row == exact, told
        # A manifest whose names meet may ask that one member is two things.
        assert row or meet or exact is None or not is_ordinary(payload, exact), told
        counts["taken" if row else "faulty" if exact is None else "unusual"] += 1
    return counts
