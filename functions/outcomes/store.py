"""The evaluator's objects in S3.

evaluation/predictions/<hour>/…, evaluation/outcomes/<hour>/…   rows of `collected`, Parquet
evaluation/<model>/joined/<hour>/…                              what an evaluation keeps for the next: see `evaluate`
evaluation/<model>/hours/<hour>.json                            the result of an hour
evaluation/<model>/drift/<hour>/<version>/….json                the drift counts of one container of the scorer
evaluation/<model>/drift/<hour>.json                            the merged drift counts of an hour
evaluation/<model>/drift.json                                   the drift of each version
quarantine/predictions/<day>/…, quarantine/outcomes/<day>/…     records that cannot be read, with the reason
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from aws_client.errors import error_code
from evaluation import drift_counts
from outcomes.hours import folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from records.record import Record

PREDICTIONS, OUTCOMES = "predictions", "outcomes"
ROOT, QUARANTINE = "evaluation/", "quarantine/"
PARQUET = "application/vnd.apache.parquet"


class Listed(NamedTuple):
    """An object and its number of rows."""

    key: str
    rows: int


class Store:
    """The evaluation bucket. Calls raise what the client raises."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def keep(self, what: str, hour: int, records: Sequence[Record], rows: bytes) -> None:
        """Write the rows of one batch that belong to an hour.

        The key contains a hash of the records' positions, so that a batch that is delivered again overwrites its
        object, and the number of rows.
        """
        self._put(f"{ROOT}{what}/{folder(hour)}/{_name(records)}.{len(records)}.parquet", rows, PARQUET)

    def quarantine(self, what: str, records: Sequence[Record], entries: Iterable[bytes]) -> None:
        day = datetime.fromtimestamp(min(record.arrived_at for record in records), UTC).strftime("%Y/%m/%d")
        self._put(f"{QUARANTINE}{what}/{day}/{_name(records)}.jsonl", b"".join(entries), "application/x-ndjson")

    def list(self, what: str, hour: int) -> list[Listed]:
        """The objects of an hour, in the order of their keys."""
        keys = sorted(self._keys(f"{ROOT}{what}/{folder(hour)}/"))
        return [Listed(key, int(key.split(".")[-2])) for key in keys]

    def joined(self, model: str, hour: int) -> dict[str, Listed]:
        """What evaluations kept of an hour, by the name it was given."""
        keys = self._keys(prefix := _joined_prefix(model, hour))
        return {(name := key.removeprefix(prefix).split("."))[0]: Listed(key, int(name[1])) for key in keys}

    def put_joined(self, model: str, hour: int, name: str, rows: int = 0, body: bytes = b"") -> None:
        """Keep something of an hour; without rows, only its name."""
        self._put(f"{_joined_prefix(model, hour)}{name}.{rows}.parquet", body, PARQUET)

    def put_hour(self, model: str, hour: int, document: bytes) -> bool:
        """Write the result of an hour, unless it is stored already; returns whether it was written."""
        return self._put_changed(hour_key(model, hour), document)

    def counts(self, model: str, hour: int) -> Sequence[str]:
        """The keys of the containers' drift counts of an hour, in order."""
        return sorted(self._keys(f"{drift_counts.prefix(model)}{folder(hour)}/"))

    def read(self, key: str) -> bytes | None:
        """An object; None if there is none."""
        return read(self._s3, self._bucket, key)

    def merged(self, model: str, hour: int) -> bytes | None:
        return self.read(_merged_key(model, hour))

    def put_merged(self, model: str, hour: int, document: bytes) -> None:
        self._put(_merged_key(model, hour), document, "application/json")

    def put_drift(self, model: str, document: bytes) -> bool:
        """Write the drift, unless it is stored already; returns whether it was written."""
        return self._put_changed(drift_key(model), document)

    def _put_changed(self, key: str, document: bytes) -> bool:
        if self.read(key) == document:
            return False
        self._put(key, document, "application/json")
        return True

    def _keys(self, prefix: str) -> Iterator[str]:
        more: dict[str, str] = {}
        while True:
            answer = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
            yield from (entry["Key"] for entry in answer.get("Contents", []))
            if not answer["IsTruncated"]:
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)


def read(s3: Any, bucket: str, key: str) -> bytes | None:
    """An object; None if there is none. Raises what the client raises."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        if error_code(error) in ("NoSuchKey", "404"):
            return None
        raise
    return body


def hours_prefix(model: str) -> str:
    return f"{ROOT}{model}/hours/"


def hour_key(model: str, hour: int) -> str:
    return f"{hours_prefix(model)}{folder(hour)}.json"


def drift_key(model: str) -> str:
    return f"{ROOT}{model}/drift.json"


def _joined_prefix(model: str, hour: int) -> str:
    return f"{ROOT}{model}/joined/{folder(hour)}/"


def _merged_key(model: str, hour: int) -> str:
    return f"{drift_counts.prefix(model)}{folder(hour)}.json"


def _name(records: Sequence[Record]) -> str:
    return hashlib.sha256("".join(record.prediction_id for record in records).encode()).hexdigest()
