"""Both engines give the same predictions, the same quarantine and the same response, byte for byte."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import native
from scoring.engine import ENGINES, NATIVE, PYTHON, choose
from scoring.engine.reference import ReferenceEngine
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink, sized

needs_native = pytest.mark.skipif(native.NATIVE is None, reason=f"the native engine was not built: {native.MISSING}")

FAULTY = [b"{", b"[]", b"\xff", b'{"event_id":"e"}', "!not base64!"]
ODD = [
    b'{"event_id":"\\u00e9","features":{"pages":1,"device":"phone"}}',
    b' {"features": {"device": "phone", "pages": 2.0, "spend": 1e-3}, "event_id": "e", "more": [1, {"a": null}]} ',
    envelopes.aggregate([("k1", json.dumps(envelopes.event(1)).encode()), ("k2", b"{")]),
]

payloads = st.one_of(
    st.integers(0, 10_000).map(envelopes.event),
    st.builds(
        envelopes.event,
        st.integers(0, 99),
        spend=st.one_of(st.none(), st.floats(), st.integers(-(10**40), 10**40)),
        pages=st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.booleans(), st.text(max_size=3)),
        device=st.one_of(st.sampled_from(["phone", "desktop", "fridge"]), st.text(max_size=4)),
    ),
    st.sampled_from(FAULTY + ODD),
)


def outcome(engine: str, event: Any, *members: Any, **options: Any) -> Any:
    scorer = FakeScorer(*members, engine=engine, **options)
    response, report = scorer.run(event)
    messages = sorted(scorer.sink.acknowledged)  # calls are dealt out by hashes that the engines need not share
    return response, report, messages, scorer.quarantined


@needs_native
def test_where_it_was_built_the_native_engine_is_chosen():
    assert [choose(name).name for name in (*ENGINES, "")[:2]] == [NATIVE, PYTHON]


def test_without_it_all_is_done_in_python(monkeypatch):
    monkeypatch.setattr(native, "NATIVE", None)
    assert isinstance(choose(NATIVE), ReferenceEngine)


def queued(*payloads: Any) -> Any:
    """Messages, every other one with a notification, some of these with a partition key."""
    attributes = [{}, {"MessageAttributes": {"partition_key": {"Type": "String", "Value": "ü"}}}]
    texts = [one.decode("utf-8", "surrogateescape") if isinstance(one, bytes) else one for one in payloads]
    bodies = [
        envelopes.notification(text, number, **attributes[number % 4 // 2]) if number % 2 else text
        for number, text in enumerate(texts)
    ]
    return envelopes.sqs(*bodies)


@needs_native
@pytest.mark.parametrize("deliver", [envelopes.kinesis, queued])
@given(drawn=st.lists(payloads, max_size=12))
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_whatever_a_batch_holds_both_give_the_same(deliver, drawn):
    artifact, event = artifacts.artifact(), deliver(*drawn)
    assert outcome(NATIVE, event, artifact) == outcome(PYTHON, event, artifact)


@needs_native
def test_an_event_that_was_parsed_before_gives_the_same():
    event = envelopes.kinesis(*map(envelopes.event, range(9)), *FAULTY, *ODD)
    scorer = FakeScorer(artifacts.artifact(), engine=NATIVE)
    response, report = scorer.pipeline.run(event, scorer.clock.deadline(60.0))
    found = response, report, sorted(scorer.sink.acknowledged), scorer.quarantined
    assert found == outcome(PYTHON, event, artifacts.artifact())


@needs_native
@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_for_every_kind_of_model(kind):
    artifact = artifacts.artifact(kind)
    event = envelopes.kinesis(*map(envelopes.event, range(300)), *FAULTY)
    assert outcome(NATIVE, event, artifact) == outcome(PYTHON, event, artifact)


@needs_native
@pytest.mark.parametrize("source", ["sqs", "notifications", "redrive"])
def test_from_every_source(source):
    artifact, events = artifacts.artifact(), list(map(envelopes.event, range(9)))
    if source == "redrive":
        from sources import redrive

        records = envelopes.read(envelopes.kinesis(*events, b"{")).records
        event = {"Records": [redrive.envelope(record) for record in records]}
    else:
        bodies = events if source == "sqs" else list(map(envelopes.notification, events))
        event = envelopes.sqs(*bodies, "{")
    assert outcome(NATIVE, event, artifact) == outcome(PYTHON, event, artifact)


@needs_native
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_the_matrix_is_the_same_bytes(kind):
    """Of rows that C took, and of those that went the exact way."""
    event = envelopes.kinesis(*map(envelopes.event, range(30)), *ODD, *FAULTY, envelopes.event(3, spend=None))

    def matrices(engine: str) -> list[tuple[bytes, bytes]]:
        found = []
        scorer = FakeScorer(artifacts.artifact(kind), engine=engine)
        seen = lambda tables, *_: found.extend((bytes(t.matrix()), bytes(t.scores)) for t in tables)  # noqa: E731
        scorer.pipeline._drift = SimpleNamespace(count=seen)
        scorer.run(event)
        return found

    assert matrices(NATIVE) == matrices(PYTHON) != []


@needs_native
def test_with_a_challenger_every_key_gets_the_same_variant():
    champion, challenger = artifacts.artifact(), artifacts.artifact(version="c", seed=3)

    def split(engine: str) -> Any:
        scorer = FakeScorer(champion, engine=engine)
        scorer.store.release_as(champion=champion, challenger=challenger, share=0.4)
        response, report = scorer.run(envelopes.kinesis(*map(envelopes.event, range(200)), *FAULTY, *ODD))
        return response, report, sorted(scorer.sink.acknowledged)

    told = split(NATIVE)
    assert told == split(PYTHON)
    assert {json.loads(body)["model"]["variant"] for _, body in told[2]} == {"champion", "challenger"}


@needs_native
def test_predictions_too_large_and_calls_that_fail_are_the_same_records():
    event = envelopes.kinesis(*(envelopes.event(i) | {"event_id": "x" * (i * 40)} for i in range(20)))

    def told(engine: str) -> Any:
        return outcome(
            engine, event, artifacts.artifact(), sink=sized(FakeSink([[0, 3]] * 999), entry=1_000, entries=7)
        )

    assert told(NATIVE) == told(PYTHON)
    assert told(NATIVE)[0]["batchItemFailures"]


@needs_native
def test_an_ordinary_batch_makes_no_record_in_python(artifact, monkeypatch):
    """Else this file would compare the exact path with itself."""
    scorer = FakeScorer(artifact, engine=NATIVE)
    events = list(map(envelopes.event, range(50)))
    for module in ("kinesis", "sns", "sqs"):
        monkeypatch.setattr(f"sources.{module}.Record", lambda **_: pytest.fail("a record was made in Python"))
    for event in (envelopes.kinesis(*events), queued(*events), envelopes.sns(events[0])):
        _, report = scorer.run(event)
        assert report.predictions == len(event["Records"])
