"""Synthetic events to several event sources at once, with a receipt for each that was accepted."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate

from millrace.replay.send import target
from millrace.stack import Stack
from stream_producers.bad import with_bad
from stream_producers.event import Event
from stream_producers.pace import Pace
from stream_producers.produce import produce
from stream_producers.receipts import Receipt
from stream_producers.report import Report
from stream_producers.synthetic import FEATURES, Sessions
from stream_producers.targets import Target


@dataclass(frozen=True, slots=True)
class Load:
    """How many events go to each source, and how fast.

    events : by the source's name in the stack's outputs. rate : of the first source, in events a second; the others
    end at the same time. None: as fast as they are accepted.
    """

    events: Mapping[str, int]
    rate: float | None
    bad_fraction: float
    seed: int
    start: int = 0


@dataclass(frozen=True, slots=True)
class _Way:
    """One event source: its name, the target, its pace, and the events that it gets."""

    source: str
    target: Target
    pace: Pace
    events: Iterator[Event]


def send(stack: Stack, load: Load, on_progress: Callable[[str, Report], None]) -> tuple[list[Report], list[Receipt]]:
    """Send a load to all of its sources at once; the report of each, in the load's order, and all receipts.

    `on_progress` gets the source's name and its report so far. On Ctrl-C all end at their next event.
    """
    ways = _ways(stack, load)
    receipts: list[Receipt] = []

    def run(way: _Way) -> Report:
        return produce(
            way.events,
            way.target,
            pace=way.pace,
            receipts=receipts.extend,
            on_progress=lambda report: on_progress(way.source, report),
        )

    with ThreadPoolExecutor(max(1, len(ways))) as pool:
        try:
            reports = list(pool.map(run, ways))
        except BaseException:
            for way in ways:
                way.pace.stop()
            raise
    return reports, receipts


def _ways(stack: Stack, load: Load) -> list[_Way]:
    """All end at the same time where there is a rate, and no session goes to two sources."""
    starts = accumulate(load.events.values(), initial=load.start)
    return [_way(stack, load, name, start) for name, start in zip(load.events, starts, strict=False)]


def _way(stack: Stack, load: Load, name: str, start: int) -> _Way:
    to, count = target(stack, name), load.events[name]
    events = with_bad(
        Sessions(load.seed).events(start=start),
        load.bad_fraction,
        FEATURES,
        seed=load.seed + start,
        text_only=to.text_only,
    )
    return _Way(name, to, Pace(rate=_rate(load, name), count=count), events)


def _rate(load: Load, name: str) -> float | None:
    """The load's rate for its first source; for another in proportion to its events, and at least one a second."""
    first = next(iter(load.events))
    if load.rate is None or name == first:
        return load.rate
    share = load.events[name] / load.events[first] if load.events[first] else 1.0
    return max(1.0, load.rate * share)
