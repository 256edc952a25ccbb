"""What goes wrong while a redrive is under way: nothing is lost, and nothing settled is done twice."""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from millrace.redrive import LeaseHeld, LeaseLost, RedriveError, RedriveResult
from millrace.redrive.function import MOST_FAILURES
from model_store.artifact import Artifact
from tests.fakes import envelopes
from tests.fakes.redrive import EVERYWHERE, Lab, answered, batch, failed
from tests.fakes.s3 import client_error

Records = list[dict[str, Any]]


@pytest.fixture
def lab(artifact: Artifact) -> Lab:
    return Lab(artifact)


def raising(error: Exception) -> Callable[[Records], None]:
    def trouble(records: Records) -> None:
        raise error

    return trouble


THROTTLED = client_error("TooManyRequestsException", 429)
TIMED_OUT = ReadTimeoutError(endpoint_url="https://lambda")


class Killed(BaseException):
    """The process is gone: no clean-up of its own gets anywhere."""


class Mortal:
    """A client whose process dies at its `last` call of all, before or after that is carried out."""

    def __init__(self, client: Any, calls: Counter[str], last: int, *, after: bool) -> None:
        self._client, self._calls, self._last, self._after = client, calls, last, after

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self._calls["made"] += 1
            if self._calls["made"] > self._last or (self._calls["made"] == self._last and not self._after):
                raise Killed
            answer = getattr(self._client, operation)(**arguments)
            if self._calls["made"] == self._last:
                raise Killed
            return answer

        return call


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_killed_at_any_call_everything_is_accounted_for(artifact: Artifact, after: bool) -> None:
    """The process dies at its first call, at its second, and so on; the next run brings back what is left."""
    last = 0
    while True:
        last += 1
        lab = Lab(artifact)
        expected = {*lab.give_up(batch(5, first=500)), *lab.give_up(batch(2, first=600), 1)}
        expected |= {lab.letter(number) for number in range(3)}
        bad = set(lab.quarantine(b"{", b"[]", first=700)) | set(lab.quarantine(b"", first=800))
        calls: Counter[str] = Counter()
        names = {"s3": lab.s3, "sqs": lab.sqs, "function": lab.function}
        mortal = {name: Mortal(client, calls, last, after=after) for name, client in names.items()}
        try:
            lab.redrive(**mortal, chunk_records=2).run(EVERYWHERE)
        except Killed:
            pass
        else:
            break
        found, before = lab.found(), Counter(lab.predicted())
        lost = (expected | bad) - before.keys() - found.ids() - hidden(lab)
        assert not lost, f"killed at call {last}"

        lab.clock.now += 3_600
        result = lab.run()

        assert result.complete, f"killed at call {last}"
        assert set(lab.predicted()) == expected
        assert lab.found().quarantined.keys() == bad
        assert not lab.found().on_failure
        assert not lab.sqs.messages
        twice = [key for key, times in Counter(lab.predicted()).items() if times > 1]
        assert len(twice) <= 2, f"killed at call {last}: more than the chunk in flight was repeated"
    assert last > 50, "expected more calls than that"


def hidden(lab: Lab) -> set[str]:
    """Dead letters that a dead process still holds."""
    at, lab.clock.now = lab.clock.now, lab.clock.now + 3_600
    found = lab.found().dead_letters
    lab.clock.now = at
    return found


def test_a_run_that_is_told_to_stop_ends_after_its_chunk(lab: Lab) -> None:
    lab.give_up(batch(5))
    lab.letter()
    stops = iter([False, True])

    result = lab.run(chunk_records=2, stopped=lambda: next(stops))

    assert (result.predictions, result.stopped, result.complete) == (2, True, False)
    assert lab.run().predictions == 4
    assert len(lab.predicted()) == 6, "nothing twice"


def test_what_fails_again_stays_where_it_was(lab: Lab) -> None:
    """The sink takes all but the second of each call, for as long as the invocation lasts."""
    first, second, third = lab.give_up(batch(3))
    letters = {lab.letter(number) for number in range(2)}
    lab.sink._outcomes = iter([[1, 4]] + [[0, 1]] * 10_000)

    result = lab.run()

    assert (result.predictions, result.failed.total(), result.complete) == (3, 2, False)
    (left,) = letters - set(lab.predicted())
    assert lab.predicted() == [first, third, *(letters - {left})]
    assert lab.found().on_failure == {second}
    assert lab.found().dead_letters == {left}, "shown again at once"
    lab.sink._outcomes = iter([])
    lab.clock.now += 60
    assert lab.run().predictions == 2


def test_a_dead_sink_is_not_hammered(lab: Lab) -> None:
    lab.give_up(batch(10))
    lab.sink._outcomes = iter([list(range(500))] * 10_000)

    result = lab.run(chunk_records=2)

    assert lab.function.sizes == [2, 2]
    assert "nothing of the last 2 chunks got through" in result.trouble
    assert len(lab.found().on_failure) == 10


@pytest.mark.parametrize("error", [THROTTLED, TIMED_OUT], ids=["throttled", "timed out"])
def test_a_call_that_may_pass_is_made_again_after_a_while(lab: Lab, error: Exception) -> None:
    lab.give_up(batch(2))
    lab.function.trouble(raising(error), raising(error))

    assert lab.run().predictions == 2
    assert lab.function.sizes == [2, 2, 2]
    assert lab.clock.slept[:2] == [0.25, 0.5]


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (raising(THROTTLED), "cannot be called: .*TooManyRequests"),
        (raising(TIMED_OUT), "did not answer: .*timeout"),
        (raising(client_error("AccessDeniedException", 403)), "cannot be called: .*AccessDenied"),
        (lambda records: failed("ModelUnavailable"), "publish one that verifies"),
        (lambda records: failed("ConfigInvalid"), "its log names the variable"),
        (lambda records: failed("UnknownEventSource"), "deploy this version first"),
        (lambda records: answered(None), "deploy this version first"),
        (lambda records: answered({}), "deploy this version first"),
        (lambda records: answered({"batchItemFailures": []}), "deploy this version first"),
        (lambda records: answered({"batchItemFailures": {}, "quarantined": None}), "deploy this version first"),
        (
            lambda records: answered(
                {"batchItemFailures": [{"itemIdentifier": "?"}], "quarantined": [], "ignored": [], "predictions": []}
            ),
            "deploy",
        ),
        (
            lambda records: answered(
                {"batchItemFailures": [{"itemIdentifier": []}], "quarantined": [], "ignored": [], "predictions": []}
            ),
            "deploy",
        ),
        (lambda records: answered({"batchItemFailures": [], "quarantined": [{"itemIdentifier": "?"}]}), "deploy"),
    ],
)
def test_a_function_that_fails_for_all_ends_the_run(lab: Lab, trouble: Any, message: str) -> None:
    expected = set(lab.give_up(batch(4)))
    lab.function.trouble(*[trouble] * 1_000)

    result = lab.run(chunk_records=2)

    assert (result.settled, result.complete) == (0, False)
    assert re.search(message, result.trouble)
    assert lab.found().on_failure == expected


def test_a_record_that_kills_the_function_is_found_and_left(lab: Lab) -> None:
    expected = lab.give_up(batch(9))
    poison = str(envelopes.FIRST_SEQUENCE + 6)

    def dies(records: Records) -> dict[str, Any] | None:
        return failed("Runtime.ExitError") if any(r["source"]["position"] == poison for r in records) else None

    lab.function.trouble(*[dies] * 100)

    result = lab.run()

    assert (result.predictions, result.failed) == (8, {"the function failed: Runtime.ExitError": 1})
    assert lab.found().on_failure == {expected[6]}


def test_a_record_larger_than_an_invocation_may_be_is_left(lab: Lab) -> None:
    lab.give_up(batch(3))
    large = client_error("RequestTooLargeException", 413)

    def refuses(records: Records) -> None:
        if any(record["source"]["position"] == str(envelopes.FIRST_SEQUENCE) for record in records):
            raise large

    lab.function.trouble(*[refuses] * 100)

    result = lab.run()

    assert (result.predictions, result.failed) == (2, {"larger than an invocation may be": 1})


def test_a_function_that_always_dies_is_not_called_for_every_record(lab: Lab) -> None:
    lab.give_up(batch(500))
    lab.function.trouble(*[lambda records: failed("Sandbox.Timedout")] * 10_000)

    assert lab.run().failed.total() == 500
    assert len(lab.function.sizes) < 2 * MOST_FAILURES + 10


def test_a_second_redrive_is_told_who_is_at_it(lab: Lab) -> None:
    lab.give_up(batch(2))
    told: list[str] = []

    def meanwhile(result: RedriveResult) -> None:
        with pytest.raises(LeaseHeld) as error:
            lab.redrive(owner="bob").run(EVERYWHERE)
        told.append(str(error.value))

    lab.redrive(owner="ann@desk").run(EVERYWHERE, on_progress=meanwhile)

    assert "ann@desk" in told[0]
    assert lab.redrive(owner="bob").run(EVERYWHERE) == RedriveResult(), "let in as soon as the first has ended"


def test_a_redrive_that_was_silent_for_too_long_leaves_the_work_to_the_next(lab: Lab) -> None:
    lab.give_up(batch(4))

    def overtaken(result: RedriveResult) -> None:
        lab.clock.now += 3_600
        lab.redrive(owner="bob").run(EVERYWHERE)

    with pytest.raises(LeaseLost):
        lab.redrive(chunk_records=2).run(EVERYWHERE, on_progress=overtaken)

    assert len(lab.predicted()) == 4
    assert lab.keys("aws/") == []


def test_a_long_run_renews_its_lease(lab: Lab) -> None:
    lab.give_up(batch(6))

    def slow(result: RedriveResult) -> None:
        with pytest.raises(LeaseHeld):
            lab.redrive(owner="bob").run(EVERYWHERE)

    assert lab.redrive(chunk_records=1).run(EVERYWHERE, on_progress=slow).predictions == 6


def test_an_object_that_is_written_anew_meanwhile_is_not_removed(lab: Lab) -> None:
    """A batch that is still delivered again writes its quarantine object at any time."""
    bad = set(lab.quarantine(b"{", b"[]"))
    (key,) = lab.keys("quarantine/")

    def rewritten(records: Records) -> None:
        lab.s3.put_object(Bucket="failures", Key=key, Body=lab.body(key))

    lab.function.trouble(rewritten, rewritten)

    assert lab.run(chunk_records=1).quarantined.total() == 2
    assert lab.found().quarantined.keys() == bad
    assert key in lab.keys("quarantine/")


def test_a_write_that_the_client_makes_twice_counts_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer was lost: the second says that the condition does not hold any more."""
    expected = lab.give_up(batch(5))
    put = lab.s3.put_object

    def twice(**arguments: Any) -> Any:
        put(**arguments)
        return put(**arguments)

    monkeypatch.setattr(lab.s3, "put_object", twice)

    def later(result: RedriveResult) -> None:
        lab.clock.now += 100  # so that the lease is renewed

    result = lab.run(chunk_records=2, on_progress=later)

    assert (result.predictions, result.complete) == (5, True)
    assert lab.predicted() == expected
    assert len(lab.lines("redriven/")) == 5


def test_messages_that_the_queue_does_not_delete_are_deleted_again(lab: Lab) -> None:
    lab.letter()
    lab.sqs.stubborn = 2
    assert lab.run().predictions == 1
    assert not lab.sqs.messages


def test_messages_that_the_queue_never_deletes_end_the_run(lab: Lab) -> None:
    lab.letter()
    lab.sqs.stubborn = 1_000
    with pytest.raises(RedriveError, match="1 messages were redriven, and the dead-letter queue did not delete them"):
        lab.run()


def test_a_message_that_is_shown_again_too_early_is_redriven_once(lab: Lab) -> None:
    for number in range(12):
        lab.letter(number)

    def late(records: Records) -> None:
        lab.clock.now += 10_000

    lab.function.trouble(late)

    assert lab.run(chunk_records=10).predictions == 12
    assert len(lab.predicted()) == 12


def test_an_unversioned_bucket_is_refused_before_anything_is_sent(
    artifact: Artifact, aws: Callable[[str], Any]
) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="failures", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    lab = Lab(artifact, {"s3": s3, "sqs": None}, "")
    lab.outputs["sources"]["event_topic"]["dead_letter_queue_url"] = None
    lab.give_up(batch(1))

    with pytest.raises(RedriveError, match="expected a versioned bucket"):
        lab.run()
    assert lab.function.sizes == []


def test_the_same_run_gives_the_same_calls(artifact: Artifact) -> None:
    def run() -> tuple[Any, ...]:
        lab = Lab(artifact)
        lab.give_up(batch(5))
        lab.letter()
        lab.run(chunk_records=2)
        return lab.function.sizes, lab.predicted(), lab.clock.slept, json.dumps(lab.lines("redriven/"))

    assert run() == run()


@pytest.mark.parametrize("arrived", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:59", None])
def test_a_letter_with_a_time_that_cannot_be_written_is_unreadable_or_an_event_and_stops_nothing(lab, arrived):
    notification = envelopes.notification(envelopes.event(1)) | {"Timestamp": arrived}
    lab.letter(body=json.dumps(notification))
    good = lab.letter(2)
    result = lab.run()
    assert not result.trouble
    assert good in lab.predicted()
