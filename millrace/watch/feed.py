"""Asks every source in a thread of its own, so that none waits for another, and hands over what they reported."""

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from millrace.doctor.ask import Absent, Answer, Denied, Failed, Known, answered
from millrace.watch.state import State
from millrace.watch.updates import Update
from model_store.errors import ModelStoreError

# A source that does not answer, or throttles, is polled at half the rate each time, down to this.
SLOWEST_SECONDS = 30.0
# So much may wait to be folded; then the sources wait.
MOST_WAITING = 100
END_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PolledSource:
    """name : as in `state`. ask : reports what is new. service : names the IAM action where AWS does not say it."""

    name: str
    seconds: float
    ask: Callable[[Callable[[Any], None]], None]
    service: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A source was asked, and did not answer because of `trouble`; empty: it answered."""

    source: str
    trouble: str


class Feed:
    """Asks from its beginning to its end, as a context; `fold_into` from one thread only."""

    def __init__(self, sources: Sequence[PolledSource], interval: float = 0.0) -> None:
        """interval : seconds between two questions, for the sources that would be asked more often."""
        self._sources, self._interval = sources, interval
        self._told: queue.Queue[Update | _Asked] = queue.Queue(MOST_WAITING)
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_asking, args=(source,), name=f"watch {source.name}", daemon=True)
            for source in sources
        ]
        self._asked: set[str] = set()
        self._mistake: Exception | None = None
        self.answered: set[str] = set()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """A call that is under way is left to end by itself: it is not waited for after Ctrl-C."""
        self._closed.set()
        for thread in self._threads:
            thread.join(END_SECONDS / len(self._threads))

    @property
    def all_asked(self) -> bool:
        """Whether every source has been asked once, and what it reported was folded."""
        return len(self._asked) == len(self._sources)

    def fold_into(self, state: State) -> None:
        """Fold what came since the last time. Raises what ended a source's thread, which is a mistake of ours."""
        if self._mistake is not None:
            raise self._mistake
        while True:
            try:
                told = self._told.get_nowait()
            except queue.Empty:
                return
            if isinstance(told, _Asked):
                self._note(told, state)
            else:
                state.fold(told)

    def _note(self, asked: _Asked, state: State) -> None:
        self._asked.add(asked.source)
        if asked.trouble:
            state.trouble[asked.source] = asked.trouble
        else:
            self.answered.add(asked.source)
            state.trouble.pop(asked.source, None)

    def _keep_asking(self, source: PolledSource) -> None:
        usual = pause = max(source.seconds, self._interval)
        try:
            while not self._closed.is_set():
                trouble = _trouble(source, self._tell)
                self._tell(_Asked(source.name, trouble))
                pause = max(usual, min(2 * pause, SLOWEST_SECONDS)) if trouble else usual
                self._closed.wait(pause)
        except Exception as mistake:  # raised in the thread that shows it
            self._mistake = mistake

    def _tell(self, told: Update | _Asked) -> None:
        """Hand over, as soon as there is room; nothing once this is closed."""
        waits = True
        while waits and not self._closed.is_set():
            with suppress(queue.Full):
                self._told.put(told, timeout=END_SECONDS / 10)
                waits = False


def _trouble(source: PolledSource, tell: Callable[[Update], None]) -> str:
    """Ask; why there was no answer, in a few words."""
    try:
        return _in_words(answered(lambda: source.ask(tell), source.service))
    except (ModelStoreError, OSError, ValueError, KeyError, TypeError) as error:
        return f"cannot be read: {error}"


def _in_words(answer: Answer[None]) -> str:
    match answer:
        case Known():
            return ""
        case Denied(action):
            return f"denied: {action}"
        case Absent(what):
            return f"there is none: {what}"
        case Failed(why):
            return f"no answer: {why}"
