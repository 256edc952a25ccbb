"""Events to batches: as many as are due, within what one call of the target may hold."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from records.chunking import cut
from stream_producers.event import Event
from stream_producers.pace import Pace
from stream_producers.targets.target import Target


def batches(
    events: Iterable[Event], target: Target, pace: Pace, refuse: Callable[[str], None]
) -> Iterator[list[Event]]:
    """Batches of at least one event, in order. `refuse` gets the reason for each event that fits in no batch.

    A refused event has had its turn: it counts for the pace, so a count of 10 never sends an eleventh.
    """
    source = iter(events)
    while due := pace.wait(target.limits.records):
        turn = list(islice(source, due))
        if not turn:
            return
        pace.spend(len(turn))
        sendable = [event for event in turn if _sendable(event, target, refuse)]
        yield from cut(sendable, target.size, most=target.limits.records, most_bytes=target.limits.batch_bytes)


def _sendable(event: Event, target: Target, refuse: Callable[[str], None]) -> bool:
    reason = target.refusal(event)
    if target.size(event) > target.limits.event_bytes:
        reason = f"larger than the {target.limits.event_bytes:,} bytes that an event may have there"
    if reason:
        refuse(reason)
    return reason is None
