import threading

import pytest

from scorer.publish import InThreads


def test_calls_run_beside_each_other_and_answer_in_their_order():
    together = threading.Barrier(3, timeout=10)  # broken unless all three are there at once
    assert list(InThreads(3)(lambda i: (together.wait() >= 0) and i, [1, 2, 3])) == [1, 2, 3]


def test_no_more_than_wanted_run_at_once_and_the_threads_stay():
    each, running, most, lock = InThreads(2), [0], [0], threading.Lock()
    names = set()

    def call(_):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            names.add(threading.current_thread().name)
        with lock:
            running[0] -= 1

    for _ in range(5):
        list(each(call, range(20)))
    assert most[0] <= 2
    assert len(names) <= 2


def test_what_a_call_raises_is_raised():
    def fail(_):
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        list(InThreads(2)(fail, [1, 2]))
