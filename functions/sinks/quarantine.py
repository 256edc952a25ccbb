"""Quarantine: stores events that can never be scored, with the reason, encrypted, until they expire."""

from __future__ import annotations

import hashlib
import json
import logging
from binascii import b2a_base64
from datetime import UTC, datetime

from aws_client.errors import describe, is_failed_call, may_pass
from records.timestamps import timestamp
from resilience.retry import Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.faults import Fault
    from records.record import Record
    from records.rejected import Rejected
    from resilience.deadline import Deadline

LOG = logging.getLogger(__name__)

# The log names up to this many of a batch's rejected records; the object has all of them.
MAX_LOGGED = 20


class Quarantine:
    """Writes one object per invocation to S3, with one JSON line per record."""

    def __init__(self, s3: Any, bucket: str, prefix: str, retry: Retry | None = None) -> None:
        self._s3, self._bucket, self._prefix = s3, bucket, prefix
        self._retry = retry or Retry()

    def put(self, rejected: Sequence[Rejected], now: float, deadline: Deadline) -> list[Record]:
        """Write the rejected records; returns those that S3 did not acknowledge in time: all or none."""
        if not rejected:
            return []
        body = b"".join(entry(record, fault, now) for record, fault in rejected)
        key = self._key([record for record, _ in rejected])
        for _ in self._retry.attempts(deadline):
            try:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/x-ndjson")
                LOG.info("quarantined %s in %s", [f"{f.code} {r.prediction_id}" for r, f in rejected[:MAX_LOGGED]], key)
                return []
            except Exception as error:
                if not is_failed_call(error):
                    raise
                LOG.warning("quarantine not written: %s", describe(error))
                if not may_pass(error):
                    break
        return [record for record, _ in rejected]

    def _key(self, records: Sequence[Record]) -> str:
        """The same records give the same key, so that a batch that is delivered again overwrites its object."""
        name = hashlib.sha256("".join(record.prediction_id for record in records).encode()).hexdigest()
        day = datetime.fromtimestamp(min(record.arrived_at for record in records), UTC).strftime("%Y/%m/%d")
        return f"{self._prefix}{day}/{name}.jsonl"


def entry(record: Record, fault: Fault, now: float) -> bytes:
    """One quarantine entry: a JSON line."""
    members = {
        "prediction_id": record.prediction_id,
        "code": fault.code,
        "path": fault.path,
        "detail": fault.detail,
        "source": record.describe(),
        "partition_key": record.partition_key,
        "quarantined_at": timestamp(now),
        **({"found_in": "envelope"} if record.fault is not None else {}),
        "data": b2a_base64(record.data, newline=False).decode("ascii"),
    }
    return json.dumps(members, separators=(",", ":")).encode("ascii") + b"\n"
