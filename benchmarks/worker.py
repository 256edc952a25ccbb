"""A process of its own for each contestant: no heap, import or thread pool is shared with another one.

The parent says `measure`; the worker answers with the CPU time that the work took, of all its threads. What a run
needs is prepared before, with the clock stopped.
"""

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Protocol, Self

# A run that takes less is repeated until it takes so long: seconds.
SHORTEST_SECONDS = 0.01
# A run that takes more needs no other one before it to warm up.
LONG_SECONDS = 0.5
ANSWER_SECONDS = 300.0


class Contestant(Protocol):
    """Something to measure: `prepare` makes what a run of `size` needs, `run` is timed. Made in its own process."""

    def prepare(self, size: int) -> Any: ...

    def run(self, prepared: Any) -> Any: ...


class Skip(Exception):
    """This contestant cannot run here; the message says why."""


class Worker:
    """A contestant in its process. `place` is "module:name" of what makes it, `options` its arguments."""

    def __init__(self, name: str, place: str, environment: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self.name = name
        self._arguments = (place, dict(environment), dict(options))

    def __enter__(self) -> Self:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, *self._arguments), daemon=True)
        self._process.start()
        theirs.close()
        try:
            self.note: str = self._answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()

    def measure(self, size: int) -> float:
        """CPU seconds of one run."""
        seconds: float = self._call("measure", size)
        return seconds

    def result(self, size: int) -> Any:
        """What a run gives, to be compared with what others give."""
        return self._call("result", size)

    def _call(self, what: str, size: int) -> Any:
        self._pipe.send((what, size))
        return self._answer()

    def _answer(self) -> Any:
        if not self._pipe.poll(ANSWER_SECONDS):
            raise TimeoutError(f"{self.name}: expected an answer within {ANSWER_SECONDS:g} s")
        kind, value = self._pipe.recv()
        if kind == "skip":
            raise Skip(value)
        if kind == "error":
            raise RuntimeError(f"{self.name}: {value}")
        return value


def _work(pipe: Connection, place: str, environment: dict[str, str], options: dict[str, Any]) -> None:
    os.environ.pop("AWS_CA_BUNDLE", None)
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # logs cost what they cost, and go nowhere
    try:
        contestant = _made(place, options)
        pipe.send(("ready", getattr(contestant, "note", "")))
        timed: dict[int, int] = {}
        while True:
            what, size = pipe.recv()
            pipe.send(("done", _measured(contestant, size, timed) if what == "measure" else _result(contestant, size)))
    except EOFError:
        return
    except Skip as skip:
        pipe.send(("skip", str(skip)))
    except Exception as error:
        pipe.send(("error", f"{type(error).__name__}: {error}"))
        raise


def _made(place: str, options: dict[str, Any]) -> Contestant:
    module, _, name = place.partition(":")
    make: Callable[..., Contestant] = getattr(importlib.import_module(module), name)
    return make(**options)


def _measured(contestant: Contestant, size: int, repeats: dict[int, int]) -> float:
    if size not in repeats:
        once = _timed(contestant, contestant.prepare(size), 1)  # to warm up as well
        repeats[size] = max(1, int(SHORTEST_SECONDS / max(once, 1e-6)))
        if once > LONG_SECONDS:  # it went over enough records to be warm for most of them
            return once
    prepared = contestant.prepare(size)
    gc.collect()
    return _timed(contestant, prepared, repeats[size])


def _timed(contestant: Contestant, prepared: Any, repeats: int) -> float:
    run, begun = contestant.run, time.process_time()
    for _ in range(repeats):
        run(prepared)
    return (time.process_time() - begun) / repeats


def _result(contestant: Contestant, size: int) -> Any:
    return contestant.run(contestant.prepare(size))
