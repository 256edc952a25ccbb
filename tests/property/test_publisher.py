"""Whatever the sink does, no prediction is lost, none is invented, and none is sent again that was acknowledged."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from resilience.circuit_breaker import FIRST_SECONDS, LONGEST_SECONDS, Circuit
from resilience.retry import Retry
from sinks.messages import Message, MessageList
from sinks.publisher import Publisher
from tests.fakes.clock import CALL, FakeClock
from tests.fakes.sink import InFlightSink, sized
from tests.property.budget import budget
from tests.property.model_sink import ModelSink, Mood, first_attempts

TIMED_OUT = 3.0
FAILING = (
    Mood.THROTTLES, Mood.REFUSES, Mood.NEVER_SENT, Mood.TAKES_NONE, Mood.TIMES_OUT_BEFORE, Mood.TIMES_OUT_AFTER,
)  # fmt: skip
moods = st.tuples(st.sampled_from(Mood), st.integers(0, 2**16 - 1))


def check_account(sink: ModelSink, messages: list[Message], left: list[int], *, in_order: bool) -> None:
    """Acknowledged or given back: every message is in exactly one of the two, and no other is in any."""
    keys = [message.partition_key for message in messages]
    given_back = [keys[i] for i in left]
    assert sorted(sink.acknowledged + given_back) == sorted(keys)
    assert left == sorted(set(left))
    assert set(sink.committed) <= set(keys)
    assert set(sink.acknowledged) <= set(sink.committed)
    tried = first_attempts(sink.calls)
    assert tried == keys[: len(tried)] or not in_order


@given(
    st.lists(moods, max_size=12),
    moods,
    st.lists(st.integers(1, 30), max_size=25),
    st.integers(1, 10),
    st.integers(30, 100),
    st.floats(0, 70),
    st.floats(0, 1),
    st.sampled_from([0.0, 0.02, 1.0, 3.9]),
    st.sampled_from([0.0, 0.5, 3.0]),
    st.integers(1, 4),
)
@budget("publisher")
def test_every_message_is_acknowledged_or_given_back(
    moods, after, sizes, entries, call, seconds, share, a_call, sending, in_flight
):
    clock = FakeClock(0.0)
    script = iter(moods)
    sink = ModelSink(clock, lambda: next(script, after), a_call, sending, max_entries=entries, max_bytes=call)
    circuit = Circuit(clock=clock, random=lambda: share, sleep=clock.sleep)
    retry = Retry(base=0.2, random=lambda: max(share, 0.05), sleep=clock.sleep)
    publisher = Publisher(sink, retry, circuit, in_flight=in_flight)
    messages = [Message(f"{i:03}", b"x" * size) for i, size in enumerate(sizes)]
    start = clock()

    left = publisher.publish(MessageList(messages), clock.deadline(seconds))

    check_account(sink, messages, left, in_order=in_flight == 1)
    assert all(seconds - (began - start) > CALL - 1e-6 for began in sink.began), "a call began too late"
    assert clock() - start <= max(0.0, seconds - CALL) + max(a_call, sending, TIMED_OUT) + 1e-6
    sendings = sum(map(len, sink.calls))
    assert publisher.retried == sendings - len(first_attempts(sink.calls))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 30)), max_size=40), st.integers(1, 6), st.integers(1, 5))
@budget("order of a key")
def test_without_faults_the_messages_of_a_key_keep_their_order(drawn, entries, in_flight):
    clock = FakeClock(0.0)
    messages = MessageList(Message(f"key-{key}", b"%d" % number) for number, (key, _) in enumerate(drawn))
    sink = sized(InFlightSink(), entries=entries)
    assert Publisher(sink, in_flight=in_flight).publish(messages, clock.deadline(60)) == []
    for key in {message.partition_key for message in messages}:
        sent = [int(message.body) for message in sink.acknowledged if message.partition_key == key]
        assert sent == sorted(sent)
    assert len(sink.acknowledged) == len(messages)
    assert sink.most <= in_flight


class Invocations(RuleBasedStateMachine):
    """One container through many invocations, and a sink whose mood changes between and within them."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.mood, self.mask, self.number = FakeClock(0.0), Mood.TAKES, 0, 0
        self.share = 0.5
        self.sink = ModelSink(self.clock, lambda: (self.mood, self.mask), max_entries=4)
        self.circuit = Circuit(clock=self.clock, random=lambda: self.share, sleep=self.clock.sleep)
        retry = Retry(base=0.2, random=lambda: max(self.share, 0.05), sleep=self.clock.sleep)
        self.publisher = Publisher(self.sink, retry, self.circuit, in_flight=3)

    @rule(mood=st.sampled_from(Mood), mask=st.integers(0, 2**16 - 1))
    def the_sink_changes_its_mind(self, mood: Mood, mask: int) -> None:
        self.mood, self.mask = mood, mask

    @rule(share=st.floats(0, 1))
    def the_dice_fall_otherwise(self, share: float) -> None:
        self.share = share

    @rule(seconds=st.floats(0, 300))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(count=st.integers(0, 12), seconds=st.sampled_from([0.0, CALL, 6.0, 10.0, 60.0]))
    def a_batch_comes(self, count: int, seconds: float) -> None:
        for kept in (self.sink.calls, self.sink.began, self.sink.committed, self.sink.acknowledged):
            kept.clear()
        was_open, failing, start = self.circuit.is_open, self.mood in FAILING, self.clock()
        messages = [Message(f"{self.number}-{i:02}", b"x") for i in range(count)]
        self.number += 1

        left = self.publisher.publish(MessageList(messages), self.clock.deadline(seconds))

        check_account(self.sink, messages, left, in_order=False)
        assert self.clock() - start <= max(0.0, seconds - CALL) + TIMED_OUT + 1e-6
        if not messages:
            assert self.clock() == start
        if was_open and failing:
            gaps = [later - sooner for sooner, later in pairwise(self.sink.began)]
            assert all(gap >= self.share * FIRST_SECONDS - 1e-6 for gap in gaps), (
                "a probe before its cool-down was over"
            )
        if self.mood is Mood.TAKES and seconds == 60.0:
            assert left == [], "a sink that is well gets everything"
            assert self.clock() - start <= (LONGEST_SECONDS if was_open else 0) + 0.02 * len(self.sink.calls) + 1e-6
            assert not messages or not self.circuit.is_open


Invocations.TestCase.settings = budget("publisher through invocations")
TestInvocations = Invocations.TestCase
