"""A batch that fails as a whole: raised or reported, by its source and by the error."""

import json

import pytest

from records.settings import ConfigInvalid
from scorer import handler, pipeline
from scorer.failed_batch import MOST_CRASHES
from serving.models import ModelUnavailable
from tests.fakes import envelopes
from tests.fakes.clock import FakeContext
from tests.fakes.scorer import FakeScorer

pytestmark = pytest.mark.usefixtures("each_engine")

EVENTS = [envelopes.event(i) for i in range(3)]
FIRST = {"batchItemFailures": [{"itemIdentifier": str(envelopes.FIRST_SEQUENCE)}]}


def test_a_stream_gets_the_first_record_reported(caplog):
    scorer = FakeScorer()
    assert scorer.invoke(envelopes.kinesis(*EVENTS)) == FIRST
    (line,) = scorer.told
    assert (line["FailedBatches"], line["Failed"], line["Events"]) == (1, 3, 3)
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "batch failed", "ModelUnavailable")
    expected = "batch reported as failed: ModelUnavailable: no release of 'sessions' could be loaded: release not read"
    (logged,) = [record for record in caplog.records if record.name == "scorer.failed_batch"]
    assert logged.getMessage().startswith(expected)
    assert logged.exc_info is None


@pytest.mark.parametrize("event", [envelopes.sqs(*EVENTS), envelopes.sns(EVENTS[0])], ids=["queue", "topic"])
def test_whoever_does_not_split_a_batch_gets_the_exception(event):
    scorer = FakeScorer()
    with pytest.raises(ModelUnavailable, match="release not read"):
        scorer.invoke(event)
    assert scorer.told[0]["FailedBatches"] == 0


def test_the_next_batch_is_counted_by_itself(artifact):
    scorer = FakeScorer()
    scorer.invoke(envelopes.kinesis(*EVENTS))
    scorer.store.release_as(champion=artifact)
    scorer.invoke(envelopes.kinesis(*EVENTS))
    lines = [(line["FailedBatches"], line["message"]) for line in scorer.told]
    assert lines == [(1, "batch failed"), (0, "batch scored")]


@pytest.fixture
def crashing(artifact, monkeypatch):
    """A scorer with a bug; `crashing.bug = False` fixes it."""
    scorer = FakeScorer(artifact)
    scorer.bug = True
    real = pipeline.score

    def score_or_crash(*batch, **more):
        if scorer.bug:
            raise ZeroDivisionError("a bug")
        return real(*batch, **more)

    monkeypatch.setattr(pipeline, "score", score_or_crash)
    return scorer


def test_a_crash_is_raised_so_that_the_batch_is_halved_and_reported_where_it_does_not_end(crashing, caplog):
    for _ in range(MOST_CRASHES):
        with pytest.raises(ZeroDivisionError):
            crashing.invoke(envelopes.kinesis(*EVENTS))
    assert crashing.invoke(envelopes.kinesis(*EVENTS)) == FIRST
    assert [line["FailedBatches"] for line in crashing.told] == [0] * MOST_CRASHES + [1]
    (logged,) = [record for record in caplog.records if record.name == "scorer.failed_batch"]
    assert logged.exc_info is not None


def test_a_batch_that_is_settled_begins_the_count_of_crashes_again(crashing):
    for bug in (True,) * MOST_CRASHES + (False,):
        crashing.bug = bug
        if bug:
            with pytest.raises(ZeroDivisionError):
                crashing.invoke(envelopes.kinesis(*EVENTS))
        else:
            assert crashing.invoke(envelopes.kinesis(*EVENTS)) == {"batchItemFailures": []}
    crashing.bug = True
    with pytest.raises(ZeroDivisionError):
        crashing.invoke(envelopes.kinesis(*EVENTS))


def test_a_release_whose_model_crashes_the_scorer_can_be_rolled_back(crashing, newer):
    """Polls go on although no batch is settled."""
    crashing.bug = False
    crashing.invoke(envelopes.sqs(*EVENTS))
    crashing.bug = True
    crashing.store.release_as(champion=newer)
    crashing.clock.now += 30
    with pytest.raises(ZeroDivisionError):
        crashing.invoke(envelopes.sqs(*EVENTS))
    crashing.bug = False
    crashing.sink.acknowledged.clear()
    crashing.invoke(envelopes.sqs(*EVENTS))
    assert {prediction["model"]["version"] for prediction in crashing.predictions} == {"2"}


def test_a_queue_gets_every_crash(crashing):
    for _ in range(MOST_CRASHES + 2):
        with pytest.raises(ZeroDivisionError):
            crashing.invoke(envelopes.sqs(*EVENTS))


@pytest.fixture
def misconfigured(monkeypatch, capsys):
    """The handler in an environment that is wrong."""

    def build(environment):
        raise ConfigInvalid("expected MODEL_BUCKET")

    monkeypatch.setattr(handler, "build", build)
    handler._pipeline.cache_clear()
    yield lambda event: handler.handle(event, FakeContext())
    handler._pipeline.cache_clear()


def test_a_wrong_setting_is_reported_to_a_stream(misconfigured, capsys):
    assert misconfigured(json.dumps(envelopes.kinesis(*EVENTS)).encode()) == FIRST
    line = json.loads(capsys.readouterr().out)
    assert (line["error"], line["FailedBatches"], line["Failed"]) == ("ConfigInvalid", 1, 3)


def test_a_wrong_setting_is_raised_to_a_queue(misconfigured):
    with pytest.raises(ConfigInvalid, match="MODEL_BUCKET"):
        misconfigured(envelopes.sqs(*EVENTS))
