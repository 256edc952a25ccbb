from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from stream_producers import Event, Pace
from stream_producers.batches import batches
from stream_producers.targets.target import Limits
from tests.fakes.targets import FakeTarget

TARGET = FakeTarget(limits=Limits(records=5, batch_bytes=100, event_bytes=60, calls=1))


def event(data: bytes) -> Event:
    return Event("e", data, "k")


@given(st.lists(st.integers(0, 60)))
def test_batches_hold_every_event_in_order_within_the_limits(sizes: list[int]) -> None:
    events = [event(b"x" * size) for size in sizes]
    made = list(batches(events, TARGET, Pace(), refuse=lambda reason: None))
    assert [e for batch in made for e in batch] == events
    for batch in made:
        assert 1 <= len(batch) <= 5
        assert sum(len(e.data) for e in batch) <= 100


def test_what_fits_in_no_call_is_refused_with_the_reason_and_the_rest_goes() -> None:
    reasons = list[str]()
    events = [event(b"a"), event(b"x" * 61), event(b"refuse me"), event(b"b")]
    assert list(batches(events, TARGET, Pace(), reasons.append)) == [[events[0], events[3]]]
    assert reasons == ["larger than the 60 bytes that an event may have there", "refused as told"]


def test_a_refused_event_has_had_its_turn() -> None:
    endless = (event(b"refuse me" if i % 2 else b"ok") for i in count())
    assert sum(map(len, batches(endless, TARGET, Pace(count=10), lambda reason: None))) == 5


def test_a_turn_of_nothing_but_refused_events_is_no_batch() -> None:
    events = [event(b"refuse me")] * 5 + [event(b"ok")]
    assert list(batches(events, TARGET, Pace(), lambda reason: None)) == [[event(b"ok")]]
