import re
import threading
from collections.abc import Sequence
from itertools import count, islice

import pytest

from stream_producers import Event, Interrupted, Pace, Receipt, Report, Sessions, TargetFailed, produce
from stream_producers.targets.target import BatchDelivery, Limits
from tests.fakes.targets import FakeTarget

MANY_CALLS = Limits(records=10, batch_bytes=10_000, event_bytes=1_000, calls=3)
DEADLINE = 10.0


def events(number: int) -> list[Event]:
    return list(islice(Sessions(7).events(), number))


def taken(batch: Sequence[Event]) -> BatchDelivery:
    return BatchDelivery([("fake", event.event_id) for event in batch])


def test_nothing_to_send_is_no_error() -> None:
    report = produce([], FakeTarget())
    assert (report.sent, report.failed, report.rate) == (0, 0, 0.0)


def test_the_report_adds_up() -> None:
    def half(batch: Sequence[Event]) -> BatchDelivery:
        positions = [("at", event.event_id) if i % 2 else None for i, event in enumerate(batch)]
        return BatchDelivery(positions, ["full"] * positions.count(None), resent=3)

    receipts = list[Receipt]()
    report = produce(events(100), FakeTarget(half, MANY_CALLS), receipts=receipts.extend, calls=1)
    assert (report.sent, report.failed, report.resent, report.bad) == (50, 50, 30, 0)
    assert report.reasons == {"full": 50}
    assert [receipt.event_id for receipt in receipts] == [event.event_id for event in events(100)[1::2]]


def test_progress_comes_after_every_call() -> None:
    seen = list[int]()
    produce(events(25), FakeTarget(limits=MANY_CALLS), on_progress=lambda report: seen.append(report.sent), calls=1)
    assert seen == [10, 20, 25]


def test_as_many_calls_are_under_way_as_asked_for_and_allowed() -> None:
    meeting = threading.Barrier(3)

    def together(batch: Sequence[Event]) -> BatchDelivery:
        meeting.wait(DEADLINE)  # broken unless three calls come together
        return taken(batch)

    report = produce(events(90), FakeTarget(together, MANY_CALLS), calls=8)
    assert report.sent == 90


def test_a_target_that_takes_nothing_else_ends_an_endless_run() -> None:
    def once(batch: Sequence[Event]) -> BatchDelivery:
        if batch[0].event_id.endswith("0000000"):
            return taken(batch)
        return BatchDelivery([None] * len(batch), ["gone"] * len(batch), stopped_by="gone")

    receipts = list[Receipt]()
    with pytest.raises(TargetFailed, match="gone") as failed:
        produce(Sessions(7).events(), FakeTarget(once, MANY_CALLS), receipts=receipts.extend, calls=1)
    report = failed.value.report
    assert report is not None
    assert (report.sent, report.failed, len(receipts)) == (10, 10, 10)


def test_ctrl_c_ends_with_the_report_of_what_was_sent() -> None:
    def interrupt(report: Report) -> None:
        if report.sent >= 30:
            raise KeyboardInterrupt

    target, receipts = FakeTarget(limits=MANY_CALLS), list[Receipt]()
    with pytest.raises(Interrupted) as interrupted:
        produce(Sessions(7).events(), target, receipts=receipts.extend, on_progress=interrupt, calls=1)
    report = interrupted.value.report
    assert report.interrupted
    assert target.stopped
    assert report.sent == len(receipts) == sum(map(len, target.batches)) >= 30


def test_ctrl_c_while_waiting_for_the_pace_settles_the_calls_under_way() -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    pace = Pace(rate=1, clock=lambda: 0.0, sleep=interrupt)
    with pytest.raises(Interrupted) as interrupted:
        produce(Sessions(7).events(), FakeTarget(), pace=pace)
    assert interrupted.value.report.sent == 1


def test_an_error_of_the_source_is_not_hidden() -> None:
    def broken() -> object:
        yield from events(3)
        raise ValueError("broken source")

    with pytest.raises(ValueError, match="broken source"):
        produce(broken(), FakeTarget())  # type: ignore[arg-type]


def test_no_thread_stays() -> None:
    produce(events(100), FakeTarget(limits=MANY_CALLS))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("producer")]


def test_times_are_rfc_3339_in_utc() -> None:
    receipts = list[Receipt]()
    produce(events(1), FakeTarget(), receipts=receipts.extend)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", receipts[0].sent_at)


def test_a_rate_is_kept_by_a_run() -> None:
    now = count(0, 0.001)
    report = produce(events(100), FakeTarget(), pace=Pace(rate=100, clock=lambda: next(now), sleep=lambda s: None))
    assert report.sent == 100
