"""In which steps the hours are read, so that no step holds more predictions than memory allows."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Step:
    """Hours that are held together, the newest first; one large hour alone, in several parts."""

    hours: tuple[int, ...]
    parts: int = 1


def steps(lines: Mapping[int, int], most: int) -> Iterator[Step]:
    """The steps for hours with so many predictions each, the newest first; empty hours are left out.

    most : predictions held at a time, about: parts are made by hash. The outcomes are read once a part.
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
