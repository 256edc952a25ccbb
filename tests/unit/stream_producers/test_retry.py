from collections.abc import Sequence

import pytest

from stream_producers import Event
from stream_producers.targets import BatchRetry
from stream_producers.targets.retry import Refused, Taken, TargetCallFailed

BATCH = [Event(str(i), b"", "k") for i in range(4)]


class Script:
    """A call that answers as written: for each call an error, or what becomes of each id that is not just taken."""

    def __init__(self, *answers: TargetCallFailed | dict[str, Refused]) -> None:
        self.answers, self.called = list(answers), list[list[str]]()

    def __call__(self, events: Sequence[Event]) -> list[Taken | Refused]:
        ids = [event.event_id for event in events]
        self.called.append(ids)
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, TargetCallFailed):
            raise answer
        return [answer.get(i, Taken(("at", i))) for i in ids]


def retry(attempts: int = 3) -> tuple[BatchRetry, list[float]]:
    waits = list[float]()
    return BatchRetry(attempts, base=1, cap=3, jitter=lambda: 1.0, wait=waits.append), waits


def test_a_batch_that_is_taken_is_sent_once() -> None:
    script = Script()
    delivery = retry()[0].deliver(BATCH, script)
    assert delivery.positions == [("at", str(i)) for i in range(4)]
    assert (delivery.resent, delivery.reasons, delivery.stopped_by) == (0, [], None)
    assert len(script.called) == 1


def test_only_what_failed_is_sent_again_and_positions_stay_in_their_place() -> None:
    script = Script({"1": Refused("busy"), "3": Refused("busy")}, {"3": Refused("busy")})
    delivery = retry()[0].deliver(BATCH, script)
    assert script.called == [["0", "1", "2", "3"], ["1", "3"], ["3"]]
    assert delivery.positions == [("at", str(i)) for i in range(4)]
    assert (delivery.resent, delivery.reasons) == (3, [])


def test_what_fails_in_every_attempt_is_given_up_alone() -> None:
    delivery = retry()[0].deliver(BATCH, Script(*[{"2": Refused("busy")}] * 3))
    assert delivery.positions[2] is None
    assert None not in delivery.positions[:2]
    assert (delivery.resent, delivery.reasons, delivery.stopped_by) == (2, ["busy"], None)


def test_what_cannot_pass_is_not_sent_again() -> None:
    script = Script({"2": Refused("no", may_pass=False)})
    delivery = retry()[0].deliver(BATCH, script)
    assert len(script.called) == 1
    assert (delivery.reasons, delivery.resent, delivery.stopped_by) == (["no"], 0, None)


def test_a_call_that_may_pass_is_made_again_with_all_that_is_pending() -> None:
    script = Script({"1": Refused("busy")}, TargetCallFailed("gone for a moment", may_pass=True))
    delivery = retry()[0].deliver(BATCH, script)
    assert script.called == [["0", "1", "2", "3"], ["1"], ["1"]]
    assert (delivery.resent, delivery.reasons, delivery.stopped_by) == (2, [], None)


def test_a_call_that_fails_in_every_attempt_stops_the_run_but_keeps_what_was_taken() -> None:
    answers = [{"1": Refused("busy")}, *[TargetCallFailed("gone", may_pass=True)] * 2]
    delivery = retry()[0].deliver(BATCH, Script(*answers))
    assert delivery.positions == [("at", "0"), None, ("at", "2"), ("at", "3")]
    assert (delivery.resent, delivery.reasons, delivery.stopped_by) == (2, ["gone"], "gone")


def test_a_call_that_cannot_pass_is_not_made_again() -> None:
    script = Script(TargetCallFailed("no such stream", may_pass=False))
    delivery = retry()[0].deliver(BATCH, script)
    assert len(script.called) == 1
    assert (delivery.positions, delivery.reasons) == ([None] * 4, ["no such stream"] * 4)
    assert delivery.stopped_by == "no such stream"


def test_waits_double_up_to_a_cap() -> None:
    one, waits = retry(attempts=5)
    one.deliver(BATCH, Script(*[{"0": Refused("busy")}] * 5))
    assert waits == [1, 2, 3, 3]


@pytest.mark.parametrize("drawn", [0.0, 0.5])
def test_a_wait_is_drawn_from_nothing_to_its_bound(drawn: float) -> None:
    waits = list[float]()
    BatchRetry(2, base=1, jitter=lambda: drawn, wait=waits.append).deliver(BATCH, Script({"0": Refused("busy")}))
    assert waits == [drawn]


def test_a_stopped_retry_finishes_its_attempt_and_begins_no_other() -> None:
    one = BatchRetry(base=3_600, cap=3_600)

    def busy(events: Sequence[Event]) -> list[Taken | Refused]:
        one.stop()
        return [Refused("busy")] * len(events)

    delivery = one.deliver(BATCH, busy)
    assert (delivery.resent, delivery.reasons) == (0, ["busy"] * 4)
