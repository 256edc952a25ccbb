"""Cutting what is to be sent into calls that a service takes."""

from collections.abc import Callable, Iterable, Iterator


def cut[T](items: Iterable[T], size: Callable[[T], int], *, most: int, most_bytes: int) -> Iterator[list[T]]:
    """Calls of at most `most` items and `most_bytes` bytes together, in order, each as full as may be.

    An item that is larger by itself gets a call to itself: whether it can be sent at all is not decided here.
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
