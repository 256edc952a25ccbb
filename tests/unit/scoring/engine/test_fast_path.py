"""The native engine scores every valid event: none of a realistic corpus reaches the reference implementation."""

import gzip
from copy import replace
from random import Random

import pytest

import native
from model_store.event_format import EventFormat
from scoring.engine import NATIVE, PYTHON
from tests.fakes import corpus, envelopes
from tests.fakes.engines import outcome

pytestmark = pytest.mark.skipif(native.NATIVE is None, reason=f"the native engine was not built: {native.MISSING}")

RECORDS = 120
BATCHES = {"kinesis": envelopes.kinesis, "sqs": lambda *payloads: envelopes.sqs(*map(bytes.decode, payloads))}


def events(kind: corpus.Kind) -> list[bytes]:
    random = Random(7)
    return [kind.events(random, number) for number in range(RECORDS)]


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The events that leave the fast path."""
    from scoring.engine.native_tables import NativeTable

    found: list[bytes] = []
    exactly = NativeTable._add_exactly
    monkeypatch.setattr(
        NativeTable,
        "_add_exactly",
        lambda table, place, record: (found.append(record.data), exactly(table, place, record))[1],
    )
    return found


# Notifications in a queue are unwrapped by the source itself.
PLACES = [(name, source) for name in corpus.KINDS for source in BATCHES if (name, source) != ("SNS", "sqs")]


@pytest.mark.parametrize(("name", "source"), PLACES)
def test_no_valid_event_leaves_the_fast_path(
    name: str, source: str, left: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = corpus.KINDS[name]
    event = BATCHES[source](*events(kind))
    expected = outcome(kind.features, kind.form, event, PYTHON)
    monkeypatch.setattr(f"sources.{source}.Record", lambda **_: pytest.fail("a record was made in Python"))
    assert outcome(kind.features, kind.form, event, NATIVE) == expected
    assert left == []
    assert (len(expected.messages) + expected.ignored_events >= RECORDS, expected.rejected) == (True, [])


@pytest.mark.parametrize("name", corpus.KINDS)
def test_one_by_one_the_events_give_the_same(name: str, left: list[bytes]) -> None:
    """As records that other sources give, or that were compressed."""
    kind = corpus.KINDS[name]
    zipped = kind._replace(form=replace(kind.form, max_inflated=1 << 20))
    event = envelopes.kinesis(*map(gzip.compress, events(kind)))
    assert outcome(zipped.features, zipped.form, event, NATIVE) == outcome(zipped.features, zipped.form, event, PYTHON)
    assert left == []


@pytest.mark.parametrize("name", corpus.KINDS)
def test_only_faulty_events_leave_the_fast_path(name: str, left: list[bytes]) -> None:
    """One of several events in a record is faulty by itself, and the others stay."""
    kind = corpus.KINDS[name]
    sound = events(kind)[:20]
    event = envelopes.kinesis(*sound[:10], b'{"a', *sound[10:], sound[0].rstrip() + b"\n{\n")
    expected = outcome(kind.features, kind.form, event, PYTHON)
    assert outcome(kind.features, kind.form, event, NATIVE) == expected
    assert len(expected.rejected) >= 2
    assert sorted(left) == sorted(
        record.data for record, *_ in expected.rejected if record.index is not None or not many(kind.form)
    )


def many(form: EventFormat) -> bool:
    return form.events_per_record == "many"
