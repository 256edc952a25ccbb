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
import re
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


NAME = re.compile(r"([^./]+)\.([0-9]{1,15})\.parquet")  # of a file: its name, and its number of rows
MISSING = ("NoSuchKey", "404")
CHANGED = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")


class Overtaken(Exception):
    """Another evaluation has written the result of an hour meanwhile."""


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
        """The objects of an hour, in the order of their keys; without those that the evaluator did not name."""
        return sorted(listed for _, listed in self._listed(f"{ROOT}{what}/{folder(hour)}/"))

    def joined(self, model: str, hour: int) -> dict[str, Listed]:
        """What evaluations kept of an hour, by the name it was given."""
        return dict(self._listed(_joined_prefix(model, hour)))

    def put_joined(self, model: str, hour: int, name: str, rows: int = 0, body: bytes = b"") -> None:
        """Keep something of an hour; without rows, only its name."""
        self._put(f"{_joined_prefix(model, hour)}{name}.{rows}.parquet", body, PARQUET)

    def results(self, model: str, first: int, last: int) -> dict[int, str]:
        """The ETags of the results of these hours; of an hour without one, the empty text."""
        hours = {hour_key(model, hour): hour for hour in range(first, last + 1)}
        found = dict.fromkeys(hours.values(), "")
        for prefix in dict.fromkeys(key.rpartition("/")[0] for key in hours):
            for entry in self._entries(f"{prefix}/"):
                if entry["Key"] in hours:
                    found[hours[entry["Key"]]] = entry["ETag"]
        return found

    def put_hour(self, model: str, hour: int, document: bytes, etag: str) -> bool:
        """Write the result of an hour, unless it is stored already; returns whether it was written.

        etag : of the result that was there before the inputs were listed. Raises Overtaken where it is another now.
        """
        key = hour_key(model, hour)
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
        except self._s3.exceptions.ClientError as error:
            if error_code(error) not in MISSING:
                raise
            found = {"ETag": ""}
        if found["ETag"] != etag:
            raise Overtaken
        if etag and found["Body"].read() == document:
            return False
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            self._put(key, document, "application/json", **condition)
        except self._s3.exceptions.ClientError as error:
            if error_code(error) not in CHANGED:
                raise
            raise Overtaken from None
        return True

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
        if self.read(drift_key(model)) == document:
            return False
        self._put(drift_key(model), document, "application/json")
        return True

    def _listed(self, prefix: str) -> Iterator[tuple[str, Listed]]:
        for key in self._keys(prefix):
            if match := NAME.fullmatch(key.removeprefix(prefix)):
                yield match[1], Listed(key, int(match[2]))

    def _keys(self, prefix: str) -> Iterator[str]:
        return (entry["Key"] for entry in self._entries(prefix))

    def _entries(self, prefix: str) -> Iterator[dict[str, str]]:
        more: dict[str, str] = {}
        while True:
            answer = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
            yield from answer.get("Contents", [])
            if not answer["IsTruncated"]:
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def _put(self, key: str, body: bytes, content_type: str, **condition: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, **condition)


def read(s3: Any, bucket: str, key: str) -> bytes | None:
    """An object; None if there is none. Raises what the client raises."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        if error_code(error) in MISSING:
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
