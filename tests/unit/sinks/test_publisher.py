from hypothesis import given
from hypothesis import strategies as st

from resilience.retry import Retry
from sinks.messages import Limit, Message, MessageList
from sinks.publisher import Publisher
from sinks.sink import SinkRefused, SinkUnavailable
from tests.fakes.clock import CALL, FakeClock
from tests.fakes.sink import FakeSink, InFlightSink, sized

MESSAGES = MessageList(Message(f"key-{i}", b"%d" % i) for i in range(6))
DOWN, REFUSED = SinkUnavailable("down"), SinkRefused("access denied")


def publish(sink, clock, messages=MESSAGES, seconds=60.0):
    publisher = Publisher(sink, Retry(random=lambda: 1.0, sleep=clock.sleep))
    return publisher.publish(MessageList(messages), clock.deadline(seconds))


def sent(sink):
    return [[message.body.decode() for message in call] for call in sink.calls]


def test_what_the_sink_takes_is_sent_once_and_in_order(clock):
    sink = FakeSink()
    assert publish(sink, clock) == []
    assert sink.calls == [MESSAGES]
    assert clock.slept == []


def test_nothing_to_publish_calls_nobody(clock):
    sink = FakeSink()
    assert publish(sink, clock, []) == []
    assert sink.calls == []


def test_only_the_entries_that_failed_are_sent_again(clock):
    sink = FakeSink([[1, 4], [1]])
    assert publish(sink, clock) == []
    assert sent(sink) == [["0", "1", "2", "3", "4", "5"], ["1", "4"], ["4"]]
    assert len(clock.slept) == 2


def test_entries_are_matched_to_their_own_call(clock):
    sink = sized(FakeSink([[0], [1], [], [0]]), entries=2)
    assert publish(sink, clock) == []
    assert sent(sink) == [["0", "1"], ["2", "3"], ["4", "5"], ["0", "3"], ["0"]]


def test_a_call_that_fails_as_a_whole_ends_the_round_and_is_made_again_after_a_pause(clock):
    sink = sized(FakeSink([[], DOWN]), entries=2)
    assert publish(sink, clock) == []
    assert sent(sink) == [["0", "1"], ["2", "3"], ["2", "3"], ["4", "5"]]
    assert len(clock.slept) == 1


def test_what_failed_before_the_whole_call_is_sent_again_too(clock):
    sink = sized(FakeSink([[1], DOWN]), entries=2)
    assert publish(sink, clock) == []
    assert sent(sink) == [["0", "1"], ["2", "3"], ["1", "2"], ["3", "4"], ["5"]]


def test_a_refused_call_is_not_made_again(clock):
    sink = sized(FakeSink([[1], REFUSED]), entries=2)
    assert publish(sink, clock) == [1, 2, 3, 4, 5]
    assert len(sink.calls) == 2
    assert clock.slept == []


def test_a_sink_that_stays_down_gets_everything_back_in_time(clock):
    sink = FakeSink([DOWN] * 10_000, clock=clock, seconds=0.01)
    start = clock()
    assert publish(sink, clock, seconds=20) == list(range(6))
    assert 2 < len(sink.calls) < 100
    assert clock() - start < 20 - CALL


def test_one_entry_that_always_fails_is_given_back_alone(clock):
    sink = FakeSink([[3]] + [[0]] * 10_000)
    assert publish(sink, clock, seconds=20) == [3]
    assert len(sink.acknowledged) == 5


def test_without_time_nothing_is_sent(clock):
    sink = FakeSink()
    assert publish(sink, clock, seconds=CALL) == list(range(6))
    assert sink.calls == []


def test_time_that_runs_out_between_two_calls_leaves_the_rest_unsent(clock):
    sink = sized(FakeSink(clock=clock, seconds=4), entries=2)
    assert publish(sink, clock, seconds=CALL + 5) == [4, 5]
    assert sent(sink) == [["0", "1"], ["2", "3"]]


def test_calls_that_time_out_are_not_begun_when_the_next_could_not_end(clock):
    sink = FakeSink([DOWN] * 100, clock=clock, seconds=5)
    start = clock()
    assert publish(sink, clock, seconds=30) == list(range(6))
    assert clock() - start <= 30


def test_bytes_bound_a_call(clock):
    messages = [Message("k", b"x" * 9) for _ in range(7)]  # 10 bytes each, with the key
    sink = sized(FakeSink(), call=30)
    assert publish(sink, clock, messages) == []
    assert [len(call) for call in sink.calls] == [3, 3, 1]


def test_its_limit_is_that_of_its_sink():
    assert Publisher(sized(FakeSink(), entry=100)).limit == Limit(100, with_keys=True)


def test_resent_messages_are_counted(clock):
    publisher = Publisher(FakeSink([[1, 4], [0]]), Retry(sleep=clock.sleep))
    publisher.publish(MESSAGES, clock.deadline(60))
    assert publisher.retried == 3


outcomes = st.lists(st.lists(st.integers(0, 20), unique=True) | st.sampled_from([DOWN, REFUSED]), max_size=40)
sizes = st.lists(st.integers(1, 30), max_size=40)


@given(outcomes, sizes, st.integers(1, 10), st.integers(40, 100), st.floats(0, 40), st.floats(0, 8))
def test_whatever_the_sink_does_each_message_is_either_acknowledged_or_given_back(
    outcomes, sizes, entries, call, seconds, a_call
):
    clock = FakeClock()
    messages = [Message(f"{i:03}", b"x" * size) for i, size in enumerate(sizes)]
    sink = sized(FakeSink(outcomes, clock=clock, seconds=a_call), entries=entries, call=call)
    start = clock()

    left = publish(sink, clock, messages, seconds)

    given_back = [messages[i].partition_key for i in left]
    acknowledged = [message.partition_key for message in sink.acknowledged]
    assert sorted(given_back + acknowledged) == [message.partition_key for message in messages]
    assert left == sorted(left)
    assert all(
        0 < len(calls) <= entries and sum(map(Limit(call, with_keys=True).size, calls)) <= call for calls in sink.calls
    )
    assert clock() - start <= max(0.0, seconds - CALL) + a_call


MANY = MessageList(Message(f"key-{i}", b"%d" % i) for i in range(60))


def test_as_many_calls_as_may_be_are_in_flight_at_once(clock):
    sink = sized(InFlightSink(clock=clock, seconds=1.0), entries=5)
    start = clock()
    assert Publisher(sink, in_flight=4).publish(MANY, clock.deadline(60)) == []
    assert sink.most == 4
    waves = -(-len(sink.calls) // 4)
    assert waves <= clock() - start <= waves + 2, "calls in flight together take the time of one"


def test_a_call_that_cannot_begin_ends_its_wave_and_the_others_of_it_count(clock):
    class Sink(InFlightSink):
        def begin(self, messages):
            if len(self.calls) == 2:
                raise REFUSED
            return super().begin(messages)

    sink = sized(Sink(), entries=5)
    left = Publisher(sink, in_flight=4).publish(MANY, clock.deadline(60))
    taken = {int(message.body) for call in sink.calls for message in call}
    assert (len(sink.calls), sink.most) == (2, 2)
    assert sorted(taken | set(left)) == list(range(60))
    assert taken.isdisjoint(left)


def test_no_further_call_of_a_wave_begins_when_it_could_not_end(clock):
    class Slow(InFlightSink):
        def begin(self, messages):
            wait = super().begin(messages)
            clock.now += 3.0  # until the request is out
            return wait

    sink = sized(Slow(clock=clock), entries=5)
    left = Publisher(sink, in_flight=4).publish(MANY, clock.deadline(CALL + 4.0))
    assert len(sink.calls) == 2
    assert len(left) == 60 - sum(map(len, sink.calls))
