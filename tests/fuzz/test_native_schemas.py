"""Manifests and events drawn together: whatever they say, the native decoder finds what the exact path finds."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_store.event_format import UNWRAP
from native import MISSING, NATIVE
from scoring.engine import ENGINES
from tests import scale
from tests.fakes import engines, envelopes
from tests.fuzz.native import forms, schemas
from tests.fuzz.native.judge import IGNORED, Judge, Row

pytestmark = pytest.mark.skipif(NATIVE is None, reason=f"the native engine was not built: {MISSING}")

MANIFESTS, EVENTS = scale.FUZZED_MANIFESTS, 40
EVENT_UNWRAP = UNWRAP[1:]


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
    assert min(counts["taken"], counts["faulty"]) > counts.total() / 8


@pytest.mark.long
def test_the_events_of_all_forms(record_property: Callable[[str, object], None]) -> None:
    counts = Counter[str]()

    @given(st.integers(0, 2**64))
    @settings(max_examples=2 * MANIFESTS, derandomize=True, database=None, deadline=None)
    def every_form(seed: int) -> None:
        counts.update(compare_form(Random(seed)))

    every_form()
    said = ", ".join(f"{count:,} {what}" for what, count in counts.most_common())
    record_property(
        "figures", f"native decoder, all forms: {2 * MANIFESTS:,} manifests with {EVENTS} events each: {said}"
    )
    for form in ("json", "csv", "vector", "open-inference", *EVENT_UNWRAP):
        assert counts[f"{form} taken"] > counts.total() / 250, form


@pytest.mark.long
def test_records_of_several_events() -> None:
    """Rows, messages, identities and faults of whole batches, record by record and in order."""
    counts = Counter[str]()

    @given(st.integers(0, 2**64))
    @settings(max_examples=MANIFESTS, derandomize=True, database=None, deadline=None)
    def every_form(seed: int) -> None:
        random = Random(seed)
        form, known = forms.several(random)
        batch = envelopes.kinesis(*(forms.record(random, known, form) for _ in range(EVENTS // 3)))
        found = engines.outcome(known, form, batch, engine=ENGINES[0])
        assert found == engines.outcome(known, form, batch, engine=ENGINES[1]), f"{known}, {form}: {batch}"
        counts.update(messages=len(found.messages), ignored=found.ignored_events, rejected=len(found.rejected))

    every_form()
    assert min(counts.values()) > 2 * MANIFESTS


def compare(random: Random) -> Counter[str]:
    """Many events by one manifest: what became of them."""
    known, paths, counts = schemas.features(random), schemas.paths(random), Counter[str]()
    judge = Judge(known, paths)
    for _ in range(EVENTS):
        payload = schemas.event(random, known, paths)
        counts["taken" if same(judge, payload, f"{known}, {paths}") else "faulty"] += 1
    return counts


def compare_form(random: Random) -> Counter[str]:
    form, counts = forms.event_format(random), Counter[str]()
    known = forms.features(random, flat=form.format != "json" or form.unwrap != "none")
    judge = Judge(known, None, form)
    for _ in range(EVENTS):
        row = same(judge, forms.event(random, known, form), f"{known}, {form}")
        said = "faulty" if row is None else "ignored" if row == IGNORED else "taken"
        counts[f"{form.format if form.unwrap == 'none' else form.unwrap} {said}"] += 1
    return counts


def same(judge: Judge, payload: bytes, said: str) -> Row | None:
    """What both decoders say; None: it is faulty."""
    row, exact = judge.native(payload), judge.exact(payload)
    assert row == exact, f"{said}: {payload!r}"
    return row
