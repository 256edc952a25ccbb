"""A rule of EventBridge whose input names a prefix in S3: all objects below it are scored.

`{"source": "millrace.schedule", "bucket_arn": "…", "prefix": "…", "time": "…"}`. A record has the position of its
object, as a notification of S3 would give it.
"""

from __future__ import annotations

from records.faults import Fault
from sources.objects import MOST_OBJECTS, too_large, too_many
from sources.s3 import ObjectRow, S3Source, bucket_of, is_folder, named, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sources.objects import StoredObjects

SOURCE = "millrace.schedule"


class ScheduleSource(S3Source):
    """One record for each row of the objects. A prefix with too many of them, or too large ones, is refused whole."""

    name = event_source = "schedule"

    def claims(self, event: Any) -> bool:
        return (
            isinstance(event, dict)
            and event.get("source") == SOURCE
            and all(type(event.get(member)) is str for member in ("bucket_arn", "prefix", "time"))
        )

    def _named(self, event: Any, objects: StoredObjects) -> Iterator[list[ObjectRow]]:
        arn, prefix, time = event["bucket_arn"], event["prefix"], event["time"]
        try:
            found = list(_all(objects, arn, prefix, time))
        except Fault as fault:
            yield [ObjectRow(arn, prefix, time, None, time, named(arn, prefix), fault.kept())]
            return
        yield from found


def _all(objects: StoredObjects, arn: str, prefix: str, time: str) -> Iterator[list[ObjectRow]]:
    """The rows of each object. Raises Fault for too many objects, or too many bytes together; ObjectsUnavailable."""
    total, keys, most = 0, list[str](), objects.most_bytes
    for listed in objects.listed(bucket_of(arn), prefix):
        if is_folder(listed.key):
            continue
        total += listed.size
        keys.append(listed.key)
        if total > most:
            raise too_large(total, most)
        if len(keys) > MOST_OBJECTS:
            raise too_many(MOST_OBJECTS)
    inflated = 0
    for key in keys:
        some = rows(objects, arn, key, "", time)
        inflated += sum(len(row.data) for row in some)
        if inflated > most:
            raise too_large(inflated, most)
        yield some
