"""Synthetic events to both event sources at once, with a receipt for each that was accepted."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from millrace import sources
from millrace.errors import UserError
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
    """How many events go each way, and how fast (events a second; None: as fast as they are accepted)."""

    stream_events: int
    topic_events: int
    rate: float | None
    bad_fraction: float
    seed: int
    start: int = 0


@dataclass(frozen=True, slots=True)
class _Way:
    """One event source: the target, its pace, and the events that it gets."""

    target: Target
    pace: Pace
    events: Iterator[Event]


def send(stack: Stack, load: Load, on_progress: Callable[[str, Report], None]) -> tuple[list[Report], list[Receipt]]:
    """Send a load on both ways at once; the report of each (event stream, event topic), and all receipts.

    `on_progress` gets the way's name and its report so far. On Ctrl-C both end at their next event.
    """
    ways = _ways(stack, load)
    receipts: list[Receipt] = []

    def run(way: _Way) -> Report:
        return produce(
            way.events,
            way.target,
            pace=way.pace,
            receipts=receipts.extend,
            on_progress=lambda report: on_progress(way.target.path, report),
        )

    with ThreadPoolExecutor(len(ways)) as pool:
        try:
            reports = list(pool.map(run, ways))
        except BaseException:
            for way in ways:
                way.pace.stop()
            raise
    return reports, receipts


def _ways(stack: Stack, load: Load) -> list[_Way]:
    """Both ways end at the same time where there is a rate, and no session goes both ways."""
    targets = [_target(stack, name) for name in sources.SINGLE_OUTPUTS]
    share = load.topic_events / load.stream_events if load.stream_events else 1.0
    topic_rate = load.rate and max(1.0, load.rate * share)
    return [
        _way(targets[0], load, load.stream_events, load.rate, load.start),
        _way(targets[1], load, load.topic_events, topic_rate, load.start + load.stream_events),
    ]


def _target(stack: Stack, name: str) -> Target:
    part, output = sources.deployed(stack.outputs)[name]
    if (target := part.target(output, stack.client)) is None:
        raise UserError(f"{name}: expected a source that takes synthetic events, got one of type {part.name}")
    return target


def _way(target: Target, load: Load, count: int, rate: float | None, start: int) -> _Way:
    events = with_bad(
        Sessions(load.seed).events(start=start),
        load.bad_fraction,
        FEATURES,
        seed=load.seed + start,
        text_only=target.text_only,
    )
    return _Way(target, Pace(rate=rate, count=count), events)
