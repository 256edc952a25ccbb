import pytest

from resilience.circuit_breaker import FAILURES, FIRST_SECONDS, LONGEST_SECONDS, Circuit
from resilience.deadline import RESERVE_SECONDS
from resilience.retry import Retry
from sinks.messages import Message, MessageList
from sinks.publisher import Publisher
from sinks.sink import SinkRefused, SinkUnavailable
from tests.fakes.clock import CALL, FakeClock
from tests.fakes.sink import FakeSink, sized

MESSAGES = MessageList(Message(f"key-{i}", b"%d" % i) for i in range(6))
DOWN, REFUSED, NONE_TAKEN = SinkUnavailable("down"), SinkRefused("access denied"), range(6)
FOR_GOOD = 10_000
FUNCTION_SECONDS = 60.0


def circuit(clock, share=1.0, **settings):
    return Circuit(clock=clock, random=lambda: share, sleep=clock.sleep, **settings)


class Container:
    """A publisher that lives through many invocations, each as long as the function may take."""

    def __init__(self, sink, clock, share=0.5, failures=FAILURES):
        self.clock = clock
        retry = Retry(random=lambda: share, sleep=clock.sleep)
        self.publisher = Publisher(sink, retry, circuit(clock, share, failures=failures))

    def invoke(self, seconds=FUNCTION_SECONDS):
        return self.publisher.publish(MESSAGES, self.clock.deadline(seconds))


def dead_sink_calls(outcome, *, failures, invocations=50):
    """Calls to a sink that is dead throughout, and the seconds that the invocations took."""
    clock = FakeClock()
    sink = FakeSink([outcome] * FOR_GOOD, clock=clock, seconds=0.02)
    container, start = Container(sink, clock, failures=failures), clock()
    for _ in range(invocations):
        assert container.invoke() == list(range(6))
    return len(sink.calls), clock() - start


# The circuit itself.


def test_it_opens_after_so_many_failures_in_a_row(clock):
    one = circuit(clock)
    for _ in range(FAILURES - 1):
        one.failed()
    one.succeeded()
    for _ in range(FAILURES):
        assert not one.is_open
        one.failed()
    assert one.is_open


def test_closed_it_waits_for_nothing(clock):
    one = circuit(clock)
    for _ in range(FAILURES - 1):
        one.failed()
    assert one.wait(clock.deadline(0.0))
    assert clock.slept == []


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_cool_downs_are_a_random_share_of_a_bound_that_doubles_up_to_the_cap(clock, share):
    one, waited = circuit(clock, share, failures=1), []
    for _ in range(8):
        one.failed()
        before = clock()
        assert one.wait(clock.deadline(FUNCTION_SECONDS))
        waited.append(clock() - before)
    assert waited == pytest.approx([share * bound for bound in (1, 2, 4, 8, 16, 20, 20, 20)])
    assert (FIRST_SECONDS, LONGEST_SECONDS) == (1, 20)


def test_a_cool_down_that_is_over_is_not_waited_for(clock):
    one = circuit(clock, failures=1)
    one.failed()
    clock.now += 5
    assert one.wait(clock.deadline(FUNCTION_SECONDS))
    assert sum(clock.slept) == 0


def test_an_invocation_that_ends_before_the_cool_down_probes_once_and_leaves_a_call_for_the_quarantine(clock):
    one, deadline = circuit(clock, failures=1, first=20.0), clock.deadline(CALL + 10)
    one.failed()
    assert one.wait(deadline)
    clock.now += CALL - RESERVE_SECONDS  # the probe runs into its time-outs
    one.failed()
    assert not one.wait(deadline)
    assert deadline.remaining() == pytest.approx(CALL + RESERVE_SECONDS)
    assert deadline.allows_call()


def test_a_second_probe_beyond_the_invocation_is_not_made_but_its_time_is_spent_and_a_call_left(clock):
    one, deadline = circuit(clock, failures=1, first=20.0), clock.deadline(CALL + 10)
    assert one.wait(deadline)
    one.failed()
    assert not one.wait(deadline)
    assert deadline.remaining() == pytest.approx(CALL + RESERVE_SECONDS)
    assert deadline.allows_call()


@pytest.mark.parametrize("seconds", [10.0, 15.0, 30.0])
def test_no_retry_of_the_event_source_is_used_up_without_a_try(clock, seconds):
    sink = FakeSink([DOWN] * FOR_GOOD, clock=clock, seconds=0.02)
    container = Container(sink, clock, share=1.0)
    for _ in range(20):
        before = len(sink.calls)
        container.invoke(seconds)
        assert len(sink.calls) > before


def test_without_any_time_it_does_not_sleep_backwards(clock):
    one = circuit(clock, failures=1)
    one.failed()
    assert not one.wait(clock.deadline(1.0))
    assert sum(clock.slept) == 0


def test_the_wait_for_one_probe_goes_on_in_the_next_invocation(clock):
    one = circuit(clock, failures=1, first=20.0)
    one.failed()
    start = clock()
    while not one.wait(clock.deadline(CALL + 3)):  # too short to probe and to leave a call for the quarantine
        assert clock() - start <= 20
    assert clock() - start == pytest.approx(20)


def test_many_failures_do_not_overflow(clock):
    one = circuit(clock)
    for _ in range(2_000):
        one.failed()
    assert one.wait(clock.deadline(FUNCTION_SECONDS))


def test_opening_and_closing_are_logged_once_each(clock, caplog):
    one = circuit(clock)
    for _ in range(FAILURES + 3):
        one.failed()
    clock.now += 12
    one.succeeded()
    one.succeeded()
    assert [record.getMessage() for record in caplog.records] == [
        "prediction sink: circuit open after 5 failed calls in a row",
        "prediction sink: circuit closed after 12.0 s and 4 probes",
    ]


# The circuit in the publisher's hands.


@pytest.mark.parametrize("outcome", [DOWN, NONE_TAKEN], ids=["down", "none taken"])
def test_a_dead_sink_gets_a_tenth_of_the_calls(outcome):
    without, _ = dead_sink_calls(outcome, failures=FOR_GOOD)
    calls, seconds = dead_sink_calls(outcome, failures=FAILURES)
    assert calls < without / 9
    assert calls == pytest.approx(seconds / (0.5 * LONGEST_SECONDS), rel=0.1)  # one for each cool-down of 10 s


def test_a_sink_that_refuses_does_not_burn_the_event_sources_retries():
    calls, seconds = dead_sink_calls(REFUSED, failures=FOR_GOOD, invocations=10)
    assert (calls, seconds) == (10, pytest.approx(10 * 0.02))  # ten retries, gone at once
    calls, seconds = dead_sink_calls(REFUSED, failures=FAILURES, invocations=10)
    assert seconds > (10 - FAILURES) * (FUNCTION_SECONDS - CALL - LONGEST_SECONDS)


def test_a_refusal_is_not_tried_again_while_the_circuit_is_closed(clock):
    sink = FakeSink([REFUSED] * FOR_GOOD)
    container = Container(sink, clock)
    for number in range(1, FAILURES):
        container.invoke()
        assert len(sink.calls) == number
    assert clock.slept == []


class HealingSink(FakeSink):
    """Dead until a time, then well."""

    def __init__(self, clock, well_at):
        super().__init__(clock=clock, seconds=0.02)
        self.clock, self.well_at, self.first_taken_at = clock, well_at, None

    def begin(self, messages):
        if self.clock() < self.well_at:
            self.clock.now += 0.02
            raise DOWN
        self.first_taken_at = self.first_taken_at or self.clock()
        return super().begin(messages)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("dead_for", [30, 100, 1_000, 3_333])
@pytest.mark.parametrize("seconds", [10, FUNCTION_SECONDS])
def test_a_sink_that_heals_is_used_again_within_one_cool_down(clock, share, dead_for, seconds):
    sink = HealingSink(clock, clock() + dead_for)
    container = Container(sink, clock, share)
    while container.invoke(seconds):
        clock.now += 1  # until the event source comes again
    most = LONGEST_SECONDS + 2.0  # and one of the backoff's own pauses
    assert sink.first_taken_at - sink.well_at <= share * most + 1 + 0.02
    before = clock()
    assert container.invoke() == []
    assert clock() - before == pytest.approx(0.02)  # closed: no wait


def test_while_open_one_call_is_made_for_each_cool_down_and_then_all_the_rest_at_once(clock):
    sink = sized(FakeSink([DOWN] * (FAILURES + 1), clock=clock), entries=2)
    assert Container(sink, clock, share=1.0).invoke() == []
    assert len(sink.acknowledged) == 6
    assert len(sink.calls) == FAILURES + 1 + 3


def test_a_probe_takes_other_messages_so_that_one_which_no_call_survives_does_not_block_the_rest(clock):
    class Poisoned(FakeSink):
        def begin(self, messages):
            if MESSAGES[0] in messages:
                self.calls.append(list(messages))
                raise DOWN
            return super().begin(messages)

    sink = sized(Poisoned(), entries=2)
    assert Container(sink, clock).invoke() == [0, 1]
    assert sink.acknowledged == MESSAGES[2:]


def test_a_circuit_that_is_open_does_not_hold_up_an_invocation_without_messages(clock):
    container = Container(FakeSink([DOWN] * FOR_GOOD), clock)
    container.invoke()
    clock.slept.clear()
    assert container.publisher.publish([], clock.deadline(FUNCTION_SECONDS)) == []
    assert clock.slept == []


def test_one_entry_taken_is_a_call_that_succeeded(clock):
    sink = FakeSink([range(5)] * FOR_GOOD)
    one = circuit(clock)
    Publisher(sink, Retry(random=lambda: 1.0, sleep=clock.sleep), one).publish(MESSAGES, clock.deadline(10))
    assert sink.acknowledged[0] == MESSAGES[5]


def test_without_a_circuit_of_its_own_a_publisher_waits_by_the_sleep_of_its_retry(clock):
    publisher = Publisher(FakeSink([DOWN] * FOR_GOOD), Retry(random=lambda: 1.0, sleep=clock.sleep))
    start = clock()
    assert publisher.publish(MESSAGES, clock.deadline(FUNCTION_SECONDS)) == list(range(6))
    assert clock() - start > FUNCTION_SECONDS - CALL - LONGEST_SECONDS
