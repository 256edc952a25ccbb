import json
import subprocess
import sys

import pytest

from scorer import handler
from serving.models import ModelUnavailable
from sinks.errors import SinkRefused
from sources.errors import RecordsNotPublished, UnknownEventSource
from tests.fakes import envelopes
from tests.fakes.clock import FakeContext
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink


@pytest.fixture
def serve(monkeypatch):
    """Puts a scorer behind the handler."""
    return lambda scorer: monkeypatch.setattr(handler, "_pipeline", lambda: scorer.pipeline)


def test_a_batch_is_scored_and_told_in_one_line(serve, artifact):
    scorer = FakeScorer(artifact)
    serve(scorer)
    response = handler.handle(envelopes.kinesis(envelopes.event(0, other=1)), FakeContext())
    assert response == {"batchItemFailures": []}
    assert [line["Predictions"] for line in map(json.loads, scorer.metric_lines)] == [1]


def test_lambdas_remaining_time_is_the_deadline(serve, artifact):
    scorer = FakeScorer(artifact)
    serve(scorer)
    response = handler.handle(envelopes.kinesis(envelopes.event()), FakeContext(seconds=1))
    assert response["batchItemFailures"] == [{"itemIdentifier": str(envelopes.FIRST_SEQUENCE)}]
    assert scorer.sink.calls == []


def test_any_containers_pipeline_can_be_invoked_as_lambda_does(serve, artifact):
    serve(None)
    response = handler.invoke(FakeScorer(artifact).pipeline, envelopes.kinesis(envelopes.event()), FakeContext())
    assert response == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("event", "has_model", "error"),
    [
        (envelopes.sqs(envelopes.event()), False, ModelUnavailable),
        (envelopes.sns(envelopes.event()), False, ModelUnavailable),
        (envelopes.sns(envelopes.event()), True, RecordsNotPublished),
        ({"Records": [{"eventSource": "aws:codecommit"}]}, True, UnknownEventSource),
    ],
    ids=["queue, no model", "direct, no model", "direct and unpublished", "unknown source"],
)
def test_what_concerns_the_whole_batch_is_raised(serve, artifact, event, has_model, error):
    serve(FakeScorer(*[artifact] * has_model, sink=FakeSink([SinkRefused("no")])))
    with pytest.raises(error):
        handler.handle(event, FakeContext())


@pytest.fixture
def fresh(monkeypatch, artifact):
    """A handler in a new container; the list grows with each pipeline that it builds."""
    built = []
    monkeypatch.setattr(handler, "build", lambda environment: built.append(1) or FakeScorer(artifact).pipeline)
    handler._pipeline.cache_clear()
    yield built
    handler._pipeline.cache_clear()


def test_the_pipeline_is_built_once(fresh):
    for _ in range(3):
        handler.handle({"Records": []}, FakeContext())
    assert fresh == [1]


def test_while_the_handler_is_imported_nobody_looks_for_garbage():
    looks = "sum(generation['collections'] for generation in gc.get_stats())"
    code = f"import gc; before = {looks}; import scorer.handler; print(gc.isenabled(), {looks} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "0"]
