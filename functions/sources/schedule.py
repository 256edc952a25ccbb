"""A rule of EventBridge whose input names a prefix in S3: all objects below it are scored.

`{"source": "millrace.schedule", "bucket_arn": "…", "prefix": "…", "time": "…"}`. A record has the position of its
object, as a notification of S3 would give it.
"""

from __future__ import annotations

from sources.objects import MOST_OBJECTS, too_large
from sources.s3 import ObjectRow, S3Source, bucket_of, named, rows

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
        total, keys = 0, list[str]()
        for listed in objects.listed(bucket_of(arn), prefix):
            total += listed.size
            keys.append(listed.key)
            if total > objects.most_bytes or len(keys) > MOST_OBJECTS:
                fault = too_large(total, objects.most_bytes)
                yield [ObjectRow(arn, prefix, time, None, time, named(arn, prefix), fault)]
                return
        for key in keys:
            yield rows(objects, arn, key, "", time)
