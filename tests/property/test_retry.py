"""Pauses stay below the bound of full jitter, and nothing begins that could overrun the deadline."""

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

import sources
from records.faults import Code, Fault
from records.rejected import Rejected
from resilience.retry import Retry
from sinks.quarantine import Quarantine
from tests.fakes import envelopes
from tests.fakes.clock import CALL, FakeClock
from tests.fakes.s3 import FakeS3, client_error
from tests.property.budget import budget

shares = st.lists(st.floats(0, 1), min_size=1, max_size=8)
MOST_ATTEMPTS = 60


@given(st.floats(0, 90), st.floats(0.001, 3), st.floats(0.001, 30), shares, st.lists(st.floats(0, 6), max_size=8))
@budget("retry")
def test_pauses_are_within_full_jitter_and_every_attempt_can_end_in_time(seconds, base, cap, shares, calls):
    clock, draws, durations = FakeClock(0.0), iter(shares), iter(calls)
    deadline, began, numbers = clock.deadline(seconds), [], []
    retry = Retry(base=base, cap=cap, random=lambda: next(draws, shares[0]), sleep=clock.sleep)

    for number in retry.attempts(deadline):
        assert deadline.remaining() > CALL - 1e-6
        numbers.append(number)
        began.append(clock())
        clock.now += next(durations, 0.5)
        if number == MOST_ATTEMPTS:
            break

    assert numbers == list(range(len(numbers)))
    assert bool(numbers) == (seconds > CALL)
    assert len(clock.slept) == max(0, len(numbers) - 1), "it never sleeps towards nothing"
    drawn = [*shares, *[shares[0]] * MOST_ATTEMPTS]
    for i, pause in enumerate(clock.slept):
        assert pause == pytest.approx(drawn[i] * min(cap, base * 2**i))


RECORDS = sources.read(envelopes.kinesis(b"1", b"2", b"3")).records
REJECTED = [Rejected(record, Fault(Code.INVALID_JSON, "", "expected JSON")) for record in RECORDS]
FAILURES = [client_error("SlowDown", 503), ReadTimeoutError(endpoint_url="x"), client_error("AccessDenied", 403)]


@given(st.lists(st.sampled_from(FAILURES), max_size=12), st.integers(0, 3), st.floats(0, 60), st.floats(0.05, 1))
@budget("quarantine")
def test_rejected_records_are_kept_or_given_back_all_of_them(failures, count, seconds, share):
    clock, s3 = FakeClock(0.0), FakeS3(failures)
    quarantine = Quarantine(s3, "failures", "quarantine/", Retry(random=lambda: share, sleep=clock.sleep))

    left = quarantine.put(REJECTED[:count], clock(), clock.deadline(seconds))

    kept = [line for body in s3.objects.values() for line in body.splitlines()]
    assert (len(kept), left) in ([(count, []), (0, RECORDS[:count])])
    assert sum(clock.slept) <= max(0.0, seconds - CALL)
