"""A warm container with a good model settles every batch in time, whatever the model store does."""

import itertools

import pytest

from model_store.errors import NotInTime
from model_store.release import Pointer, Release
from model_store.store import ModelStore
from resilience.deadline import RESERVE_SECONDS
from serving.models import IDLE_CONNECT_SECONDS, WAIT_SECONDS, ModelUnavailable
from serving.poll import ABANDON_SECONDS, LONGEST_PAUSE_SECONDS
from tests.fakes import artifacts, envelopes
from tests.fakes.clock import CALL, FakeClock
from tests.fakes.scorer import FakeScorer
from tests.fakes.slow_s3 import DELAYED, DOWN, HANGS, TROUBLES, Objects, Pending, SlowS3

TIMEOUT, POLL = 10.0, 30
POINTS = ("", "release.json", "/2/manifest.json", "/2/model.ubj", "/3/manifest.json", "/3/model.ubj")
CHILD_SECONDS = 0.5


class Container:
    """A scorer whose models come from a slow store, and what its invocations took."""

    def __init__(self):
        self.clock = FakeClock()
        self.objects = Objects(self.clock)
        self.scorer = FakeScorer(
            clock=self.clock, store=ModelStore(SlowS3(self.objects), "models", "sessions"), check=self.check
        )
        self.took = []

    def check(self, artifact, *, timeout=None):
        """Stands in for the child process."""
        assert timeout > CHILD_SECONDS
        self.clock.sleep(CHILD_SECONDS)

    def publish(self, artifact):
        folder, manifest = f"models/sessions/{artifact.manifest.version}", artifact.manifest
        return Pointer(
            manifest.version,
            manifest.digest(),
            self.objects.put(f"{folder}/manifest.json", manifest.to_bytes()),
            self.objects.put(f"{folder}/model.ubj", artifact.model),
        )

    def release(self, champion, shadow=None):
        pointers = champion and self.publish(champion), shadow and self.publish(shadow)
        document = Release(pointers[0], "2026-01-02T03:04:05.000Z", shadow=pointers[1])
        self.objects.put("models/sessions/release.json", document.to_bytes())

    def batch(self, count=3, source=envelopes.kinesis):
        """The version that scored a batch, which must have been settled in time."""
        began = self.clock()
        self.scorer.sink.acknowledged.clear()
        response = self.scorer.invoke(source(*(envelopes.event(i) for i in range(count))), TIMEOUT)
        self.took.append(self.clock() - began)
        assert response == {"batchItemFailures": []}
        assert self.took[-1] <= TIMEOUT - RESERVE_SECONDS
        (version,) = {prediction["model"]["version"] for prediction in self.scorer.predictions}
        return version

    @property
    def stale(self):
        return self.scorer.told[-1]["ReleaseStaleSeconds"]


@pytest.fixture
def container(artifact):
    container = Container()
    container.release(artifact)
    assert container.batch() == "1"
    return container


@pytest.fixture(scope="module")
def third():
    return artifacts.artifact(version="3", seed=3)


@pytest.mark.parametrize("seconds", [0.0, 3.0], ids=["a fast sink", "a slow sink"])
@pytest.mark.parametrize(("trouble", "point"), list(itertools.product(TROUBLES, POINTS)))
def test_every_batch_is_settled_in_time(container, newer, third, trouble, point, seconds):
    """The trouble begins with another release, and its shadow; later all is well."""
    container.scorer.sink._clock, container.scorer.sink._seconds = container.clock, seconds
    container.release(newer, shadow=third)
    container.objects.trouble = lambda key: trouble if point in key else ""
    began = container.clock()
    for pause in itertools.chain([0.5] * 80, [70.0] * 10):
        container.clock.now += pause
        container.batch()
    # Beyond one attempt for the release and one for the shadow, the store costs a container up to a tenth of its time.
    if not seconds:
        assert sum(container.took) < 2 * TIMEOUT + 0.1 * (container.clock() - began)

    container.objects.trouble = lambda key: ""
    container.clock.now += LONGEST_PAUSE_SECONDS + 2 * POLL
    container.batch()
    assert container.batch() == "2"


def test_a_release_is_found_although_every_answer_takes_longer_than_a_call_may(container, newer, caplog):
    """Its answer is collected by a later invocation; only then does the store have to be fast."""
    container.objects.trouble = lambda key: DELAYED if "release.json" in key else ""
    container.release(newer)
    container.clock.now += POLL
    versions = []
    for _ in range(12):
        versions.append(container.batch())
        container.clock.now += 0.5
    assert versions == sorted(versions)
    assert set(versions) == {"1", "2"}
    assert container.took[1] == pytest.approx(WAIT_SECONDS)
    assert max(container.took[2:10]) == 0.0
    assert container.objects.asked.count("models/sessions/release.json") == 2
    assert container.stale < 10


def test_a_request_without_an_answer_is_given_up_and_its_connection_closed(container, monkeypatch, caplog):
    begun = []
    begin = SlowS3.begin_get_object
    monkeypatch.setattr(SlowS3, "begin_get_object", lambda *a, **k: begun.append(begin(*a, **k)) or begun[-1])
    container.objects.trouble = lambda key: HANGS
    container.clock.now += POLL
    container.batch()
    for _ in range(2):  # the first time it is asked again at once
        assert "release not read" not in caplog.text
        container.clock.now += ABANDON_SECONDS + 1
        container.batch()
    assert [pending.closed for pending in begun][:2] == [True, True]
    assert "release not read: TimedOut: no answer within 20 s; last confirmed 72 s ago" in caplog.text
    assert container.stale == pytest.approx(72, abs=1)


def test_a_container_that_was_frozen_while_it_waited_asks_again_before_its_batch(container, newer):
    """The answer is hours late, but the batch that comes first gets the release of the time between."""
    container.objects.trouble = lambda key: HANGS
    container.clock.now += POLL
    container.batch()
    container.objects.trouble = lambda key: ""
    container.release(newer)
    container.clock.now += 3 * 3600
    assert container.batch() == "2"


def test_a_container_that_was_frozen_finds_its_connection_closed_and_asks_again(container, newer, caplog):
    container.objects.trouble = lambda key: HANGS if "release.json" in key else ""
    container.clock.now += POLL
    container.batch()
    container.release(newer)
    container.objects.trouble = lambda key: ""
    container.clock.now += 600
    container.scorer.pipeline._models._poll._pending._asked.lost = True
    assert container.batch() == "2"
    assert "release not read" not in caplog.text


def test_a_connection_that_is_lost_again_and_again_is_logged(container, monkeypatch, caplog):
    monkeypatch.setattr(Pending, "lost", True)
    container.clock.now += POLL
    container.batch()
    container.clock.now += POLL
    container.batch()
    assert "release not read: ConnectionLost" in caplog.text


def test_before_a_batch_no_connection_is_opened_unless_polls_are_overdue(container):
    container.objects.trouble = lambda key: DOWN
    container.scorer.sink._clock, container.scorer.sink._seconds = container.clock, 0.0
    for idle, least, most in ((POLL, 1.0, 1.0), (3 * POLL, IDLE_CONNECT_SECONDS, IDLE_CONNECT_SECONDS)):
        container.clock.now += idle
        container.batch()
        assert least <= container.took[-1] <= most


def test_what_does_not_fit_before_the_batch_is_loaded_after_it(container, newer, monkeypatch):
    """Half of the time that the batch leaves is too short for the child."""
    seconds = (TIMEOUT - CALL) / 2
    slow = seconds / 2

    def check(artifact, *, timeout=None):
        container.clock.sleep(min(timeout, slow))
        if timeout < slow:
            raise NotInTime("expected to load")

    container.scorer.pipeline._models._loader._check = check
    container.release(newer)
    container.clock.now += 3 * POLL
    assert container.batch() == "1"
    assert container.batch() == "2"
    assert {line["ReleaseRefused"] for line in container.scorer.told} == {0}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("point", ["release.json", "/1/manifest.json", "/1/model.ubj"])
def test_a_cold_start_without_a_model_ends_in_time_with_the_reason(artifact, trouble, point):
    container = Container()
    container.release(artifact)
    container.objects.trouble = lambda key: trouble if point in key else ""
    began = container.clock()
    with pytest.raises(ModelUnavailable, match="no release of 'sessions' could be loaded: release not read: "):
        container.scorer.invoke(envelopes.sqs(envelopes.event()), TIMEOUT)
    assert container.clock() - began <= TIMEOUT - RESERVE_SECONDS
    assert container.scorer.predictions == []

    container.objects.trouble = lambda key: ""
    assert container.batch() == "1"


@pytest.mark.parametrize("left", [-1.0, 0.0, 0.3, 0.55, 0.65, 1.0, 1.6, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("trouble", ["", *TROUBLES])
def test_what_follows_a_batch_takes_no_more_than_the_batch_left(container, newer, trouble, left):
    """Whether the poll is begun, collected, or loads what it found."""
    models, clock = container.scorer.pipeline._models, container.clock

    def check(artifact, *, timeout=None):
        clock.sleep(min(timeout, CHILD_SECONDS))
        if timeout < CHILD_SECONDS:
            raise NotInTime("expected to load")

    models._loader._check = check
    container.release(newer)
    for point in ("", "release.json", "/2/"):
        clock.now += 400
        container.objects.trouble = lambda key, point=point: trouble if point in key else ""
        models._asked = False
        for _ in range(3):
            began = clock()
            models.refresh(clock.deadline(left))
            assert clock() - began <= max(0.0, left - RESERVE_SECONDS) + 1e-6
            clock.now += 1.0
