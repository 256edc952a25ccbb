import signal
import threading

import pytest

from stream_producers.interrupts import uninterrupted


@pytest.fixture(autouse=True)
def _default_handler() -> object:
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_ctrl_c_waits_for_the_end_of_the_block() -> None:
    steps = list[str]()

    def block() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            steps.append("done")
        steps.append("never")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert steps == ["done"]


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    with uninterrupted():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_is_left_alone() -> None:
    seen = list[object]()

    def elsewhere() -> None:
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
