"""Divide items into calls within a service's limits."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def cut[T](items: Iterable[T], size: Callable[[T], int], *, most: int, most_bytes: int) -> Iterator[list[T]]:
    """Divide items, in order, into calls of up to `most` items and `most_bytes` bytes, each as full as possible.

    An item above `most_bytes` gets a call of its own: the caller decides whether it can be sent.
    """
    call: list[T] = []
    total = 0
    for item in items:
        more = size(item)
        if call and (len(call) == most or total + more > most_bytes):
            yield call
            call, total = [], 0
        call.append(item)
        total += more
    if call:
        yield call
