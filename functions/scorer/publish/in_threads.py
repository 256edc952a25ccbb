"""Calls that wait at the same time, each in a thread of its own."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any


class InThreads:
    """`map` whose calls run beside each other, at most `most` at once. The threads stay for the next batch."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pool: Any = None

    def __call__[T](self, function: Callable[[T], Any], items: Sequence[T]) -> Iterable[Any]:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # a cold start's first batch seldom needs it

            self._pool = ThreadPoolExecutor(self._most, thread_name_prefix="publish")
        results: Iterable[Any] = self._pool.map(function, items)
        return results
