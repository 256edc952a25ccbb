"""The circuit against its own definition, whatever happens in whatever order."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resilience.circuit_breaker import FAILURES, FIRST_SECONDS, LONGEST_SECONDS, Circuit
from resilience.deadline import CONNECT_SECONDS, READ_SECONDS, RESERVE_SECONDS
from tests.fakes.clock import CALL, FakeClock
from tests.property.budget import budget

ONE_CALL = CONNECT_SECONDS + READ_SECONDS + RESERVE_SECONDS


class CircuitMachine(RuleBasedStateMachine):
    """The model is a count of failures in a row, and the time before which no probe may begin."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.share = FakeClock(0.0), 1.0
        self.circuit = Circuit(clock=self.clock, random=lambda: self.share, sleep=self.clock.sleep)
        self.in_a_row, self.not_before = 0, self.clock()

    @rule(share=st.floats(0, 1))
    def a_call_fails(self, share: float) -> None:
        self.share = share
        self.circuit.failed()
        self.in_a_row += 1
        if self.in_a_row >= FAILURES:
            bound = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (self.in_a_row - FAILURES))
            self.not_before = self.clock() + share * bound

    @rule()
    def a_call_succeeds(self) -> None:
        self.circuit.succeeded()
        self.in_a_row = 0

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(seconds=st.floats(0, 60))
    def somebody_wants_to_call(self, seconds: float) -> None:
        start, deadline = self.clock(), self.clock.deadline(seconds)
        allowed = self.circuit.wait(deadline)
        waited = self.clock() - start
        if self.in_a_row < FAILURES:
            assert (allowed, waited) == (True, 0.0)
        elif allowed:
            # Either the cool-down is over, or the invocation's only probe leaves one call more.
            pause, last_chance = max(0.0, self.not_before - start), seconds - CALL - ONE_CALL
            assert abs(waited - (pause if pause < seconds - CALL else last_chance)) < 1e-6
            assert waited < max(1e-6, seconds - CALL)
        else:
            assert max(0.0, self.not_before - start) >= seconds - CALL - 1e-6
            assert seconds - CALL - ONE_CALL <= 1e-6
            # The time is waited out, but for the one call that the quarantine may need.
            assert abs(waited - max(0.0, seconds - CALL - RESERVE_SECONDS)) < 1e-6

    @invariant()
    def it_is_open_after_so_many_failures_in_a_row_and_only_then(self) -> None:
        assert self.circuit.is_open == (self.in_a_row >= FAILURES)


CircuitMachine.TestCase.settings = budget("circuit")
TestCircuit = CircuitMachine.TestCase
