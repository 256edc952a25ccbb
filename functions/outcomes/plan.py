"""Divides the hours into steps, each of which fits into memory."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Step:
    """Hours that are in memory at the same time, the newest first; or one large hour, in several parts."""

    hours: tuple[int, ...]
    parts: int = 1


def steps(lines: Mapping[int, int], most: int) -> Iterator[Step]:
    """The steps for the hours, the newest first; empty hours are left out.

    lines : the number of predictions by hour. most : predictions held at a time, approximately, because parts are made
    by hash. The outcomes are read once for each part.
    """
    together: list[int] = []
    held = 0
    for hour in _newest_first(lines):
        if together and held + lines[hour] > most:
            yield Step(tuple(together))
            together, held = [], 0
        if lines[hour] > most:
            yield Step((hour,), -(-lines[hour] // most))
            continue
        together.append(hour)
        held += lines[hour]
    if together:
        yield Step(tuple(together))


def _newest_first(lines: Mapping[int, int]) -> Iterable[int]:
    return sorted((hour for hour, number in lines.items() if number), reverse=True)
