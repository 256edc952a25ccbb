"""Synthetic events into both ways in at once, with a receipt for each that was accepted."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from millrace.stack import Stack
from stream_producers.bad import with_bad
from stream_producers.event import Event
from stream_producers.pace import Pace
from stream_producers.produce import produce
from stream_producers.receipts import Receipt
from stream_producers.report import Report
from stream_producers.synthetic import FEATURES, Sessions
from stream_producers.targets import KinesisTarget, SnsTarget, Target


@dataclass(frozen=True, slots=True)
class Load:
    """How many events go each way, and how fast (events a second; None: as fast as they are taken)."""

    stream_events: int
    topic_events: int
    rate: float | None
    bad_fraction: float
    seed: int
    start: int = 0


def send(stack: Stack, load: Load, on_progress: Callable[[str, Report], None]) -> tuple[list[Report], list[Receipt]]:
    """Send a load; the report of each way and all receipts. `on_progress` gets the way's name and its report."""
    topic_rate = load.rate and max(1.0, load.rate * load.topic_events / max(1, load.stream_events))
    stream, topic = stack.outputs["event_stream"], stack.outputs["event_topic"]
    ways: list[tuple[Target, int, int, float | None]] = [
        (KinesisTarget(stream["name"], stream["arn"], stack.client("kinesis")), load.stream_events, 0, load.rate),
        (SnsTarget(topic["arn"], stack.client("sns")), load.topic_events, load.stream_events, topic_rate),
    ]
    receipts: list[Receipt] = []

    def run(way: tuple[Target, int, int, float | None]) -> Report:
        target, count, offset, rate = way
        return produce(
            _events(load, target, offset),
            target,
            pace=Pace(rate=rate, count=count),
            receipts=receipts.extend,
            on_progress=lambda report: on_progress(target.path, report),
        )

    with ThreadPoolExecutor(len(ways)) as pool:
        reports = list(pool.map(run, ways))
    return reports, receipts


def _events(load: Load, target: Target, offset: int) -> Iterator[Event]:
    events = Sessions(load.seed).events(start=load.start + offset)
    return with_bad(events, load.bad_fraction, FEATURES, seed=load.seed + offset, text_only=target.text_only)
