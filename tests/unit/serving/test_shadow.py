import json
from array import array
from copy import replace

import pytest

from model_store.errors import ArtifactRefused
from model_store.feature import Feature
from serving.loader import Loader
from serving.shadow import RELOAD_SECONDS, REST_SECONDS, SLICE, Shadow
from sinks.errors import SinkRefused, SinkUnavailable
from sinks.messages import Limit
from tests.fakes import artifacts, envelopes
from tests.fakes.clock import CALL
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink, sized

pytestmark = pytest.mark.usefixtures("each_engine")

GOOD = [envelopes.event(i) for i in range(4)]


@pytest.fixture(scope="module")
def other():
    return artifacts.artifact(version="s", seed=2)


def shadowed(champion, shadow, *, sink=None, challenger=None, share=0.0, **members):
    """A scorer with a shadow; its predictions go to `sink`, or it is measured only."""
    scorer = FakeScorer(champion, **members)
    scorer.store.release_as(champion=champion, challenger=challenger, share=share, shadow=shadow)
    scorer.tried = []

    def check(artifact, *, timeout=None):
        """Stands in for the child process."""
        scorer.tried.append((artifact.manifest.version, timeout))

    scorer.pipeline._shadow = Shadow(
        Loader(scorer.store, threads=1, check=check, clock=scorer.clock), sink, scorer.pipeline._engine, scorer.clock
    )
    return scorer


def predictions(sink):
    return [json.loads(body) for body in sink.bodies]


def test_a_shadow_scores_the_batch_into_its_own_sink(artifact, other):
    sink = FakeSink()
    scorer = shadowed(artifact, other, sink=sink)
    response, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (response, report.predictions) == ({"batchItemFailures": []}, 4)
    assert {p["model"]["variant"] for p in scorer.predictions} == {"champion"}
    told = [
        (p["prediction_id"], p["event_id"], p["model"]["version"], p["model"]["variant"]) for p in predictions(sink)
    ]
    assert told == [(p["prediction_id"], p["event_id"], "s", "shadow") for p in scorer.predictions]
    assert [message.partition_key for message in sink.acknowledged] == [
        message.partition_key for message in scorer.sink.acknowledged
    ]


def test_a_shadow_without_a_sink_is_measured(artifact, other):
    scorer = shadowed(artifact, other)
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    champion = [p["score"] for p in scorer.predictions]
    apart = FakeScorer(other)
    apart.run(envelopes.kinesis(*GOOD))
    shadow = [p["score"] for p in apart.predictions]
    assert report.shadow == {
        "version": "s",
        "scored": 4,
        "unscorable": 0,
        "mean_score": pytest.approx(sum(shadow) / 4, abs=1e-6),
        "mean_difference": pytest.approx(sum(abs(a - b) for a, b in zip(champion, shadow, strict=True)) / 4, abs=1e-6),
    }
    assert report.shadow["mean_difference"] > 0


def test_without_a_shadow_there_is_nothing_to_tell(artifact):
    scorer = shadowed(artifact, None)
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert report.shadow == {}


def test_it_scores_its_champions_records_and_no_others(artifact, other):
    sink = FakeSink()
    challenger = artifacts.artifact(version="c", seed=3)
    scorer = shadowed(artifact, other, sink=sink, challenger=challenger, share=0.5)
    scorer.run(envelopes.kinesis(*(envelopes.event(i) for i in range(40)), b"{"))
    champions = [p["prediction_id"] for p in scorer.predictions if p["model"]["variant"] == "champion"]
    assert 0 < len(champions) < 40
    assert [p["prediction_id"] for p in predictions(sink)] == champions
    assert len(scorer.quarantined) == 1


def test_rows_that_it_cannot_score_are_counted_and_not_quarantined(artifact):
    """Its schema may ask for more."""
    stricter = artifacts.artifact(
        version="s", features=(*artifacts.FEATURES[:1], Feature("spend", "int"), *artifacts.FEATURES[2:])
    )
    scorer = shadowed(artifact, stricter)
    _, report = scorer.run(envelopes.kinesis(envelopes.event(0, spend=3), envelopes.event(1, spend=3.5), GOOD[2]))
    assert (report.predictions, scorer.quarantined) == (3, [])
    assert (report.shadow["scored"], report.shadow["unscorable"]) == (1, 2)


def test_scores_of_another_number_of_classes_are_not_compared(artifact):
    scorer = shadowed(artifact, artifacts.artifact("multiclass", version="s"))
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert report.shadow == {"version": "s", "scored": 4, "unscorable": 0}


def test_it_comes_after_predictions_and_quarantine(artifact, other, monkeypatch):
    order = []
    sink = FakeSink()
    scorer = shadowed(artifact, other, sink=sink)
    for name, place, method in (
        ("shadow", sink, "begin"),
        ("sink", scorer.sink, "begin"),
        ("quarantine", scorer.s3, "put_object"),
    ):
        real = getattr(place, method)
        monkeypatch.setattr(place, method, lambda *a, n=name, r=real, **k: order.append(n) or r(*a, **k))
    scorer.run(envelopes.kinesis(*GOOD, b"{"))
    assert order == ["sink", "quarantine", "shadow"]


@pytest.mark.parametrize(
    "failure", [SinkUnavailable("down"), SinkRefused("no"), ValueError("anything"), [0, 1]], ids=repr
)
def test_its_sink_is_called_once_and_fails_no_batch(artifact, other, failure):
    sink = FakeSink([failure])
    scorer = shadowed(artifact, other, sink=sink)
    response, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (response, report.predictions, report.failed) == ({"batchItemFailures": []}, 4, 0)
    assert (len(sink.calls), scorer.clock.slept) == (1, [])
    lost = report.shadow.get("unpublished", 0) or report.shadow.get("errors", 0)
    assert lost == {ValueError: 1, list: 2}.get(type(failure), 4)


def test_a_sink_that_failed_as_a_whole_gets_a_rest(artifact, other):
    """Else each batch would wait for its time-outs."""
    sink = FakeSink([SinkUnavailable("time-out")])
    scorer = shadowed(artifact, other, sink=sink)
    for _ in range(3):
        _, report = scorer.run(envelopes.kinesis(*GOOD))
        assert (report.shadow["published"], report.shadow["unpublished"]) == (0, 4)
    assert len(sink.calls) == 1
    scorer.clock.now += REST_SECONDS
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (report.shadow["published"], report.shadow["unpublished"]) == (4, 0)


def test_its_calls_keep_to_the_limits_of_its_sink(artifact, other):
    sink = sized(FakeSink(), entries=3, call=1_500)
    scorer = shadowed(artifact, other, sink=sink)
    _, report = scorer.run(envelopes.kinesis(*(envelopes.event(i) for i in range(20))))
    assert report.shadow["published"] == 20
    assert all(len(call) <= 3 and sum(map(Limit(1_500, with_keys=True).size, call)) <= 1_500 for call in sink.calls)


def test_a_score_that_is_not_finite_does_not_spoil_the_log(artifact, other, monkeypatch):
    scorer = shadowed(artifact, other)
    scorer.run(envelopes.kinesis(GOOD[0]))
    scores = array("f", [0.5, float("nan")])
    monkeypatch.setattr(scorer.pipeline._shadow._variant, "predict", lambda *_: scores)
    _, report = scorer.run(envelopes.kinesis(*GOOD[:2]))
    assert (report.shadow["scored"], report.shadow["unscorable"], report.shadow["mean_score"]) == (1, 1, 0.5)


@pytest.mark.parametrize("error", [RuntimeError("an event"), MemoryError(), RecursionError()], ids=repr)
def test_whatever_goes_wrong_in_it_is_caught_and_counted(artifact, other, error, monkeypatch, caplog):
    scorer = shadowed(artifact, other)
    scorer.run(envelopes.kinesis(GOOD[0]))

    def fail(*_):
        raise error

    monkeypatch.setattr(scorer.pipeline._shadow._variant, "predict", fail)
    response, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (response, report.predictions, report.shadow) == (
        {"batchItemFailures": []},
        4,
        {"version": "s", "errors": 1},
    )
    assert f"shadow s failed: {type(error).__name__} in fail, line" in caplog.text
    assert "an event" not in caplog.text


def test_a_shadow_that_does_not_verify_leaves_the_release_alone_and_is_tried_again_later(artifact, other, caplog):
    scorer = shadowed(artifact, replace(other, model=other.model[:-1]))
    for _ in range(3):
        _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert report.predictions == 4
    assert scorer.store.fetched == ["1", "s"]
    assert "shadow s failed: model artifact refused by the size check" in caplog.text

    scorer.store.artifacts["s"] = other
    scorer.clock.now += RELOAD_SECONDS
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert report.shadow["scored"] == 4


def test_another_shadow_is_loaded_at_once_and_an_ended_one_is_let_go(artifact, other):
    scorer = shadowed(artifact, replace(other, model=b"junk"))
    scorer.run(envelopes.kinesis(*GOOD))
    scorer.store.release_as(champion=artifact, shadow=artifacts.artifact(version="t", seed=4))
    scorer.clock.now += 61  # two polls: the next batch waits for the release
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (report.shadow["version"], report.shadow["scored"]) == ("t", 4)

    scorer.store.release_as(champion=artifact)
    scorer.clock.now += 61  # two polls: the next batch waits for the release
    assert scorer.run(envelopes.kinesis(*GOOD))[1].shadow == {}
    assert scorer.pipeline._shadow._variant is None


def test_without_time_left_it_does_nothing(artifact, other):
    """The sink takes so long that no other call may begin."""
    sink = FakeSink()
    scorer = shadowed(artifact, other, sink=sink)
    scorer.run(envelopes.kinesis(*GOOD))
    scorer.sink._clock, scorer.sink._seconds = scorer.clock, 2.0
    _, report = scorer.run(envelopes.kinesis(*GOOD), seconds=CALL + 1.0)
    assert (report.predictions, report.shadow) == (4, {"version": "s", "left_out": 4})
    assert len(sink.calls) == 1


def test_it_takes_no_longer_than_its_batch_did(artifact, other):
    """At least a second, though; its own sink takes 2 s a call."""
    scorer = shadowed(artifact, other)
    sink = FakeSink(clock=scorer.clock, seconds=2.0)
    scorer.pipeline._shadow._sink = sink
    _, report = scorer.run(envelopes.kinesis(*(envelopes.event(i) for i in range(5 * SLICE))))
    assert (report.shadow["published"], report.shadow["left_out"]) == (SLICE, 4 * SLICE)

    scorer.sink._clock, scorer.sink._seconds = scorer.clock, 1.0  # five calls: 5 s
    _, report = scorer.run(envelopes.kinesis(*(envelopes.event(i) for i in range(5 * SLICE))))
    assert (report.shadow["published"], report.shadow["left_out"]) == (3 * SLICE, 2 * SLICE)


def test_a_shadow_too_large_to_load_in_time_is_left_out(artifact, other, monkeypatch, caplog):
    scorer = shadowed(artifact, other)
    monkeypatch.setattr(scorer.store, "model_size", lambda pointer: 300_000_000)
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (report.predictions, report.shadow) == (4, {"version": "s"})
    assert "shadow s not loaded: loading may take 151 s, more than the invocation has left" in caplog.text
    assert scorer.store.fetched == ["1"]


def test_a_shadow_is_tried_in_a_child_at_a_cold_start_too_and_not_for_longer_than_there_is_time(artifact, other):
    scorer = shadowed(artifact, other)
    scorer.run(envelopes.kinesis(*GOOD), seconds=CALL + 30.0)
    assert scorer.tried == [("s", 15.0)]


def test_a_shadow_that_kills_the_child_is_never_loaded(artifact, other):
    scorer = shadowed(artifact, other)

    def killed(artifact, *, timeout=None):
        raise ArtifactRefused("load", "the process that loads was ended by signal 11 (Segmentation fault)")

    scorer.pipeline._shadow._loader._check = killed
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (report.predictions, report.shadow) == (4, {"version": "s", "errors": 1})
    assert scorer.pipeline._shadow._variant is None


def test_a_shadow_prediction_that_its_sink_cannot_take_is_left_out(artifact, other):
    sink = sized(FakeSink(), entry=1_000)
    scorer = shadowed(artifact, other, sink=sink)
    _, report = scorer.run(envelopes.kinesis(GOOD[0], envelopes.event(1) | {"event_id": "x" * 1_000}))
    assert (report.predictions, report.shadow["published"], report.shadow["unscorable"]) == (2, 1, 1)


def test_a_bug_in_the_loader_is_no_concern_of_the_batch(artifact, other, monkeypatch):
    scorer = shadowed(artifact, other)

    def refuse(pointer):
        raise ArtifactRefused("manifest", "gone")

    monkeypatch.setattr(scorer.store, "model_size", refuse)
    _, report = scorer.run(envelopes.kinesis(*GOOD))
    assert (report.predictions, report.shadow) == (4, {"version": "s", "errors": 1})
