import signal
import subprocess
import sys

import pytest

from millrace.console import signals


def test_the_handler_holds_within_the_block_only() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[int] = []

    with signals.handled([signal.SIGTERM], lambda number, frame: seen.append(number)):
        signal.raise_signal(signal.SIGTERM)

    assert seen == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_former_handler_is_back_after_an_error_too() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), signals.handled([signal.SIGTERM], signals.interrupt):
        signal.raise_signal(signal.SIGTERM)

    assert signal.getsignal(signal.SIGTERM) is before


def test_what_is_ignored_stays_so() -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.handled([signal.SIGHUP], signals.interrupt):
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_is_disregarded_here_still_ends_a_child() -> None:
    report = "import signal; print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
    with signals.handled(signals.ENDING, signals.disregard):
        signal.raise_signal(signal.SIGINT)
        done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "True"
