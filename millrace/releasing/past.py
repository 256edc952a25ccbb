"""Past events and their outcomes, put where a release workflow scores and judges them."""

from contextlib import AbstractContextManager
from datetime import datetime

from millrace.backtest import events, run
from millrace.backtest.run import PastEvents
from millrace.batch.place import BatchPlace
from outcomes.backtest import Happened


def collected(place: BatchPlace, begin: datetime, end: datetime) -> AbstractContextManager[PastEvents]:
    """The events that the streams still have of a time. Raises UserError where there are none."""
    none = (
        f"expected events from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, found none: streams keep them for "
        "event_stream.retention_hours"
    )
    return run.collected(place, events.lines(place.stack, place.stack.outputs["model"]["name"], begin, end), none)


def put(place: BatchPlace, past: PastEvents, happened: Happened) -> dict[str, str]:
    """Upload events and outcomes; the `backtest` of a workflow's input. Raises what the client raises."""
    s3 = place.stack.client("s3")
    past.put(s3)
    key = f"uploads/{past.name}/outcomes.jsonl"
    s3.put_object(Bucket=past.address.bucket, Key=key, Body=b"".join(happened.lines()))
    return {"bucket": past.address.bucket, "prefix": past.address.prefix, "outcomes": key}
