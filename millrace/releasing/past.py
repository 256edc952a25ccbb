"""Past events and their outcomes, put where a release workflow scores and judges them."""

from datetime import datetime

from millrace.backtest import events, run
from millrace.backtest.run import PastEvents
from millrace.batch.place import BatchPlace
from outcomes.backtest import Happened


def put(place: BatchPlace, begin: datetime, end: datetime, happened: Happened) -> tuple[dict[str, str], PastEvents]:
    """The `backtest` of a workflow's input, and the events. Raises UserError where there are none."""
    none = (
        f"expected events from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, found none: streams keep them for "
        "event_stream.retention_hours"
    )
    past = run.collect(place, events.lines(place.stack, place.stack.outputs["model"]["name"], begin, end), none)
    key = f"uploads/{past.name}/outcomes.jsonl"
    place.stack.client("s3").put_object(Bucket=past.address.bucket, Key=key, Body=b"".join(happened.lines()))
    return {"bucket": past.address.bucket, "prefix": past.address.prefix, "outcomes": key}, past
