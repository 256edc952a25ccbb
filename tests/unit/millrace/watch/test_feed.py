"""Sources in threads of their own, and what becomes of those that do not answer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from millrace.watch import feed as feeds
from millrace.watch.feed import Feed, PolledSource
from millrace.watch.state import ALARMS, LOG, RELEASE, SINK
from millrace.watch.updates import Alarms, Logged, Published
from model_store.errors import DocumentInvalid
from tests.fakes.answers import refused, unreachable
from tests.fakes.wait import wait_for
from tests.fakes.watched import invocation, predictions, state

Tell = Callable[[Any], None]


def raising(error: Exception) -> Callable[[Tell], None]:
    def ask(tell: Tell) -> None:
        raise error

    return ask


def test_what_sources_tell_is_folded() -> None:
    seen = state()
    told = [
        PolledSource(SINK, 60, lambda tell: tell(Published(predictions(3))), "kinesis"),
        PolledSource(LOG, 60, lambda tell: tell(Logged([invocation()])), "logs"),
    ]

    with Feed(told) as feed:
        wait_for(lambda: (feed.fold_into(seen), feed.all_asked)[1])

    assert (seen.totals["in_sink"], seen.totals["events"]) == (3, 500)
    assert feed.answered == {SINK, LOG}
    assert seen.trouble == {}


@pytest.mark.parametrize(
    ("error", "service", "told"),
    [
        (refused("FilterLogEvents"), "logs", "denied: logs:FilterLogEvents"),
        (refused("GetRecords"), "kinesis", "denied: kinesis:GetRecords"),
        (
            refused("GetRecords", message="ada is not authorized to perform: kms:Decrypt on resource: x"),
            "kinesis",
            "denied: kms:Decrypt",
        ),
        (refused("GetObject", "NoSuchKey", "no such key"), "s3", "there is none: no such key"),
        (refused("GetRecords", "LimitExceededException", "slow"), "kinesis", "no answer: LimitExceededException: slow"),
        (unreachable(), "logs", "no answer: Could not connect to the endpoint URL"),
        (DocumentInvalid("release.share: expected a number"), "s3", "cannot be read: release.share: expected a number"),
        (KeyError("Shards"), "kinesis", "cannot be read: 'Shards'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_source_that_does_not_answer_says_why_and_the_others_go_on(error: Exception, service: str, told: str) -> None:
    seen = state()
    sources = [
        PolledSource(RELEASE, 60, raising(error), service),
        PolledSource(ALARMS, 60, lambda tell: tell(Alarms([])), "cloudwatch"),
    ]

    with Feed(sources) as feed:
        wait_for(lambda: (feed.fold_into(seen), feed.all_asked)[1])

    assert seen.trouble[RELEASE].startswith(told)
    assert seen.alarms == Alarms([])
    assert feed.answered == {ALARMS}


def test_our_own_mistakes_are_no_trouble_of_the_place() -> None:
    def folded(feed: Feed) -> None:
        feed.fold_into(state())

    with (
        Feed([PolledSource(LOG, 60, raising(ZeroDivisionError("ours")), "logs")]) as feed,
        pytest.raises(ZeroDivisionError, match="ours"),
    ):
        wait_for(lambda: folded(feed))


def test_trouble_ends_with_the_next_answer() -> None:
    seen, answers = state(), iter([refused("GetRecords", "LimitExceededException")])

    def ask(tell: Tell) -> None:
        for error in answers:
            raise error

    with Feed([PolledSource(SINK, 0.01, ask, "kinesis")]) as feed:
        wait_for(lambda: (feed.fold_into(seen), SINK in feed.answered)[1])

    assert seen.trouble == {}


class Pauses:
    """In the place of a feed's event: how long was waited between questions; closed after so many."""

    def __init__(self, number: int) -> None:
        self._left, self.seconds = number, list[float]()

    def is_set(self) -> bool:
        return self._left <= 0

    def set(self) -> None:
        self._left = 0

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._left -= 1


def paused(ask: Callable[[Tell], None], number: int, interval: float = 0.0) -> list[float]:
    feed = Feed([source := PolledSource(SINK, 1.0, ask, "kinesis")], interval)
    pauses = Pauses(number)
    feed._closed = pauses  # type: ignore[assignment]
    feed._keep_asking(source)
    return pauses.seconds


def test_a_source_is_asked_at_its_own_pace() -> None:
    assert paused(lambda tell: None, 3) == [1, 1, 1]


def test_a_longer_interval_spares_the_sources() -> None:
    assert paused(lambda tell: None, 3, interval=5.0) == [5, 5, 5]


def test_who_is_asked_too_often_is_asked_less() -> None:
    throttled = refused("GetRecords", "ProvisionedThroughputExceededException", "Rate exceeded")

    assert paused(raising(throttled), 7) == [2, 4, 8, 16, 30, 30, 30]


def test_who_answers_again_is_asked_as_before() -> None:
    errors = iter([refused("GetRecords"), refused("GetRecords")])

    def ask(tell: Tell) -> None:
        for error in errors:
            raise error

    assert paused(ask, 4) == [2, 4, 1, 1]


def test_a_feed_ends_though_a_source_hangs() -> None:
    hangs, began = threading.Event(), threading.Event()

    def ask(tell: Tell) -> None:
        began.set()
        hangs.wait(20)

    try:
        with Feed([PolledSource(LOG, 1, ask, "logs")]) as feed:
            assert began.wait(20)
        assert not feed.all_asked
    finally:
        hangs.set()


def test_sources_wait_for_a_state_that_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_WAITING", 2)
    seen, most = state(), [0]

    def ask(tell: Tell) -> None:
        for number in range(1, 21):
            tell(Published(predictions(1)))
            most[0] = number

    with Feed([PolledSource(SINK, 60, ask, "kinesis")]) as feed:
        wait_for(lambda: most[0] >= 2)
        assert feed._told.qsize() <= 2
        wait_for(lambda: (feed.fold_into(seen), feed.all_asked)[1])

    assert seen.totals["in_sink"] == 20
