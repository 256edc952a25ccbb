import json
import logging

import pytest

from model_store.errors import ArtifactRefused, DocumentInvalid, ModelStoreError
from model_store.release import Release
from model_store.store import ModelStore
from serving.config import threads_for
from serving.models import Models, ModelUnavailable
from telemetry.metrics import Metrics
from tests.fakes import artifacts, envelopes
from tests.fakes.s3 import client_error
from tests.fakes.scorer import FakeScorer
from tests.fakes.store import FakeModelStore
from tests.fakes.two_steps import TwoSteps

POLL = 30


@pytest.fixture
def models(store, clock):
    return container(store, clock)


def container(store, clock, metrics=None):
    """A new container's models."""
    return Models(store, threads=1, poll_seconds=POLL, metrics=metrics, clock=clock)


@pytest.fixture
def batch(clock):
    """Asks a container's models as a batch does; what that batch tells of refusals and staleness."""
    lines = []
    metrics = Metrics("scorer", write=lambda line: lines.append(json.loads(line)), clock=clock)
    containers = {}

    def ask(store):
        if store not in containers:
            containers[store] = container(store, clock, metrics)
        try:
            batch_of(containers[store])
        finally:
            metrics.write("", "")
        return told()

    def told():
        return lines[-1]["ReleaseRefused"], lines[-1]["ReleaseStaleSeconds"]

    ask.told = told
    return ask


def batch_of(models, seconds=60.0):
    """The models that score a batch, which takes no time; afterwards the poll is answered, and what it found loaded."""
    deadline = models._clock.deadline(seconds)
    serving = models.serving(deadline)
    models.refresh(deadline)
    return serving


def champion(models):
    """The version that scores a batch."""
    return batch_of(models).variants["champion"].version


def next_champion(models):
    """The version that scores the batch after this one: what this one's poll finds."""
    champion(models)
    return champion(models)


def test_the_release_is_read_at_first_use(store, models):
    assert store.asked == []
    assert champion(models) == "1"
    assert store.asked == [None]


def test_the_release_is_polled_at_most_every_poll_seconds_on_condition_of_its_etag(store, models, clock):
    for _ in range(100):
        batch_of(models)
        clock.now += 1
    assert store.asked == [None] + [store.stored.etag] * 3


def test_an_unchanged_release_keeps_the_very_same_models(models, clock):
    before = batch_of(models)
    clock.now += POLL
    assert batch_of(models) is before


def test_a_new_release_is_found_at_the_next_poll_and_scores_the_batch_after_it(store, models, clock, newer):
    batch_of(models)
    store.release_as(champion=newer)
    clock.now += POLL - 1
    assert [champion(models), champion(models)] == ["1", "1"]
    clock.now += 1
    assert [champion(models), champion(models)] == ["1", "2"]


def test_a_container_that_was_idle_loads_a_new_release_before_its_next_batch(store, models, clock, newer):
    batch_of(models)
    store.release_as(champion=newer)
    clock.now += 2 * POLL + 1
    assert champion(models) == "2"


def test_polls_without_a_pause_come_before_every_batch(store, clock, newer):
    models = Models(store, threads=1, poll_seconds=0, clock=clock)
    batch_of(models)
    store.release_as(champion=newer)
    for _ in range(3):
        clock.now += 0.001
        assert champion(models) == "2"
    assert store.asked == [None, '"1"', '"2"', '"2"'], "one poll a batch"


def test_a_swap_leaves_the_batch_in_flight_alone(store, models, clock, newer):
    in_flight = batch_of(models)
    store.release_as(champion=newer)
    clock.now += POLL
    batch_of(models)
    assert batch_of(models).release.champion.version == "2"
    assert in_flight.variants["champion"].version == "1"


def damaged(artifact):
    return type(artifact)(artifact.manifest, artifact.model[:-1])


def test_a_refused_release_keeps_the_last_good_one_and_is_tried_again(store, models, clock, newer, caplog):
    batch_of(models)
    etag = store.stored.etag
    store.release_as(champion=damaged(newer))
    clock.now += POLL
    assert champion(models) == "1"
    assert "refused by the size check" in caplog.text

    store.artifacts["2"] = newer  # under the same ETag: the object was mended, not the release
    clock.now += POLL
    assert next_champion(models) == "2"
    assert store.asked == [None, etag, etag]


def test_a_release_with_a_damaged_challenger_is_refused_whole(store, models, clock, newer):
    batch_of(models)
    third = artifacts.artifact(version="3", seed=3)
    store.release_as(champion=newer, challenger=damaged(third), share=0.5)
    clock.now += POLL
    assert champion(models) == "1"
    assert set(batch_of(models).variants) == {"champion"}


def test_of_a_release_only_what_is_new_is_loaded(store, models, clock, artifact, newer):
    """Splitting, promoting and rolling back to what serves cost no load."""
    batch_of(models)
    for release in (
        {"champion": artifact, "challenger": newer, "share": 0.5},
        {"champion": artifact, "challenger": newer, "share": 0.7},
        {"champion": newer, "previous": artifact},
    ):
        store.release_as(**release)
        clock.now += POLL
        batch_of(models)
        serving = batch_of(models)
    assert store.fetched == ["1", "2"]
    assert (serving.variants.keys(), serving.variants["champion"].version) == ({"champion"}, "2")
    assert '"variant":"champion"' in serving.variants["champion"].encoder.model


def test_a_new_container_falls_back_on_the_champion_before(clock, artifact, newer, caplog):
    store = FakeModelStore()
    store.release_as(champion=damaged(newer), previous=artifact)
    models = container(store, clock)
    assert champion(models) == "1"
    assert "release refused: model artifact refused by the size check" in caplog.text
    assert "fell back to version 1 for all keys" in caplog.text

    store.artifacts["2"] = newer  # mended
    clock.now += POLL
    assert next_champion(models) == "2"


def test_a_new_container_serves_the_champion_where_the_challenger_is_at_fault(clock, artifact, newer):
    """What containers that were there before serve, too; and `previous` may be much older."""
    store = FakeModelStore()
    old = artifacts.artifact(version="0", seed=5)
    store.release_as(champion=artifact, challenger=damaged(newer), share=0.5, previous=old)
    models = container(store, clock)
    assert champion(models) == "1"
    assert {batch_of(models).release.variant(f"key-{i}") for i in range(100)} == {"champion"}
    assert store.fetched == ["1", "2"]


def test_a_container_that_fell_back_stays_with_what_it_has(clock, artifact, newer):
    """Another bad release does not make it change its mind."""
    store = FakeModelStore()
    store.release_as(champion=damaged(newer), previous=artifact)
    models = container(store, clock)
    before = batch_of(models)
    third = artifacts.artifact(version="3", seed=3)
    store.release_as(champion=damaged(third), previous=newer)
    clock.now += POLL
    assert batch_of(models) is before


@pytest.mark.parametrize("previous", [False, True], ids=["no previous", "previous is bad too"])
def test_where_nothing_verifies_a_new_container_raises(clock, artifact, newer, previous):
    store = FakeModelStore()
    store.release_as(champion=damaged(newer), previous=damaged(artifact) if previous else None)
    with pytest.raises(ModelUnavailable):
        batch_of(container(store, clock))


def test_a_store_that_does_not_answer_is_no_reason_to_serve_an_older_model(clock, artifact, newer, monkeypatch):
    store = FakeModelStore()
    store.release_as(champion=newer, previous=artifact)
    monkeypatch.setattr(store, "artifact", lambda pointer: (_ for _ in ()).throw(client_error("SlowDown", 503)))
    models = container(store, clock)
    with pytest.raises(ModelUnavailable):
        batch_of(models)
    monkeypatch.undo()
    assert champion(models) == "2"


def test_an_artifact_that_is_not_signed_as_it_should_be_is_refused(clock, artifact):
    def unsigned(artifact):
        raise ArtifactRefused("signature", "expected one")

    models = Models(FakeModelStore(artifact), threads=1, poll_seconds=POLL, signature=unsigned, clock=clock)
    with pytest.raises(ModelUnavailable, match="signature"):
        batch_of(models)


def test_refusals_are_counted_and_staleness_is_measured(store, batch, clock, newer):
    assert batch(store) == (0, 0.0)
    store.release_as(champion=damaged(newer))
    for told in ((0, 20.0), (1, 40.0), (0, 60.0), (1, 80.0)):
        clock.now += 20
        assert batch(store) == told

    store.artifacts["2"] = newer
    clock.now += POLL
    assert batch(store) == (0, 0.0)


def test_a_store_that_cannot_be_read_makes_the_release_stale_and_is_no_refusal(store, batch, clock):
    batch(store)
    store.failure = client_error("AccessDenied", 403)
    clock.now += 60
    assert batch(store) == (0, 60.0)
    store.failure = None
    clock.now += 60
    assert batch(store) == (0, 0.0)


def test_before_the_first_release_nothing_is_refused(batch):
    with pytest.raises(ModelUnavailable):
        batch(FakeModelStore())
    assert batch.told() == (0, 0.0)


def test_without_a_model_the_refusal_is_told_all_the_same(artifact, batch):
    store = FakeModelStore()
    store.release_as(champion=damaged(artifact))
    with pytest.raises(ModelUnavailable):
        batch(store)
    assert batch.told() == (1, 0.0)


def test_a_swap_before_every_batch_mixes_no_batch(artifact, newer):
    """Each batch is scored by the release of its beginning, whole."""
    scorer = FakeScorer(artifact)
    for number in range(60):
        version = (artifact, newer)[number % 2]
        scorer.store.release_as(champion=version)
        scorer.clock.now += 2 * POLL + 1
        scorer.sink.acknowledged.clear()
        scorer.run(envelopes.kinesis(*(envelopes.event(i) for i in range(3))))
        assert [p["model"]["version"] for p in scorer.predictions] == [version.manifest.version] * 3


@pytest.mark.parametrize(
    "failure",
    [
        client_error("AccessDenied", 403),
        client_error("SlowDown", 503),
        DocumentInvalid("release.share: expected 0 to 1"),
        ArtifactRefused("size", "too large"),
        ModelStoreError("anything"),
        OSError("connection reset"),
        ValueError("anything else"),
    ],
    ids=repr,
)
def test_a_store_that_fails_keeps_the_last_good_release_and_is_asked_again(store, models, clock, failure, caplog):
    before = batch_of(models)
    store.failure = failure
    clock.now += POLL
    assert batch_of(models) is before
    assert [record.levelno for record in caplog.records if record.levelno >= logging.WARNING] == [logging.ERROR]
    clock.now += POLL
    batch_of(models)
    assert len(store.asked) == 3


@pytest.mark.parametrize("failure", [None, client_error("AccessDenied", 403)], ids=repr)
def test_without_a_model_it_raises_and_asks_again_at_the_next_batch(clock, artifact, failure):
    store = FakeModelStore()
    store.failure = failure
    models = Models(store, threads=1, poll_seconds=POLL, clock=clock)
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="sessions"):
            batch_of(models)
    assert len(store.asked) == 2
    store.failure = None
    store.release_as(champion=artifact)
    assert champion(models) == "1"


def test_without_a_model_the_batch_fails_and_nothing_is_quarantined():
    scorer = FakeScorer()
    response, report = scorer.run(envelopes.kinesis(envelopes.event(), b"{"))
    assert response == {"batchItemFailures": [{"itemIdentifier": str(envelopes.FIRST_SEQUENCE)}]}
    assert report.failed == 2
    assert (scorer.quarantined, scorer.predictions) == ([], [])


def test_a_challenger_serves_its_share_of_the_keys_and_predictions_say_so(artifact, newer):
    scorer = FakeScorer(artifact)
    scorer.store.release_as(champion=artifact, challenger=newer, share=0.3)
    scorer.run(envelopes.kinesis(*(envelopes.event(i % 5) for i in range(900))))
    versions = [(p["model"]["variant"], p["model"]["version"]) for p in scorer.predictions]
    assert set(versions) == {("champion", "1"), ("challenger", "2")}
    assert 0.25 < versions.count(("challenger", "2")) / 900 < 0.35


def test_a_redelivered_batch_keeps_its_variants(artifact, newer):
    batch = envelopes.kinesis(*(envelopes.event(i) for i in range(20)))
    seen = []
    for _ in range(2):  # two containers
        scorer = FakeScorer(artifact)
        scorer.store.release_as(champion=artifact, challenger=newer, share=0.5)
        scorer.run(batch)
        seen.append({p["prediction_id"]: (p["model"], p["score"]) for p in scorer.predictions})
    assert seen[0] == seen[1]
    assert len(seen[0]) == 20


def test_models_with_other_features_serve_side_by_side(artifact):
    regression = artifacts.artifact("regression", version="r")
    scorer = FakeScorer(artifact)
    scorer.store.release_as(champion=artifact, challenger=regression, share=0.5)
    scorer.run(envelopes.kinesis(*(envelopes.event(i) for i in range(20)), b"{"))
    labelled = {p["model"]["version"]: "label" in p for p in scorer.predictions}
    assert labelled == {"1": True, "r": False}
    assert len(scorer.quarantined) == 1


def test_s3_answers_the_conditional_read_of_an_unchanged_release_with_nothing(s3, artifact, newer, clock):
    store = ModelStore(TwoSteps(s3), "models", "sessions")
    models = Models(store, threads=1, poll_seconds=POLL, clock=clock)
    first = store.publish(artifact)
    store.put_release(Release(first, "2026-01-02T03:04:05.000Z"), replacing=None)
    before = batch_of(models)

    clock.now += POLL
    assert batch_of(models) is before
    second = store.publish(newer)
    store.put_release(Release(second, "2026-01-02T03:04:06.000Z", previous=first), replacing=store.release())
    clock.now += POLL
    assert next_champion(models) == "2"


@pytest.mark.parametrize(
    ("memory", "cores", "threads"),
    [("128", 2, 1), ("1769", 6, 1), ("3538", 6, 2), ("10240", 6, 5), ("10240", 2, 2), (None, 8, 1)],
)
def test_threads_follow_the_memory_and_never_exceed_the_cores(memory, cores, threads):
    environment = {} if memory is None else {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}
    assert threads_for(environment, cores) == threads
