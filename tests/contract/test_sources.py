"""Each entry of the registry of sources keeps what a source promises, and has all of its parts."""

import hashlib
import json
from typing import Any

import pytest

import native
import sources
from millrace.sources import SOURCES as OPERATIONS
from model_store.artifact import Artifact
from records.delivered import Delivered
from records.record import Record, is_partition_key
from scoring.engine import NATIVE, PYTHON
from sources import SOURCES
from sources.errors import RecordsNotPublished
from sources.source import Source
from tests.contract.parts import missing_of_source, recorded_events
from tests.fakes import artifacts
from tests.fakes.envelopes import MODEL, read
from tests.fakes.scorer import FakeScorer

EVENTS = recorded_events()
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
each_event = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
# Sources whose callers wait answer in a form of their own.
BATCHES = {name: event for name, event in EVENTS.items() if name == "redrive" or not read(event).replies}
each_batch = pytest.mark.parametrize("event", BATCHES.values(), ids=BATCHES.keys())
needs_native = pytest.mark.skipif(native.NATIVE is None, reason=f"the native engine was not built: {native.MISSING}")


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    return artifacts.artifact()


def events_of(source: Source) -> list[Any]:
    return [event for event in EVENTS.values() if source.claims(event)]


@each_source
def test_a_source_has_all_of_its_parts(source: Source) -> None:
    missing = missing_of_source(source, OPERATIONS)
    assert not missing, f"the source {source.name} lacks:\n" + "\n".join(missing)


def test_each_operators_part_is_of_a_source() -> None:
    assert set(OPERATIONS) <= {source.name for source in SOURCES}


@each_event
def test_an_event_is_claimed_by_one_source(event: Any) -> None:
    (source,) = [source for source in SOURCES if source.claims(event)]
    assert read(event).source is source


@each_source
@pytest.mark.parametrize("event", [None, [], {}, {"Records": None}, {"Records": [None]}, {"Records": [{}]}, "x", 1])
def test_a_source_claims_nothing_else(source: Source, event: Any) -> None:
    assert not source.claims(event)


@each_event
def test_the_records_of_an_event_are_whole(event: Any) -> None:
    for record in read(event).records:
        assert (record.model, record.fault) == (MODEL, None)
        assert is_partition_key(record.partition_key)
        assert record.delivery_id
        assert json.loads(record.data)["event_id"]
        position = [record.arn, *([record.shard] if record.shard else []), record.position]
        parts = [MODEL, *position, *([] if record.subsequence is None else [str(record.subsequence)])]
        assert record.prediction_id == hashlib.sha256("|".join(parts).encode()).hexdigest()


@each_event
def test_the_oldest_arrival_of_an_event_is_that_of_a_record(event: Any) -> None:
    for form in (event, json.dumps(event).encode()):
        batch = read(form)
        unknown = batch.source.name in ("redrive", "lex")
        expected = None if unknown else min(record.arrived_at for record in batch.records)
        assert batch.arrived_at() == expected


@each_batch
def test_an_event_that_settled_is_answered_without_failures(event: Any) -> None:
    assert read(event).respond(Delivered())["batchItemFailures"] == []


@each_batch
def test_a_record_that_failed_is_reported_or_fails_the_invocation(event: Any) -> None:
    batch = read(event)
    for record in batch.records:
        try:
            failures = batch.respond(Delivered([record]))["batchItemFailures"]
        except RecordsNotPublished:
            continue
        assert failures == [{"itemIdentifier": record.delivery_id}]


@needs_native
@each_event
def test_the_native_engine_gives_what_the_reference_gives(event: Any, artifact: Artifact) -> None:
    def outcome(engine: str, form: Any) -> Any:
        scorer = FakeScorer(artifact, engine=engine)
        response, report = scorer.run(form)
        return response, report, scorer.sink.acknowledged, scorer.s3.objects

    reference = outcome(PYTHON, event)
    assert reference[1].records > 0
    assert outcome(NATIVE, json.dumps(event).encode()) == outcome(NATIVE, event) == reference


@needs_native
@each_source
def test_a_source_with_a_layout_is_read_without_records_in_python(
    source: Source, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source.layout is None:
        pytest.skip(f"{source.name} has no layout: its events are few, and parsed")
    event = next(
        event for event in events_of(source) if not any(r.subsequence is not None for r in read(event).records)
    )
    scorer = FakeScorer(artifact, engine=NATIVE)
    monkeypatch.setattr(Record, "__init__", lambda *_, **__: pytest.fail("a record was made in Python"))
    _, report = scorer.run(json.dumps(event).encode())
    assert report.predictions == len(event["Records"])


def test_the_registry_is_what_is_read() -> None:
    assert sources.SOURCES is SOURCES


@each_source
def test_the_registry_knows_an_event_with_a_layout_by_its_claim(source: Source) -> None:
    """Else its events would be parsed first, which is slow, or all sources imported."""
    known = [mark for mark in (b"aws:kinesis", b"aws:sqs", b"aws:sns", b"millrace:batch_item") if source.marks(mark)]
    assert known == ([source.layout.claimed_by.encode()] if source.layout else [])
